"""Storing webhooks' raw bodies, before they are answered: nothing is parsed here.

A hot path: set-based statements, and no ORM.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert

from core.jobs.outbox import NewJob, enqueue_rows, ring_after_commit
from core.models import Channel, RawInbox
from core.models.base import now
from core.tenancy.session import SystemSession

_ALL_AT_ONCE = """
insert into raw_inbox (tenant_id, channel_id, digest, body, received_at)
select tenant_id, channel_id, digest, body, %s
from unnest(%s::int[], %s::int[], %s::text[], %s::bytea[])
    as waiting (tenant_id, channel_id, digest, body)
"""


class RawBody(NamedTuple):
    """A proven body. `digest` is the hex SHA-256 of it."""

    tenant_id: int
    channel_id: int
    body: bytes
    digest: str


def store_bodies(connection: Connection, bodies: Sequence[RawBody]) -> None:
    """Keep bodies in this order, and one job for each of their channels, in one transaction.

    Whoever commits rings `database.on_enqueue` after it.
    """
    if not bodies:
        return
    tenants, channels, contents, digests = map(list, zip(*bodies, strict=True))
    if connection.dialect.name == "postgresql":
        values = (now(), tenants, channels, digests, contents)
        connection.exec_driver_sql(_ALL_AT_ONCE, values)
    else:
        connection.execute(insert(RawInbox), [body._asdict() for body in bodies])
    _ask_for_readers(connection, dict(zip(channels, tenants, strict=True)))


def store(session: SystemSession, channel: Channel, body: bytes) -> None:
    """Keep one body of a channel in the session's transaction."""
    digest = hashlib.sha256(body).hexdigest()
    raw = RawBody(channel.tenant_id, channel.id, body, digest)
    store_bodies(session.connection(), [raw])
    ring_after_commit(session)


def _ask_for_readers(connection: Connection, tenant_of: dict[int, int]) -> None:
    enqueue_rows(
        connection,
        [
            NewJob("core.process_inbox", {"channel_id": channel_id}, tenant_id, lane_of(channel_id))
            for channel_id, tenant_id in sorted(tenant_of.items())
        ],
    )


def lane_of(channel_id: int) -> str:
    """A channel's bodies are read one job after another, in the order in which they came."""
    return f"inbox:{channel_id}"
