"""Erasing a customer for good: opaque ids stay, everything that tells of a person goes."""

from __future__ import annotations

from sqlalchemy import select, update

from core.audit import record
from core.events import ContactErased, publish
from core.models import (
    Attachment,
    AuditEntry,
    Card,
    Consent,
    Contact,
    Conversation,
    ConversationState,
    Customer,
    Identity,
    Message,
    Order,
    Task,
    contact_label,
)
from core.models.base import now
from core.services.profiles import refresh_profile
from core.tenancy.session import TenantSession


def erase_customer(session: TenantSession, customer: Customer) -> None:
    """Erase every member. The audit trail keeps who, when and which fields, and no value."""
    for contact in list(customer.contacts):
        erase_contact(session, contact)
    customer.archived_at = now()
    refresh_profile(session, customer)


def erase_contact(session: TenantSession, contact: Contact) -> None:
    """Blank a contact, its addresses, what was said and what bears its name."""
    _blank_messages(session, contact)
    for identity in session.scalars(select(Identity).where(Identity.contact_id == contact.id)):
        # the row stays: conversations point at it; the address is freed for whoever has it next
        identity.address = f"erased-{identity.id}"
        identity.scope = -identity.id
    mine = (
        (Conversation, {"preview": "", "unread": 0, "state": ConversationState.CLOSED}),
        (Card, {"title": f"#{contact.id}", "is_open": False}),
        (Task, {"title": f"#{contact.id}", "done_at": now()}),
        (Order, {"note": ""}),
    )
    for noun, blank in mine:
        session.execute(update(noun).where(noun.contact_id == contact.id).values(**blank))
    session.execute(
        contact_label.delete().where(
            contact_label.c.tenant_id == session.tenant_id,
            contact_label.c.contact_id == contact.id,
        ),
        execution_options={"tenant_unsafe": True},  # bears its own tenant criterion, above
    )
    _blank_audit(session, contact)
    contact.name = contact.phone = contact.email = ""
    contact.sources = {}
    contact.consent = Consent.OUT
    contact.archived_at = now()
    session.flush()
    record(session, "erase", contact)
    publish(session, ContactErased(contact_id=contact.id))


def _blank_messages(session: TenantSession, contact: Contact) -> None:
    ids = select(Message.id).where(Message.contact_id == contact.id)
    files = select(Attachment).where(Attachment.message_id.in_(ids))
    for attachment in session.scalars(files):
        if attachment.sha256:
            _forget_file(session, attachment)
        session.delete(attachment)
    session.flush()
    session.execute(
        update(Message)
        .where(Message.contact_id == contact.id)
        .values(body="", raw=None, template=None, reactions={}, is_deleted=True)
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
    entries = select(AuditEntry).where(
        AuditEntry.noun == "contact", AuditEntry.row_id == contact.id
    )
    for entry in session.scalars(entries):
        entry.label = f"#{contact.id}"
        entry.changes = {field: ["", ""] for field in entry.changes}
