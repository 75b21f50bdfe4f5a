"""The commit behind the lane: raw bodies, and a job for each channel that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from core.db import Database
from core.jobs.outbox import ring
from core.services.inbox_store import RawBody, store_bodies
from core.web.fast_lane.group_writer import Commit
from core.web.fast_lane.known_channels import KnownChannel, stamps

Parcel = tuple[KnownChannel, RawBody]
"""A body, and the channel as it was known when the body was proven."""


@contextmanager
def opened_inbox(database: Database) -> Iterator[Commit[Parcel, bool]]:
    """A commit on one connection, kept from group to group. True: stored; False: prove it again.

    Bound to the system's engine: the row-level wall shows a tenant's role no other's channel.
    """
    connection: Connection | None = None

    def commit(parcels: Sequence[Parcel]) -> list[bool]:
        nonlocal connection
        connection = connection or database.bind(write=True, system=True).connect()
        try:
            with connection.begin():
                current = stamps(connection, {channel.id for channel, _ in parcels})
                still = [current.get(channel.id) == channel.stamp for channel, _ in parcels]
                store_bodies(
                    connection,
                    [body for (_, body), holds in zip(parcels, still, strict=True) if holds],
                )
        except BaseException:
            broken, connection = connection, None
            broken.close()
            raise
        ring(database)
        return still

    try:
        yield commit
    finally:
        if connection is not None:
            connection.close()
