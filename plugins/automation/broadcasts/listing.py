"""Who gets a broadcast and who doesn't, and why: worked out page by page, in the background.

The page, its people and where the next one begins are written in one transaction: a crash between
two pages loses nothing and repeats nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core.api import (
    Consent,
    Contact,
    Conversation,
    Template,
    TenantSession,
    enqueue,
    insert_unnamed,
    job,
    now,
    recipients,
    say,
    tell,
)
from plugins.automation.broadcasts.audience import page_of
from plugins.automation.broadcasts.models import (
    Broadcast,
    BroadcastState,
    LeftOut,
    Recipient,
    RecipientState,
)

Values = dict[str, Any]


def begin(session: TenantSession, broadcast: Broadcast) -> None:
    """Look at the audience, from the beginning or from where it stopped."""
    enqueue(
        session,
        "automation.list_broadcast",
        {"broadcast_id": broadcast.id, "turn": broadcast.turn},
        lane=f"broadcast:{broadcast.id}",
        queue="bulk",
    )


@job("automation.list_broadcast", queue="bulk")
def list_broadcast(session: TenantSession, payload: dict[str, Any]) -> None:
    """Look at one page of the audience."""
    broadcast = session.get(Broadcast, payload["broadcast_id"], with_for_update=True)
    if broadcast is None or broadcast.turn != payload["turn"]:
        return
    if broadcast.state is not BroadcastState.LISTING:
        return
    page = page_of(session, broadcast)
    if page.customer_ids:
        _write(session, broadcast, page.customer_ids)
    broadcast.contacts += page.contacts
    if page.cursor is None:
        broadcast.state = BroadcastState.READY
    else:
        broadcast.cursor = page.cursor
        begin(session, broadcast)
    session.flush()
    tell(session, "broadcast", broadcast=broadcast.id)


def _write(session: TenantSession, broadcast: Broadcast, customer_ids: Sequence[int]) -> None:
    if broadcast.audience.get("kind") == "file":
        # the file's rows kept a place; the row that says what becomes of somebody is a new one
        for listed in session.scalars(
            select(Recipient).where(
                Recipient.broadcast_id == broadcast.id,
                Recipient.state == RecipientState.LISTED,
                Recipient.customer_id.in_(customer_ids),
            )
        ):
            session.delete(listed)
        session.flush()
    rows = looked_at(session, broadcast, customer_ids)
    known = _known_addresses(session, broadcast, [row["address"] for row in rows])
    for row in rows:
        if row["address"] in known:
            row |= _left_out(LeftOut.SAME_ADDRESS) | {"address": None}
    # a customer that was listed already, under an older id of a file, keeps their first row
    insert_unnamed(session, Recipient, rows, skip_known=True)


def looked_at(
    session: TenantSession, broadcast: Broadcast, customer_ids: Sequence[int]
) -> list[Values]:
    """A row for each customer: to be written to, or left out and why. About ten statements."""
    channels = broadcast.channel_ids or None
    found = recipients.recipients(session, customer_ids, channel_ids=channels)
    reached = {recipient.customer_id: recipient for recipient in found}
    outside = _outside_window(session, broadcast, found)
    rows = []
    for recipient in found:
        way, (scope, kind, value) = recipient.way, recipient.address
        row = _row(broadcast, recipient.customer_id) | {
            "contact_id": way.contact.id,
            "channel_id": way.channel.id,
            "identity_id": way.identity.id,
            "address": f"{scope}:{kind.value}:{value}",
        }
        if recipient.customer_id in outside:
            row |= _left_out(LeftOut.OUTSIDE_WINDOW) | {"address": None}
        rows.append(row)
    return rows + _unreached(session, broadcast, set(customer_ids) - reached.keys())


def _unreached(session: TenantSession, broadcast: Broadcast, ids: set[int]) -> list[Values]:
    """Customers whom nothing reaches, or who opted out, or whose address another one has."""
    if not ids:
        return []
    rows = []
    members: dict[int, list[Contact]] = {}
    for contact in session.scalars(select(Contact).where(Contact.customer_id.in_(ids))):
        members.setdefault(contact.customer_id, []).append(contact)
    for customer_id in sorted(ids):
        people = members.get(customer_id)
        if not people:
            continue  # merged since the audience was read: they are listed under the new id
        is_out = any(each.consent is Consent.OUT for each in people)
        why = LeftOut.OPTED_OUT if is_out else LeftOut.NO_WAY
        rows.append(_row(broadcast, customer_id) | {"contact_id": people[0].id} | _left_out(why))
    return rows


def _row(broadcast: Broadcast, customer_id: int) -> Values:
    return {
        "broadcast_id": broadcast.id,
        "customer_id": customer_id,
        "contact_id": None,
        "channel_id": None,
        "identity_id": None,
        "address": None,
        "state": RecipientState.WAITING,
        "left_out": None,
    }


def _left_out(why: LeftOut) -> Values:
    return {"state": RecipientState.LEFT_OUT, "left_out": why}


def _known_addresses(
    session: TenantSession, broadcast: Broadcast, addresses: Sequence[str | None]
) -> set[str]:
    wanted = [each for each in addresses if each is not None]
    if not wanted:
        return set()
    asked = select(Recipient.address).where(
        Recipient.broadcast_id == broadcast.id, Recipient.address.in_(wanted)
    )
    return {address for address in session.scalars(asked) if address is not None}


def _outside_window(
    session: TenantSession, broadcast: Broadcast, found: Sequence[recipients.Recipient]
) -> set[int]:
    """Those who can be sent nothing now but an approved template of their channel."""
    template: Template | None = broadcast.template
    windowed = [
        each
        for each in found
        if _has_window(session, each.way.channel.kind)
        and not _is_approved(template, each.way.channel.id)
    ]
    if not windowed:
        return set()
    talks = session.execute(
        select(Conversation.identity_id, Conversation.channel_id).where(
            Conversation.identity_id.in_([each.way.identity.id for each in windowed]),
            Conversation.window_until > now(),
        )
    )
    is_open = {(row.identity_id, row.channel_id) for row in talks}
    return {
        each.customer_id
        for each in windowed
        if (each.way.identity.id, each.way.channel.id) not in is_open
    }


def _has_window(session: TenantSession, kind: str) -> bool:
    adapter = session.desk.host.adapters.get(kind)
    return adapter is not None and adapter.capabilities.window is not None


def _is_approved(template: Template | None, channel_id: int) -> bool:
    if template is None or not template.provider_name or not template.can_be_sent:
        return False
    return template.channel_id in (None, channel_id)


WORDS = {
    LeftOut.OPTED_OUT: say("Opted out"),
    LeftOut.NO_WAY: say("No channel reaches them"),
    LeftOut.OUTSIDE_WINDOW: say("Last wrote over 24 hours ago: needs an approved template"),
    LeftOut.SAME_ADDRESS: say("Another customer has the same address"),
    LeftOut.REFUSED: say("Refused when it was to be sent"),
}
