"""Queueing a broadcast's messages, some at a time.

Each job queues a handful, notes for each person which message is theirs, and writes the next job:
all in one transaction. A crash anywhere leaves either all of that or nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.api import (
    Channel,
    Contact,
    ConversationState,
    Identity,
    Refused,
    Sender,
    Template,
    TenantSession,
    conversation_of,
    enqueue,
    job,
    now,
    opt_out_link,
    say,
    send_message,
    tell,
    tenant_of,
)
from plugins.automation.broadcasts import pacing
from plugins.automation.broadcasts.models import (
    Broadcast,
    BroadcastState,
    LeftOut,
    Recipient,
    RecipientState,
)

VARIABLES = ("contactname", "firstname", "phone", "shopname", "optoutlink")


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
    room = pacing.room(session)
    full = {channel_id for channel_id, left in room.items() if left <= 0}
    people = _waiting(session, broadcast, without=full)
    if people:
        broadcast.reason = ""
        queued = _queue(session, broadcast, people, room)
        begin(session, broadcast, pacing.next_at(broadcast, queued))
    elif _waiting(session, broadcast):
        broadcast.reason = say("The provider's limit for a day is reached: it goes on by itself.")
        begin(session, broadcast, pacing.room_again_at(session, full))
    else:
        broadcast.state, broadcast.finished_at = BroadcastState.DONE, now()
    session.flush()
    tell(session, "broadcast", broadcast=broadcast.id)


def _waiting(
    session: TenantSession, broadcast: Broadcast, *, without: Collection[int] = ()
) -> Sequence[Recipient]:
    """The next people, those on a channel that is full for today left where they stand."""
    return session.scalars(
        select(Recipient)
        .where(
            Recipient.broadcast_id == broadcast.id,
            Recipient.state == RecipientState.WAITING,
            Recipient.channel_id.not_in(without),
        )
        .options(joinedload(Recipient.contact).joinedload(Contact.customer))
        .order_by(Recipient.id)
        .limit(pacing.batch_of(broadcast))
    ).all()


def _queue(
    session: TenantSession,
    broadcast: Broadcast,
    people: Sequence[Recipient],
    room: dict[int, int],
) -> int:
    """How many were queued. Who finds no room on their channel any more stays where they are."""
    written = _written_already(session, broadcast, people)
    channels = _by_id(session, Channel, [each.channel_id for each in people])
    identities = _by_id(session, Identity, [each.identity_id for each in people])
    message = message_of(broadcast)
    shop = tenant_of(session).name
    queued = 0
    for person in people:
        channel, identity = channels.get(person.channel_id), identities.get(person.identity_id)
        if person.contact is None or channel is None or identity is None:
            _leave_out(person, LeftOut.NO_WAY, say("Their address is gone."))
            continue
        if person.contact.customer_id in written:
            _leave_out(person, LeftOut.SAME_ADDRESS, say("Written to already: merged meanwhile."))
            continue
        if channel.id in room:
            if room[channel.id] <= 0:
                continue
            room[channel.id] -= 1
        try:
            with session.begin_nested():
                sent = send_message(
                    session,
                    conversation_of.find_or_open(
                        session, channel, [identity], state=ConversationState.CLOSED
                    ),
                    template=message,
                    variables=values_for(session, person.contact, shop),
                    sender=Sender.BROADCAST,
                )
        except Refused as refused:
            _leave_out(person, LeftOut.REFUSED, str(refused.message))
            continue
        person.message_id, person.state = sent.id, RecipientState.QUEUED
        person.queued_at, person.reason = now(), ""
        written.add(person.contact.customer_id)
        queued += 1
    session.flush()
    return queued


def _written_already(
    session: TenantSession, broadcast: Broadcast, people: Sequence[Recipient]
) -> set[int]:
    """Customers whom this broadcast reached through a contact that was merged into them since."""
    customers = {each.contact.customer_id for each in people if each.contact is not None}
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


def _leave_out(person: Recipient, why: LeftOut, reason: str) -> None:
    person.state, person.left_out, person.reason = RecipientState.LEFT_OUT, why, reason[:300]


def message_of(broadcast: Broadcast) -> Template:
    """The template; of the broadcast's own words one that nobody stores."""
    if broadcast.template is not None:
        return broadcast.template
    return Template(name="", body=broadcast.text, variables=[], provider_name="", slots=[])


def values_for(session: TenantSession, contact: Contact, shop: str) -> dict[str, str]:
    """What a broadcast knows of each person."""
    name = contact.customer.name or contact.name or contact.phone or contact.email
    return {
        "contactname": name,
        "firstname": name.split()[0] if name.split() else name,
        "phone": contact.phone or contact.customer.phone,
        "shopname": shop,
        "optoutlink": opt_out_link(session, contact),
    }
