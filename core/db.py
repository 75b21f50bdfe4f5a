"""Engines and sessions. SQLite gets one writer at a time, PostgreSQL its bound role."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from core.config import Settings
from core.tenancy.context import use_tenant
from core.tenancy.session import SystemSession, TenantSession

if TYPE_CHECKING:
    from core.desk import Desk


class Database:
    """The engines of one installation.

    `bind` chooses among four views on at most two engines: tenant or system, reading or writing.
    On SQLite tenant and system work share one file and one write lock.

    `on_enqueue` is rung after a commit that wrote jobs; `queue_of` names an actor's queue. The job
    engine sets both, so that the outbox needs nothing but its session.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.desk: Desk | None = None
        self.on_enqueue: list[Callable[[], None]] = []
        self.queue_of: Callable[[str], str] = lambda actor: "now"
        self.engine = build_engine(settings.app_url)
        same = settings.system_url == settings.app_url
        self.system_engine = self.engine if same else build_engine(settings.system_url)
        self._binds = {
            (False, write): self.engine.execution_options(sapa_write=write)
            for write in (True, False)
        } | {
            (True, write): self.system_engine.execution_options(sapa_write=write)
            for write in (True, False)
        }

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def bind(self, *, write: bool, system: bool) -> Engine:
        return self._binds[system, write]

    @contextmanager
    def tenant(self, tenant_id: int, *, write: bool = True) -> Iterator[TenantSession]:
        """One transaction for one tenant: commits at the end, rolls back on an exception."""
        with use_tenant(tenant_id):
            session = TenantSession(self, write=write, tenant_id=tenant_id)
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
            finally:
                session.close()

    @contextmanager
    def system(self, *, write: bool = True) -> Iterator[SystemSession]:
        """One transaction for system work, over all tenants."""
        session = SystemSession(self, write=write)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    def dispose(self) -> None:
        self.engine.dispose()
        self.system_engine.dispose()


def build_engine(url: str) -> Engine:
    """An engine for `url`, with SQLite's one-writer rule where it is SQLite."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=20, max_overflow=40, pool_pre_ping=True)
    lock = WriteLock()
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=80,
        connect_args={"factory": _locked_connection(lock), "check_same_thread": False},
    )
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class DatabaseBusy(TimeoutError):
    """SQLite's writer didn't come free in time."""


class WriteLock:
    """SQLite's single writer, waited for in the process instead of in the database.

    Eight threads on `busy_timeout` alone starved for 0.8 to 4 s; with a lock 0.1 s at worst.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    def acquire(self) -> None:
        me = threading.get_ident()
        if self._owner == me:
            raise RuntimeError(
                "This thread already writes in another session: finish that one first."
            )
        if not self._lock.acquire(timeout=60):
            raise DatabaseBusy("The database has been busy writing for a minute.")
        self._owner = me

    def release(self) -> None:
        self._owner = None
        self._lock.release()


class _LockedConnection(sqlite3.Connection):
    """Gives the write lock back when its transaction has ended, and not before."""

    write_lock: WriteLock
    holds_lock = False

    def begin(self, *, write: bool) -> None:
        if not write:
            self.execute("BEGIN")
            return
        self.write_lock.acquire()
        self.holds_lock = True
        try:
            self.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._give_back()
            raise

    def commit(self) -> None:
        try:
            super().commit()
        except BaseException:
            # SQLAlchemy takes a transaction whose commit failed for ended and rolls nothing back:
            # the pool would keep the connection with the transaction, and the lock, still open
            self.rollback()
            raise
        self._give_back()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._give_back()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._give_back()

    def _give_back(self) -> None:
        if self.holds_lock:
            self.holds_lock = False
            self.write_lock.release()


def _locked_connection(lock: WriteLock) -> type[_LockedConnection]:
    return type("LockedConnection", (_LockedConnection,), {"write_lock": lock})


def prepare_sqlite(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    """Set up a fresh SQLite connection: durable, with foreign keys, transactions begun by hand."""
    connection.isolation_level = None  # we say BEGIN ourselves, in _begin_sqlite
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        # 32 MB, where the default of 2 spills in the middle of a set of a thousand contacts and
        # writes the same pages twice; and a log of 32 MB before it is folded in, where 4 had
        # each such set fold it in, with two more waits for the disk
        "cache_size=-32000",
        "wal_autocheckpoint=8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    dbapi: Any = connection.connection.dbapi_connection
    dbapi.begin(write=connection.get_execution_options().get("sapa_write", True))
