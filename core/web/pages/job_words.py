"""Jobs in a person's words: what a kind of work is called, where its subject is shown."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _

from core.services.job_subjects import Subject
from core.web.request import desk
from core.web.theme import words_of
from core.words import told

TITLES: dict[str, Any] = {
    "core.process_inbox": _("Read incoming messages"),
    "core.send": _("Send a message"),
    "core.fetch_order": _("Fetch an order from its shop"),
    "core.renew_access": _("Renew the access to a shop"),
    "core.fetch_media": _("Fetch a file that a customer sent"),
    "core.wake": _("Bring a conversation back"),
    "core.subscribe": _("Tell a provider where to deliver"),
    "core.look_again": _("Look for a receipt that came early"),
    "core.look_at_watermark": _("Look at the receipt of several messages again"),
    "core.fetch_name": _("Ask a provider for a customer's name"),
}


def title_of(actor: str) -> str:
    """`core.send` → *Send a message*; `merge.on_contact_created` → *Merge: contact created*."""
    if actor in TITLES:
        return str(TITLES[actor])
    owner, _dot, name = actor.partition(".")
    words = words_of(name.removeprefix("on_"))
    if owner == "core":
        return words
    return f"{told(desk().host.title(owner))}: {words[:1].lower()}{words[1:]}"


def address_of(subject: Subject) -> str:
    """Where a job's subject is shown."""
    if subject.noun == "conversation":
        return url_for("InboxView.conversation", conversation_id=subject.id)
    if subject.noun == "channel":
        return url_for("ChannelsView.show", pk=subject.id)
    views = {"order": "OrderView", "contact": "ContactView"}
    return url_for(f"{views[subject.noun]}.show", pk=subject.id)
