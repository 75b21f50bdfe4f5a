"""Queueing a broadcast's messages, some at a time.

Each job queues a handful, notes for each person which message is theirs, and writes the next job:
all in one transaction. A crash anywhere leaves either all of that or nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from core.api import (
    Channel,
    Contact,
    Customer,
    Identity,
    Letter,
    Refused,
    Sender,
    Template,
    TenantSession,
    enqueue,
    job,
    now,
    opt_out_link,
    say,
    send_many,
    tell,
    templates,
    tenant_of,
    update_rows,
)
from plugins.automation.broadcasts import pacing
from plugins.automation.broadcasts.models import (
    Broadcast,
    BroadcastState,
    LeftOut,
    Recipient,
    RecipientState,
)
from plugins.automation.variables import shown

OPT_OUT = "optoutlink"
VARIABLES = ("contactname", "firstname", "phone", "shopname", OPT_OUT)

Values = dict[str, Any]


class Person(NamedTuple):
    """A recipient who waits, with what the message is filled with. `id` is the recipient's."""

    id: int
    channel_id: int | None
    identity_id: int | None
    contact_id: int | None
    uuid: UUID
    customer_id: int | None
    name: str
    phone: str


def begin(session: TenantSession, broadcast: Broadcast, at: Any = None) -> None:
    """Queue the next messages, now or at a moment."""
    enqueue(
        session,
        "automation.send_broadcast",
        {"broadcast_id": broadcast.id, "turn": broadcast.turn},
        lane=f"broadcast:{broadcast.id}",
        queue="bulk",
        due_at=at,
    )


@job("automation.send_broadcast", queue="bulk")
def send_broadcast(session: TenantSession, payload: dict[str, Any]) -> None:
    """Queue some, then say when the next ones go."""
    broadcast = session.get(Broadcast, payload["broadcast_id"], with_for_update=True)
    if broadcast is None or broadcast.turn != payload["turn"]:
        return
    if broadcast.state is not BroadcastState.SENDING:
        return
    room = pacing.room(session, broadcast)
    full = {channel_id: each for channel_id, each in room.items() if each.left <= 0}
    if people := _waiting(session, broadcast, without=full):
        broadcast.reason = ""
        queued = _queue(session, broadcast, people, room)
        begin(session, broadcast, pacing.next_at(broadcast, queued))
    elif _waiting(session, broadcast):
        if pacing.waits_for_a_day(full.values()):
            broadcast.reason = say(
                "The provider's limit for a day is reached: it goes on by itself."
            )
        begin(session, broadcast, pacing.room_again_at(session, full))
    else:
        broadcast.state, broadcast.finished_at = BroadcastState.DONE, now()
    session.flush()
    tell(session, "broadcast", broadcast=broadcast.id)


def _waiting(
    session: TenantSession, broadcast: Broadcast, *, without: Collection[int] = ()
) -> Sequence[Person]:
    """The next people, those on a channel that is full left where they stand. One statement."""
    rows = session.execute(
        select(
            Recipient.id,
            Recipient.channel_id,
            Recipient.identity_id,
            Contact.id.label("contact_id"),
            Contact.uuid,
            Contact.customer_id,
            func.coalesce(
                func.nullif(Customer.name, ""),
                func.nullif(Contact.name, ""),
                func.nullif(Contact.phone, ""),
                Contact.email,
            ).label("name"),
            func.coalesce(func.nullif(Contact.phone, ""), Customer.phone).label("phone"),
        )
        .outerjoin(Contact, Contact.id == Recipient.contact_id)
        .outerjoin(Customer, Customer.id == Contact.customer_id)
        .where(
            Recipient.broadcast_id == broadcast.id,
            Recipient.state == RecipientState.WAITING,
            Recipient.channel_id.not_in(without),
        )
        .order_by(Recipient.id)
        .limit(pacing.batch_of(broadcast))
    )
    return [Person(*row) for row in rows]


