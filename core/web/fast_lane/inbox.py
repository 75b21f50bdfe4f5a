"""The commit behind the lane, on a connection that is kept from group to group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from core.db import Database
from core.jobs.outbox import ring
from core.services.inbox_store import RawBody, store_bodies
from core.web.fast_lane.group_writer import Commit


@contextmanager
def opened_inbox(database: Database) -> Iterator[Commit[RawBody, bool]]:
    """Stores groups of bodies. True: durable; False: the channel has changed, prove it again.

    On the system's engine: the row-level wall shows a tenant's role no other tenant's channel.
    """
    connection: Connection | None = None

    def commit(bodies: Sequence[RawBody]) -> list[bool]:
        nonlocal connection
        connection = connection or _connect(database)
        try:
            with connection.begin():
                stored = store_bodies(connection, bodies)
        except BaseException:
            broken, connection = connection, None
            broken.close()
            raise
        ring(database)
        return stored

    try:
        yield commit
    finally:
        if connection is not None:
            connection.close()


def _connect(database: Database) -> Connection:
    connection = database.bind(write=True, system=True).connect()
    if database.is_sqlite:
        return connection
    # a group is one statement, which is a transaction: BEGIN and COMMIT would be two round trips
    return connection.execution_options(isolation_level="AUTOCOMMIT")
