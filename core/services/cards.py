"""Which card a message belongs on (D6 to D9)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.models import Card, Channel, Contact, Message, Module
from core.tenancy.session import TenantSession


def card_for(session: TenantSession, channel: Channel, contact: Contact) -> Card | None:
    """The card for a message of `contact` on `channel`; a new one where the channel names a module.

    The card there is (D7, D8), else a new card in the channel's module (D9); None where it has
    none. Archived modules are out of use.
    """
    card = card_there_is(session, channel, contact)
    module = channel.module
    if card is not None or module is None or module.archived_at is not None:
        return card
    return open_card(session, module, contact)


def card_there_is(session: TenantSession, channel: Channel, contact: Contact) -> Card | None:
    """The card that a message to or from `contact` on `channel` belongs on, if there is one.

    With history on this number, the card of the last message (D7). Without, the card updated last,
    open ones first (D8). The cards of all contacts of the customer count, and no others: a message
    that once went to the card of somebody since unmerged leads nowhere. Archived cards are out of
    use.
    """
    last = cards_of_last_messages(session, channel.id, [contact.customer_id])
    if last:
        return session.get(Card, last[contact.customer_id])
    members = select(Contact.id).where(Contact.customer_id == contact.customer_id)
    return session.scalar(
        select(Card)
        .where(Card.contact_id.in_(members), Card.archived_at.is_(None))
        .order_by(Card.is_open.desc(), Card.updated_at.desc(), Card.id.desc())
        .limit(1)
    )


def cards_there_are(
    session: TenantSession, channel_id: int, customer_ids: Collection[int]
) -> dict[int, int]:
    """`card_there_is` for many customers: the id of each one's card; who has none is left out.

    A customer with a single usable card needs no look at its messages: both rules name that one.
    """
    usable: dict[int, list[int]] = {}
    statement = (
        select(Contact.customer_id, Card.id)
        .join(Contact, Contact.id == Card.contact_id)
        .where(Contact.customer_id.in_(customer_ids), Card.archived_at.is_(None))
        .order_by(Card.is_open.desc(), Card.updated_at.desc(), Card.id.desc())
    )
    for customer_id, card_id in session.execute(statement):
        usable.setdefault(customer_id, []).append(card_id)
    several = {customer_id for customer_id, cards in usable.items() if len(cards) > 1}
    last = cards_of_last_messages(session, channel_id, several) if several else {}
    return {customer_id: last.get(customer_id) or own[0] for customer_id, own in usable.items()}


def cards_of_last_messages(
    session: TenantSession, channel_id: int, customer_ids: Collection[int]
) -> dict[int, int]:
    """The usable card of each customer's last message on a channel; who has none is left out.

    Asked of one contact after another, so that each is one step down the index of its messages:
    for all of a customer's at once PostgreSQL may walk through everybody's, the newest first.
    """
    member, owner = aliased(Contact), aliased(Contact)
    last = (
        select(Message.id)
        .join(Card, Card.id == Message.card_id)
        .join(owner, owner.id == Card.contact_id)
        .where(
            Message.contact_id == member.id,
            Message.channel_id == channel_id,
            Card.archived_at.is_(None),
            owner.customer_id == member.customer_id,
        )
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(member)
        .scalar_subquery()
    )
    found = select(member.customer_id, last).where(member.customer_id.in_(customer_ids))
    newest: dict[int, int] = {}
    for customer_id, message_id in session.execute(found):
        if message_id is not None:
            newest[customer_id] = max(message_id, newest.get(customer_id, 0))
    if not newest:
        return {}
    of_message = select(Message.id, Message.card_id).where(Message.id.in_(newest.values()))
    cards = {row.id: row.card_id for row in session.execute(of_message)}
    return {customer_id: cards[message_id] for customer_id, message_id in newest.items()}


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