def _queue(
    session: TenantSession,
    broadcast: Broadcast,
    people: Sequence[Person],
    room: Mapping[int, pacing.Room],
) -> int:
    """How many were queued. Who finds no room on their channel any more stays where they are, and
    so does the second of two whom a merge made one person: the next look finds them written to."""
    written = _written_already(session, broadcast, people)
    channels = _by_id(session, Channel, [each.channel_id for each in people])
    identities = _by_id(session, Identity, [each.identity_id for each in people])
    shop, link = tenant_of(session).name, OPT_OUT in _names(broadcast)
    taken: list[Person] = []
    letters: list[Letter] = []
    left_out: list[Values] = []
    chosen: set[int] = set()
    for person in people:
        channel, identity = channels.get(person.channel_id), identities.get(person.identity_id)
        if person.customer_id is None or channel is None or identity is None:
            left_out.append(_left_out(person, LeftOut.NO_WAY, say("Their address is gone.")))
            continue
        if person.customer_id in written:
            why = say("Written to already: merged meanwhile.")
            left_out.append(_left_out(person, LeftOut.SAME_ADDRESS, why))
            continue
        if person.customer_id in chosen or not _takes_place(room, channel):
            continue
        chosen.add(person.customer_id)
        taken.append(person)
        letters.append(Letter(channel, identity, values_for(session, person, shop, link=link)))
    outcome = send_many(session, letters, template=message_of(broadcast), sender=Sender.BROADCAST)
    queued: list[Values] = []
    moment = now()
    for person, sent in zip(taken, outcome, strict=True):
        if isinstance(sent, Refused):
            left_out.append(_left_out(person, LeftOut.REFUSED, str(sent.message)))
        else:
            queued.append(_queued(person, sent, moment))
    update_rows(session, Recipient, queued)
    update_rows(session, Recipient, left_out)
    return len(queued)


def _takes_place(room: Mapping[int, pacing.Room], channel: Channel) -> bool:
    place = room.get(channel.id)
    if place is None:
        return True  # archived: sending says so
    place.left -= 1
    return place.left >= 0


def _queued(person: Person, message_id: int, moment: datetime) -> Values:
    return {
        "id": person.id,
        "state": RecipientState.QUEUED,
        "message_id": message_id,
        "queued_at": moment,
        "reason": "",
    }


def _written_already(
    session: TenantSession, broadcast: Broadcast, people: Sequence[Person]
) -> set[int]:
    """Customers whom this broadcast reached through a contact that was merged into them since."""
    customers = {each.customer_id for each in people if each.customer_id is not None}
    return set(
        session.scalars(
            select(Contact.customer_id)
            .join(Recipient, Recipient.contact_id == Contact.id)
            .where(
                Contact.customer_id.in_(customers),
                Recipient.broadcast_id == broadcast.id,
                Recipient.state == RecipientState.QUEUED,
            )
        )
    )


def _by_id(session: TenantSession, noun: Any, ids: Sequence[int | None]) -> Mapping[Any, Any]:
    wanted = {each for each in ids if each is not None}
    return {row.id: row for row in session.scalars(select(noun).where(noun.id.in_(wanted)))}


def _left_out(person: Person, why: LeftOut, reason: str) -> Values:
    return {
        "id": person.id,
        "state": RecipientState.LEFT_OUT,
        "left_out": why,
        "reason": str(reason)[:300],
    }


def message_of(broadcast: Broadcast) -> Template:
    """The template; of the broadcast's own words one that nobody stores."""
    if broadcast.template is not None:
        return broadcast.template
    return Template(name="", body=broadcast.text, variables=[], provider_name="", slots=[])


def _names(broadcast: Broadcast) -> Collection[str]:
    """The variables that a broadcast's message needs."""
    message = message_of(broadcast)
    return {*templates.variables_of(message.body), *message.variables}


def sample_of(session: TenantSession, broadcast: Broadcast) -> tuple[str, str] | None:
    """The name of the next person who waits, and the message as they get it; None: nobody waits."""
    for person in _waiting(session, broadcast)[:1]:
        if person.customer_id is not None:
            values = values_for(session, person, tenant_of(session).name)
            return person.name, shown(message_of(broadcast).body, values)
    return None


def values_for(
    session: TenantSession, person: Person, shop: str, *, link: bool = True
) -> dict[str, str]:
    """What a broadcast knows of each person; the link only where one is wanted."""
    name = person.name
    return {
        "contactname": name,
        "firstname": name.split()[0] if name.split() else name,
        "phone": person.phone,
        "shopname": shop,
        OPT_OUT: opt_out_link(session, person) if link else "",
    }
