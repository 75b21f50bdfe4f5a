"""Every minute each mailbox is asked for what is new: by a job of its own, and by one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.api import (
    Account,
    Channel,
    ChannelState,
    JobSpec,
    OutboundClient,
    OutcomeUnknown,
    Periodic,
    Refused,
    RetryAt,
    SendFailed,
    TenantSession,
    enqueue,
    line_of,
    periodic,
    say,
    take_in,
    waiting_lanes,
)
from plugins.channels.email.envelope import Envelope, pack
from plugins.channels.email.lines import mailbox_of
from plugins.channels.email.mailbox import INBOX, Harvest, Place, harvest
from plugins.channels.email.models import MailFolder

KIND = "email"
PATIENCE = 10
"""How many minutes a server may be away before the administrators are told."""

READ_STATES = (ChannelState.CONNECTED, ChannelState.BROKEN)


@dataclass(frozen=True)
class Visit:
    """A mailbox to be read, out of the database."""

    account: Account
    http: OutboundClient
    places: tuple[Place, ...]


class ReadMailbox:
    """Reading changes nothing at the server, so it is repeated safely.

    What was fetched and how far it was read are written in one transaction: nothing is lost between
    them, and what is fetched twice is known by its id.
    """

    timeout = 150.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Visit | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.state not in READ_STATES:
            return None
        try:
            line = line_of(session, channel)
        except Refused:
            return None  # archived, or the plugin is off
        places = tuple(
            Place(row.name, row.uid_validity, row.last_uid, row.read_at)
            for row in _folders(session, channel.id).values()
            if row.uid_validity and row.mailbox == mailbox_of(line.account)
        )
        return Visit(line.account, line.http, places)

    def call(self, visit: Visit) -> Harvest:
        return harvest(visit.account, visit.http, visit.places)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], visit: Visit, result: Harvest
    ) -> None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return
        folders = _folders(session, channel.id)
        for place in result.places:
            row = folders.get(place.name) or _new_folder(session, channel.id, place.name)
            row.mailbox = mailbox_of(visit.account)
            row.uid_validity, row.last_uid = place.uid_validity, place.last_uid
            row.read_at = place.read_at
        bodies = list(result.bodies)
        inbox = folders.get(INBOX)
        if inbox is not None and inbox.failures:
            if inbox.is_down or inbox.failures >= PATIENCE:
                bodies.insert(0, pack(Envelope(is_down=inbox.is_down), b""))
            inbox.failures, inbox.is_down = 0, False
        take_in(session, channel, bodies)
        if result.has_more:
            read_soon(session, channel.id)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], visit: Visit, error: Exception
    ) -> RetryAt | None:
        """The next minute tries again; what stays wrong is told."""
        channel = session.get(Channel, payload["channel_id"])
        if channel is None:
            return None
        inbox = _folders(session, channel.id).get(INBOX) or _new_folder(session, channel.id, INBOX)
        inbox.failures += 1
        stops = isinstance(error, SendFailed) and error.error_class == "channel"
        if (stops and not inbox.is_down) or (not stops and inbox.failures == PATIENCE):
            news = Envelope(trouble=_reason_of(error)[:400], is_down=stops)
            take_in(session, channel, [pack(news, b"")])
        inbox.is_down = inbox.is_down or stops
        return None


def read_soon(session: TenantSession, channel_id: int) -> None:
    """Have a mailbox read now."""
    enqueue(
        session,
        "email.read",
        {"channel_id": channel_id},
        lane=_lane_of(channel_id),
        crowd=f"channel:{channel_id}",
        queue="bulk",
    )


@periodic("email.poll", "* * * * *", queue="bulk")
def poll(session: TenantSession, payload: dict[str, Any]) -> None:
    """Write a job for each mailbox of the tenant in which none waits: a slow one gathers none."""
    waiting = waiting_lanes(session, "email.read")
    found = session.scalars(
        select(Channel.id).where(
            Channel.kind == KIND, Channel.archived_at.is_(None), Channel.state.in_(READ_STATES)
        )
    )
    for channel_id in found:
        if _lane_of(channel_id) not in waiting:
            read_soon(session, channel_id)


def _lane_of(channel_id: int) -> str:
    return f"email:{channel_id}"


def _reason_of(error: Exception) -> str:
    if isinstance(error, SendFailed | OutcomeUnknown):
        return error.reason
    return say("The mailbox can't be read (%(kind)s).", kind=type(error).__name__)


def _folders(session: TenantSession, channel_id: int) -> dict[str, MailFolder]:
    rows = session.scalars(select(MailFolder).where(MailFolder.channel_id == channel_id))
    return {row.name: row for row in rows}


def _new_folder(session: TenantSession, channel_id: int, name: str) -> MailFolder:
    row = MailFolder(channel_id=channel_id, name=name, mailbox="", uid_validity=0, last_uid=0)
    row.failures, row.is_down = 0, False
    session.add(row)
    return row


JOBS: tuple[JobSpec | Periodic, ...] = (
    JobSpec("email.read", call=ReadMailbox(), queue="bulk", max_attempts=2),
    poll,
)
