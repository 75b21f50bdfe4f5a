"""SQLite has one writer: it is waited for in the process, and always given back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from core.config import Settings
from core.db import Database
from core.models import Plan
from core.tenancy.session import SystemSession


@pytest.fixture
def sqlite(sqlite_settings: Settings) -> Iterator[Database]:
    database = Database(sqlite_settings)
    yield database
    database.dispose()


def write(database: Database, name: str) -> None:
    with database.system() as session:
        session.scalar(select(func.count()).select_from(Plan))  # read, then write
        session.add(Plan(name=name, title=name))


def writes_at_once(database: Database) -> bool:
    """Whether another thread gets the lock now."""
    done = threading.Event()

    def work() -> None:
        write(database, f"free-{uuid4()}")
        done.set()

    threading.Thread(target=work, daemon=True).start()
    return done.wait(3)


def test_eight_threads_write_without_losing_one(sqlite: Database) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                write(sqlite, f"{number}-{turn}")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    with sqlite.system(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Plan)) == 80


def test_a_reader_does_not_wait_for_the_writer(sqlite: Database) -> None:
    with sqlite.system() as writer:
        writer.add(Plan(name="new", title="New"))
        writer.flush()
        with sqlite.system(write=False) as reader:  # in this very thread
            assert reader.scalars(select(Plan)).all() == []


def test_a_nested_writer_raises_instead_of_waiting_for_itself(sqlite: Database) -> None:
    with sqlite.system() as outer:
        outer.add(Plan(name="outer", title="Outer"))
        outer.flush()
        with pytest.raises(RuntimeError, match="finish that one first"):
            write(sqlite, "inner")
    with sqlite.system(write=False) as session:
        assert session.scalars(select(Plan.name)).all() == ["outer"]
    assert writes_at_once(sqlite)


def test_the_lock_is_given_back_after_a_failing_statement(sqlite: Database) -> None:
    with pytest.raises(Exception, match="no such table"), sqlite.system() as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert writes_at_once(sqlite)


def test_the_lock_is_given_back_by_rollback_and_by_close(sqlite: Database) -> None:
    for end in ("rollback", "close", "invalidate"):
        session = sqlite.system()
        with session as opened:
            opened.execute(text("SELECT 1"))
            getattr(opened, end)()
            assert writes_at_once(sqlite)


def test_the_lock_is_given_back_when_the_connection_is_invalidated(sqlite: Database) -> None:
    with sqlite.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.invalidate()
        assert writes_at_once(sqlite)


def test_the_lock_is_given_back_by_a_failing_commit(sqlite: Database) -> None:
    orphan = text("INSERT INTO user_state (user_id, session_version) VALUES (99, 1)")
    session = SystemSession(sqlite)
    session.execute(text("PRAGMA defer_foreign_keys=ON"))
    session.execute(orphan)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        session.commit()
    session.close()
    assert writes_at_once(sqlite)


def test_the_lock_is_given_back_by_a_thread_that_ends_another_ones_transaction(
    sqlite: Database,
) -> None:
    connection = sqlite.engine.connect()
    connection.execute(text("SELECT 1"))
    other = threading.Thread(target=connection.close)
    other.start()
    other.join(5)
    assert writes_at_once(sqlite)
    write(sqlite, "this thread too")
