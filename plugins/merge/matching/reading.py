"""Contacts of the address book as entries to compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from core.api import Channel, Contact, Conversation, Identity, IdentityKind, TenantSession
from plugins.merge.matching.entries import VERIFIED, WHATSAPP, WRITTEN, Entry, entry_of
from plugins.merge.matching.links import accounts_of

Sure = tuple[str, int]


def read_entries(
    session: TenantSession, contact_ids: Sequence[int], *, archived: bool = False
) -> dict[int, Entry]:
    """The entries of these contacts, in four statements; empty ones have none.

    Nor have archived ones, unless they are asked for.
    """
    wanted = select(Contact.id, Contact.name, Contact.phone, Contact.email).where(
        Contact.id.in_(contact_ids)
    )
    if not archived:
        wanted = wanted.where(Contact.archived_at.is_(None))
    people = session.execute(wanted).all()
    phones, emails = _identities(session, contact_ids)
    accounts = accounts_of(session, contact_ids)
    found = {}
    for contact_id, name, phone, email in people:
        entry = entry_of(
            name,
            [*phones[contact_id], (phone, WRITTEN)],
            [*emails[contact_id], (email, WRITTEN)],
            accounts.get(contact_id, ()),
        )
        if not entry.is_empty:
            found[contact_id] = entry
    return found


def _identities(
    session: TenantSession, contact_ids: Sequence[int]
) -> tuple[dict[int, list[Sure]], dict[int, list[Sure]]]:
    rows = session.execute(
        select(
            Identity.id, Identity.contact_id, Identity.kind, Identity.address, Identity.is_verified
        )
        .where(
            Identity.contact_id.in_(contact_ids),
            Identity.scope == 0,
            Identity.kind.in_((IdentityKind.PHONE, IdentityKind.EMAIL)),
        )
        .order_by(Identity.id)
    ).all()
    on_whatsapp = _on_whatsapp(session, [row.id for row in rows if row.is_verified])
    phones: dict[int, list[Sure]] = defaultdict(list)
    emails: dict[int, list[Sure]] = defaultdict(list)
    for row in rows:
        sure = VERIFIED if row.is_verified else WRITTEN
        if row.kind is IdentityKind.EMAIL:
            emails[row.contact_id].append((row.address, sure))
        else:
            sure = WHATSAPP if row.id in on_whatsapp else sure
            phones[row.contact_id].append((row.address, sure))
    return phones, emails


def _on_whatsapp(session: TenantSession, identity_ids: Sequence[int]) -> set[int]:
    """Those of the identities that somebody wrote from over WhatsApp."""
    if not identity_ids:
        return set()
    return set(
        session.scalars(
            select(Conversation.identity_id)
            .join(Channel, Channel.id == Conversation.channel_id)
            .where(Conversation.identity_id.in_(identity_ids), Channel.kind.startswith("whatsapp"))
        )
    )
