"""Erasing a customer for good: opaque ids stay, everything that tells of a person goes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, cast, delete, select, update

from core.audit import record
from core.events import ContactErased, publish
from core.inbound import MessageState
from core.models import (
    Attachment,
    AuditEntry,
    BadInboundItem,
    Card,
    Consent,
    Contact,
    Conversation,
    ConversationState,
    Customer,
    Identity,
    Job,
    JobState,
    MergedContact,
    MergeEvent,
    Message,
    Order,
    Task,
    contact_label,
)
from core.models.base import now
from core.services import groups
from core.services.addresses import erase
from core.services.profiles import refresh_profile
from core.services.search_index import forget_messages
from core.services.search_words import searched
from core.services.states import fail
from core.tenancy.session import TenantSession
from core.words import say

SHORTEST_MARK = 6  # characters of an address below which it might mean anything

# of an order's history: what a person may have written about another
TYPED_FREELY = frozenset({"note", "reason"})


def erase_customer(session: TenantSession, customer: Customer) -> None:
    """Erase every member. The audit trail keeps who, when and which fields, and no value."""
    for contact in list(customer.contacts):
        erase_contact(session, contact)
    customer.archived_at = now()
    session.flush()


def erase_contact(session: TenantSession, contact: Contact) -> None:
    """Blank a contact, its addresses, what was said and what bears its name.

    A merged one goes home first. Its messages that are still queued are not sent.
    """
    groups.take_out(session, contact)
    marks = _marks(session, contact)
    _end_queued(session, contact)
    _blank_audit(session, contact)
    _blank_merges(session, contact)
    _blank_messages(session, contact)
    for identity in _identities(session, contact):
        erase(identity)
    session.flush()
    _blank_nouns(session, contact)
    session.execute(
        contact_label.delete().where(
            contact_label.c.tenant_id == session.tenant_id,
            contact_label.c.contact_id == contact.id,
        ),
        execution_options={"tenant_unsafe": True},  # bears its own tenant criterion, above
    )
    _drop_mentions(session, marks)
    contact.name = contact.phone = contact.email = ""
    contact.birthday = None
    contact.sources = {}
    contact.consent = Consent.OUT
    contact.archived_at = now()
    session.flush()
    contact.home.archived_at = contact.archived_at
    refresh_profile(session, contact.home)
    record(session, "erase", contact)
    publish(session, ContactErased(contact_id=contact.id))


def _identities(session: TenantSession, contact: Contact) -> list[Identity]:
    return list(session.scalars(select(Identity).where(Identity.contact_id == contact.id)))


def _marks(session: TenantSession, contact: Contact) -> set[str]:
    """What tells of this person wherever it is written: the digits of numbers, other addresses."""
    written = {identity.address for identity in _identities(session, contact)}
    written |= {contact.phone, contact.email}
    return {mark for text in written if len(mark := text.removeprefix("+")) >= SHORTEST_MARK}


def _end_queued(session: TenantSession, contact: Contact) -> None:
    queued = select(Message).where(
        Message.contact_id == contact.id, Message.state == MessageState.QUEUED
    )
    for message in session.scalars(queued).all():
        fail(session, message, "recipient", "erased", say("The customer was erased."))


def _blank_nouns(session: TenantSession, contact: Contact) -> None:
    about = f"#{contact.id}"
    mine = (
        (
            Conversation,
            {
                "preview": "",
                "unread": 0,
                "state": ConversationState.CLOSED,
                "waiting_since": None,
                "window_until": None,
            },
        ),
        (Card, {"title": about, "is_open": False}),
        (Task, {"title": about}),
        (Order, {"note": ""}),
    )
    for noun, blank in mine:
        session.execute(update(noun).where(noun.contact_id == contact.id).values(**blank))
    session.execute(
        update(Task)
        .where(Task.contact_id == contact.id, Task.done_at.is_(None))
        .values(done_at=now())
    )


def _drop_mentions(session: TenantSession, marks: set[str]) -> None:
    """Drop unreadable items and unfinished work that bear an address of theirs."""
    for mark in sorted(marks):
        session.execute(
            delete(BadInboundItem).where(
                cast(BadInboundItem.raw, String).contains(mark, autoescape=True)
            )
        )
        session.execute(
            delete(Job).where(
                Job.tenant_id == session.tenant_id,
                Job.state != JobState.LEASED,
                cast(Job.payload, String).contains(mark, autoescape=True),
            )
        )


def _blank_messages(session: TenantSession, contact: Contact) -> None:
    ids = select(Message.id).where(Message.contact_id == contact.id)
    files = select(Attachment).where(Attachment.message_id.in_(ids))
    for attachment in session.scalars(files):
        if attachment.sha256:
            _forget_file(session, attachment)
        session.delete(attachment)
    session.flush()
    said = select(Message.id, Message.subject, Message.body).where(Message.contact_id == contact.id)
    forget_messages(
        session, [(row.id, searched(row.subject, row.body)) for row in session.execute(said)]
    )
    session.execute(
        update(Message)
        .where(Message.contact_id == contact.id)
        .values(
            subject="",
            body="",
            raw=None,
            template=None,
            reactions={},
            error_reason="",
            is_deleted=True,
        )
    )


def _groups_of(session: TenantSession, contact: Contact) -> list[int]:
    """The customers that this contact was ever merged into: they bore its name, perhaps."""
    return list(
        session.scalars(
            select(MergeEvent.customer_id)
            .join(MergedContact, MergedContact.event_id == MergeEvent.id)
            .where(MergedContact.contact_id == contact.id)
            .distinct()
        )
    )


def _blank_merges(session: TenantSession, contact: Contact) -> None:
    """The log keeps who merged which ids and when; what was typed as the reason goes."""
    about = select(MergedContact.event_id).where(MergedContact.contact_id == contact.id)
    session.execute(
        update(MergeEvent)
        .where(MergeEvent.id.in_(about))
        .values(reason="", evidence=[], idempotency_key=None)
        .execution_options(synchronize_session=False)
    )


def _forget_file(session: TenantSession, attachment: Attachment) -> None:
    """Remove the bytes once this is committed, unless another message holds the same ones."""
    shared = session.scalar(
        select(Attachment.id).where(
            Attachment.sha256 == attachment.sha256, Attachment.id != attachment.id
        )
    )
    if shared is None:
        path = session.desk.media.path(session.tenant_id, attachment.sha256)
        session.on_commit(lambda: path.unlink(missing_ok=True))


def _blank_audit(session: TenantSession, contact: Contact) -> None:
    """Who did what and when stays, and to which field; the values and the names go."""
    told_by: tuple[tuple[str, Any], ...] = (
        ("contact", select(Contact.id).where(Contact.id == contact.id)),
        ("customer", [contact.home_id, *_groups_of(session, contact)]),
        ("identity", select(Identity.id).where(Identity.contact_id == contact.id)),
        ("conversation", select(Conversation.id).where(Conversation.contact_id == contact.id)),
        ("message", select(Message.id).where(Message.contact_id == contact.id)),
        ("card", select(Card.id).where(Card.contact_id == contact.id)),
        ("task", select(Task.id).where(Task.contact_id == contact.id)),
        ("order", select(Order.id).where(Order.contact_id == contact.id)),
    )
    session.flush()
    for noun, ids in told_by:
        entries = select(AuditEntry).where(AuditEntry.noun == noun, AuditEntry.row_id.in_(ids))
        for entry in session.scalars(entries):
            entry.label = f"#{entry.row_id}"
            entry.changes = {
                field: kept if noun == "order" and field not in TYPED_FREELY else ["", ""]
                for field, kept in entry.changes.items()
            }
