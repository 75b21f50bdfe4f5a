"""A migration beside transactions that go on: it gives way, and gets through in a pause."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.migrations import yielding
from core.migrations.plugin import MigrationFailed
from core.migrations.runner import migrate


@pytest.fixture
def unwalled(postgres_settings: Settings) -> Iterator[Engine]:
    """A database in which a wall has to be raised again: that needs the table for itself."""
    engine = create_engine(postgres_settings.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("alter table contact disable row level security"))
    yield engine
    engine.dispose()


def is_walled(engine: Engine) -> bool:
    with engine.connect() as connection:
        asked = "select relrowsecurity from pg_class where relname = 'contact'"
        return bool(connection.execute(text(asked)).scalar())


def test_it_waits_for_who_was_first(postgres_settings: Settings, unwalled: Engine) -> None:
    with unwalled.connect() as other:
        other.execute(text("lock table contact in access share mode"))
        timer = threading.Timer(1.5, other.commit)
        timer.start()
        migrate(postgres_settings)
        timer.join()
    assert is_walled(unwalled)


def test_it_gives_up_with_a_sentence(
    postgres_settings: Settings, unwalled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yielding, "TRIES", 2)
    with unwalled.connect() as other:
        other.execute(text("lock table contact in access share mode"))
        with pytest.raises(MigrationFailed, match="stop the workers"):
            migrate(postgres_settings)
        other.rollback()
    assert not is_walled(unwalled)


def test_any_other_fault_is_told_at_once() -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise ValueError("a fault")

    with pytest.raises(ValueError):
        yielding.yielding(fail)
    assert len(tries) == 1
