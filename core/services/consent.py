"""Who may be written to unasked: the one place that decides, and the one that notes a wish.

A contact's consent counts for the whole person: one member's opt-out silences the group (E11).
Everything that isn't a direct answer asks here: automated messages, broadcasts, a new message that
a person begins. `services.may_send` asks again before each call.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.audit import record
from core.errors import Refused
from core.events import ContactChanged, publish
from core.models import Consent, Contact, Conversation, Sender
from core.models.base import now
from core.tenancy.session import TenantSession
from core.words import say

UNASKED = frozenset({Sender.AUTOMATION, Sender.BROADCAST})
"""Senders whose messages are no answer to anything."""


KEYWORD = "keyword"
PROVIDER = "provider"


def may_automate(session: TenantSession, contact: Contact) -> bool:
    """Whether anything may go to this person that isn't a direct answer. One statement.

    False once any contact of the same customer opted out, and for one that was erased.
    """
    return contact.id not in silenced(session, [contact.id])


def silenced(session: TenantSession, contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts whose person opted out, over whichever contact. One statement.

    Give at most some thousands at once: each id is a parameter.
    """
    if not contact_ids:
        return set()
    member = aliased(Contact)
    return set(
        session.scalars(
            select(Contact.id)
            .join(member, member.customer_id == Contact.customer_id)
            .where(Contact.id.in_(contact_ids), member.consent == Consent.OUT)
            .distinct()
        )
    )


def check_may_begin(conversation: Conversation, *, is_asked_for: bool = False) -> None:
    """Before a person or a program writes first. Refused, field `is_asked_for`, after an opt-out.

    An answer is always allowed: to somebody who waits for one, or who wrote since they opted out.
    So is what the writer says that the customer asked for.
    """
    contact = conversation.contact
    wishes = [
        each.consent_at
        for each in (contact, *contact.customer.contacts)
        if each.consent is Consent.OUT
    ]
    if not wishes or is_asked_for or conversation.waiting_since is not None:
        return
    last = conversation.last_inbound_at
    if last is not None and all(at is not None and at <= last for at in wishes):
        return
    raise Refused(
        say(
            "%(contact)s asked not to be written to. Write only what they asked for, and say so.",
            contact=contact,
        ),
        "is_asked_for",
    )


def opt_out(session: TenantSession, contact: Contact, *, by: str = "person") -> None:
    """They want nothing unasked any more. `by`: keyword, link, person, provider or import.

    Said twice it is noted once. Whatever is queued for them fails before its call.
    """
    _note(session, contact, Consent.OUT, by, "opt out")


def opt_in(session: TenantSession, contact: Contact, *, by: str = "person") -> None:
    """They want to be written to again. Another contact of theirs that opted out still silences."""
    _note(session, contact, Consent.IN, by, "opt in")


def take_back(session: TenantSession, contact: Contact, *, by: str) -> None:
    """An opt-out told by the provider is taken back: they said nothing now, not yes.

    A lifted block (`by` PROVIDER) takes back the block, a word of theirs (KEYWORD) either. An
    opt-out that they told us otherwise stays.
    """
    if contact.consent is Consent.OUT and contact.consent_by in (PROVIDER, by):
        _note(session, contact, Consent.UNKNOWN, by, "take back opt out")


def _note(session: TenantSession, contact: Contact, wish: Consent, by: str, action: str) -> None:
    if contact.consent is wish:
        return
    before, contact.consent = contact.consent, wish
    contact.consent_by, contact.consent_at = by, now()
    session.flush()
    record(session, action, contact, {"consent": (before, wish), "consent_by": ("", by)})
    publish(session, ContactChanged(contact_id=contact.id, fields=("consent",)))
