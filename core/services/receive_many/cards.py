"""Which card the messages of a run belong on: `services.cards` for many customers at once."""

from __future__ import annotations

from collections.abc import Iterable

from core.models.base import now
from core.services.cards import cards_there_are
from core.services.receive_many.rows import CardRow, CustomerRow, PersonRow
from core.services.receive_many.run import Line, Run
from core.tenancy.session import TenantSession


def look_up_cards(session: TenantSession, line: Line, people: Iterable[PersonRow]) -> None:
    """Give each customer its card: that of the last message here, else the one updated last."""
    customers = {person.customer.id: person.customer for person in people}
    ids = [customer_id for customer_id in customers if customer_id is not None]
    for customer_id, card_id in cards_there_are(session, line.channel_id, ids).items():
        customers[customer_id].card = CardRow(card_id)


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
