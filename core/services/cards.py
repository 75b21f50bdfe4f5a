"""Which card a message belongs on (D6 to D9)."""

from __future__ import annotations

from sqlalchemy import select

from core.models import Card, Channel, Contact, Message, Module
from core.tenancy.session import TenantSession


def card_for(session: TenantSession, channel: Channel, contact: Contact) -> Card | None:
    """The card for a message of `contact` on `channel`; a new one where the channel names a module.

    With history on this number, the card of the last message (D7). Without, the card updated last,
    open ones first (D8). Else a new card in the channel's module (D9); None where it has none.
    The cards of all contacts of the customer count, and no others: a message that once went to
    the card of somebody since unmerged leads nowhere. Archived cards and modules are out of use.
    """
    members = select(Contact.id).where(Contact.customer_id == contact.customer_id)
    usable = (Card.contact_id.in_(members), Card.archived_at.is_(None))
    last = session.scalar(
        select(Card)
        .join(Message, Message.card_id == Card.id)
        .where(Message.contact_id.in_(members), Message.channel_id == channel.id, *usable)
        .order_by(Message.id.desc())
        .limit(1)
    )
    if last is not None:
        return last
    card = session.scalar(
        select(Card)
        .where(*usable)
        .order_by(Card.is_open.desc(), Card.updated_at.desc(), Card.id.desc())
        .limit(1)
    )
    module = channel.module
    if card is not None or module is None or module.archived_at is not None:
        return card
    return open_card(session, module, contact)


def open_card(session: TenantSession, module: Module, contact: Contact) -> Card:
    """A new card in the first stage of `module`."""
    card = Card(
        title=str(contact)[:160],
        module_id=module.id,
        contact_id=contact.id,
        stage=module.stages[0] if module.stages else "New",
    )
    session.add(card)
    session.flush()
    return card
