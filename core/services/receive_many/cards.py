"""Which card the messages of a run belong on: `services.cards` for many customers at once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.models import Card, Contact, Customer, Message
from core.models.base import now
from core.services.receive_many.rows import CardRow, CustomerRow, PersonRow
from core.services.receive_many.run import Line, Run
from core.tenancy.session import TenantSession


def look_up_cards(session: TenantSession, line: Line, people: Iterable[PersonRow]) -> None:
    """Give each customer its card: that of the last message here, else the one updated last.

    A customer with a single usable card needs no look at its messages: both rules name that one.
    """
    customers = {person.customer.id: person.customer for person in people}
    usable: dict[int, list[int]] = {}
    statement = (
        select(Contact.customer_id, Card.id)
        .join(Contact, Contact.id == Card.contact_id)
        .where(Contact.customer_id.in_(customers), Card.archived_at.is_(None))
        .order_by(Card.is_open.desc(), Card.updated_at.desc(), Card.id.desc())
    )
    for customer_id, card_id in session.execute(statement):
        usable.setdefault(customer_id, []).append(card_id)
    several = {customer_id: cards for customer_id, cards in usable.items() if len(cards) > 1}
    last = _of_last_messages(session, line, several) if several else {}
    for customer_id, cards in usable.items():
        customers[customer_id].card = CardRow(last.get(customer_id) or cards[0])


def _of_last_messages(
    session: TenantSession, line: Line, usable: dict[int, list[int]]
) -> dict[int, int | None]:
    member, owner = aliased(Contact), aliased(Contact)
    last = (
        select(Message.card_id)
        .join(member, member.id == Message.contact_id)
        .join(Card, Card.id == Message.card_id)
        .join(owner, owner.id == Card.contact_id)
        .where(
            member.customer_id == Customer.id,
            owner.customer_id == Customer.id,
            Card.archived_at.is_(None),
            Message.channel_id == line.channel_id,
        )
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    statement = select(Customer.id, last.label("card_id")).where(Customer.id.in_(usable))
    return {row.id: row.card_id for row in session.execute(statement)}


def card_for(run: Run, person: PersonRow) -> CardRow | None:
    """The card of a message that isn't history; a new one where the channel names a module."""
    customer: CustomerRow = person.customer
    if customer.card is None and run.line.module_id is not None:
        customer.card = CardRow(None, person=person, title=person.label)
        run.cards.append(customer.card)
    if customer.card is not None:
        # not the run's moment: another channel asks which card was updated last
        customer.card.touched_at = now()
        run.change(customer.card)
    return customer.card
