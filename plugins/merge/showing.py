"""What merging's screens are given: the two sides, the rows of the popup, words for codes."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from core.api import (
    Contact,
    Customer,
    MergeKind,
    TenantSession,
    channel_icon,
    groups,
    main_channels,
    profiles,
    search_customers,
    web_session,
)
from plugins.merge import services
from plugins.merge.matching.words import EVIDENCE

SHOWN = 25


def living(session: TenantSession, customer_id: int) -> Customer:
    """The customer that an id stands for now. NotFound, Gone."""
    return session.get_one(Customer, groups.living_ids(session, [customer_id])[customer_id])


def goes_into(customer_id: int, other_id: int, place: str) -> bool:
    """Whether the chosen one is the main customer at first: an existing one that a conversation's
    customer is merged to, or a merged one that somebody alone is."""
    session = web_session()
    at = groups.living_ids(session, [customer_id, other_id])
    own, other = (session.get_one(Customer, at[each]) for each in (customer_id, other_id))
    return place == "panel" or (other.is_group and not own.is_group)


def comparison(
    customer_id: int,
    other_id: int,
    *,
    opened_id: int | None = None,
    place: str = "dialog",
    conversation_id: int | None = None,
    stale: str = "",
    problem: str = "",
) -> str:
    """The two sides and the preview. `stale` says that it changed since somebody looked."""
    session = web_session()
    preview = services.preview(session, customer_id, [other_id])
    sides = []
    for side in (preview.main, *preview.others):
        contacts = groups.members_of(session, side.id)
        sides.append((side, contacts, main_channels.ways(session, contacts)))
    return render_template(
        "merge/_compare.html",
        preview=preview,
        sides=sides,
        opened_id=opened_id or customer_id,
        place="panel" if place == "panel" else "dialog",
        conversation_id=conversation_id,
        stale=stale,
        problem=problem,
        fields=field_words(),
        rule_words=rule_words(session),
        channel_icon=channel_icon,
    )


def rows(session: TenantSession, customer: Customer) -> dict[str, Any]:
    """What the popup lists: customers but this one, with their channels and addresses."""
    text = request.args.get("q", "").replace("\x00", "").strip()
    found = search_customers(session, text, without=[customer.id], limit=SHOWN)
    ids = [each.id for each in found]
    contacts = session.scalars(
        select(Contact).where(Contact.customer_id.in_(ids)).order_by(Contact.id)
    ).all()
    channels: dict[int, dict[int, Any]] = {each: {} for each in ids}
    for way in main_channels.ways(session, contacts):
        channels[way.contact.customer_id].setdefault(way.channel.id, way.channel)
    return {
        "text": text,
        "found": found,
        "owner": customer,
        "channels": {key: list(value.values()) for key, value in channels.items()},
        "counts": {each: sum(contact.customer_id == each for contact in contacts) for each in ids},
        "channel_icon": channel_icon,
        "chosen_place": request.args.get("place", ""),
    }


def field_words() -> dict[str, str]:
    """A profile's fields as people call them."""
    return {"name": _("Name"), "phone": _("Phone"), "email": _("E-mail")}


def rule_words(session: TenantSession) -> dict[str, str]:
    """Why a value is shown, in words."""
    own = {
        "newest": _("newest"),
        "longest": _("longest"),
        "verified": _("verified first"),
        "main": _("main channel"),
        "pinned": _("pinned"),
    }
    return {**{name: str(rule.title) for name, rule in profiles.all_rules(session).items()}, **own}


def kind_words() -> dict[MergeKind, str]:
    """What an event did, in words."""
    return {
        MergeKind.MERGE: _("Merged"),
        MergeKind.UNMERGE: _("Unmerged"),
        MergeKind.UNDO: _("Undone"),
        MergeKind.MAIN_CHANNEL: _("Main channel set"),
        MergeKind.PIN: _("Field pinned"),
    }


def evidence_words() -> dict[str, Any]:
    """What spoke for a merge, by code; a code that isn't here is shown as it is."""
    return EVIDENCE
