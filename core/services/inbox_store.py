"""Storing webhooks' raw bodies, before they are answered: nothing is parsed here.

A hot path: no ORM, and on PostgreSQL a single statement, so a group of bodies costs one round trip
and one commit. On SQLite a statement is a function call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from core.jobs.outbox import NewJob, enqueue_rows, ring_after_commit
from core.jobs.queues import NOW
from core.models import Channel
from core.models.base import now
from core.services.channel_stamps import STAMPS, stamp_of
from core.tenancy.session import SystemSession

READER = "core.process_inbox"


class RawBody(NamedTuple):
    """A proven body. `stamp` is the channel's that it was proven with, `digest` its SHA-256."""

    channel_id: int
    stamp: str
    body: bytes
    digest: str


def raw_body(channel_id: int, stamp: str, body: bytes) -> RawBody:
    """A body with its digest."""
    return RawBody(channel_id, stamp, body, hashlib.sha256(body).hexdigest())


def store_bodies(connection: Connection, bodies: Sequence[RawBody]) -> list[bool]:
    """Keep bodies in this order, and one job for each of their channels that reads them.

    False for a body whose channel has another stamp by now: that one isn't stored.
    Run it in a transaction of its own, and call `core.jobs.outbox.ring` after the commit.
    """
    proofs = list(dict.fromkeys((body.channel_id, body.stamp) for body in bodies))
    if connection.dialect.name == "postgresql":
        held = _store_on_postgresql(connection, proofs, bodies)
    else:
        held = _store_on_sqlite(connection, proofs, bodies)
    return [(body.channel_id, body.stamp) in held for body in bodies]


def store(session: SystemSession, channel: Channel, body: bytes) -> None:
    """Keep one body of a channel in the session's transaction."""
    connection = session.connection()
    stamp = stamp_of(connection, channel.uuid) or ""
    store_bodies(connection, [raw_body(channel.id, stamp, body)])
    ring_after_commit(session)


def lane_of(channel_id: int) -> str:
    """A channel's bodies are read one job after another, in the order in which they came."""
    return f"inbox:{channel_id}"


Proof = tuple[int, str]
"""A channel's id and the stamp that bodies for it were proven with."""


def _store_on_sqlite(
    connection: Connection, proofs: Sequence[Proof], bodies: Sequence[RawBody]
) -> set[Proof]:
    asked = (json.dumps([channel_id for channel_id, _ in proofs]),)
    rows = connection.exec_driver_sql(_CURRENT_ON_SQLITE, asked).all()
    held = {(row.id, row.stamp) for row in rows}.intersection(proofs)
    tenant_of = {row.id: row.tenant_id for row in rows if (row.id, row.stamp) in held}
    moment = now().replace(tzinfo=None).isoformat(" ", "microseconds")
    values: list[Any] = []
    for channel_id, stamp, body, digest in bodies:
        if (channel_id, stamp) in held:
            values += (tenant_of[channel_id], channel_id, digest, body, moment)
    if values:
        # one statement, not executemany: that gives Python's lock away for every row
        rows_of = ", ".join(["(?, ?, ?, ?, ?)"] * (len(values) // 5))
        connection.exec_driver_sql(f"{_STORE_ON_SQLITE} {rows_of}", tuple(values))
    jobs = [
        NewJob(READER, {"channel_id": channel_id}, tenant_id, lane=lane_of(channel_id))
        for channel_id, tenant_id in tenant_of.items()
    ]
    enqueue_rows(connection, jobs)
    return held


_CURRENT_ON_SQLITE = f"{STAMPS} where channel.id in (select value from json_each(?))"  # noqa: S608
_STORE_ON_SQLITE = "insert into raw_inbox (tenant_id, channel_id, digest, body, received_at) values"


def _store_on_postgresql(
    connection: Connection, proofs: Sequence[Proof], bodies: Sequence[RawBody]
) -> set[Proof]:
    ids, known_stamps = map(list, zip(*proofs, strict=True))
    place_of = {proof: place for place, proof in enumerate(proofs, 1)}
    values = {
        "ids": ids,
        "stamps": known_stamps,
        "proofs": [place_of[body.channel_id, body.stamp] for body in bodies],
        "digests": [body.digest for body in bodies],
        "bodies": [body.body for body in bodies],
        "moment": now(),
        "reader": READER,
        "queue": NOW,
    }
    rows = connection.exec_driver_sql(_STORE_ON_POSTGRESQL, values)
    return {proofs[place - 1] for (place,) in rows}


_STORE_ON_POSTGRESQL = f"""
with proof as (
    select * from unnest(%(ids)b::int[], %(stamps)b::text[]) with ordinality
        as proof (channel_id, stamp, place)
),
given as (
    select * from unnest(%(proofs)b::int[], %(digests)b::text[], %(bodies)b::bytea[])
        with ordinality as given (proof, digest, body, place)
),
held as materialized (
    select proof.place, current.id as channel_id, current.tenant_id
    from ({STAMPS} where channel.id = any(%(ids)b::int[])) as current
    join proof on proof.channel_id = current.id and proof.stamp = current.stamp
),
stored as (
    insert into raw_inbox (tenant_id, channel_id, digest, body, received_at)
    select held.tenant_id, held.channel_id, given.digest, given.body, %(moment)b
    from given
    join held on held.place = given.proof
    order by given.place
),
asked as (
    insert into job (
        tenant_id, actor, payload, lane, queue,
        state, due_at, attempts, failures, last_error, created_at
    )
    select tenant_id, %(reader)b, jsonb_build_object('channel_id', channel_id),
        'inbox:' || channel_id, %(queue)b,
        'ready', %(moment)b, 0, 0, '', %(moment)b
    from held
)
select place from held
"""  # noqa: S608 - its parts are constants
