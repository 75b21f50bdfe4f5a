"""Which card the messages of a run belong on: `services.cards` for many customers at once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from core.models import Card, Contact
from core.models.base import now
from core.services.cards import cards_of_last_messages
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
    last = cards_of_last_messages(session, line.channel_id, several) if several else {}
    for customer_id, cards in usable.items():
        customers[customer_id].card = CardRow(last.get(customer_id) or cards[0])


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
