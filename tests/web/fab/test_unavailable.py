"""A database that can't be used just now is a 503 with a sentence; a wrong statement is a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.testing.databases import PostgresServer
from core.web.app import create_app
from core.web.fab.integrity import as_refused
from core.web.fab.unavailable import AWAY, BUSY, DISK, RETRY_AFTER


def refusal(url: str, *statements: str) -> tuple[int, str] | None:
    """What the last statement's error means."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements[:-1]:
            connection.execute(text(statement))
        with pytest.raises(DBAPIError) as caught:
            connection.execute(text(statements[-1]))
    refused = as_refused(caught.value)
    return (refused.status, refused.message) if refused is not None else None


def test_sqlite_tells_a_full_disk_and_a_lock_from_a_wrong_statement(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/some.db"
    made = "create table filled (body blob)"
    assert refusal(
        url, made, "pragma max_page_count = 4", "insert into filled values (zeroblob(99999))"
    ) == (503, DISK)
    engine = create_engine(url)
    with engine.connect() as other:
        other.exec_driver_sql("begin immediate")
        assert refusal(url, "pragma busy_timeout = 1", made.replace("filled", "more")) == (
            503,
            BUSY,
        )
        other.rollback()
    engine.dispose()
    assert refusal(url, "select * from missing") is None


def test_postgresql_tells_a_lost_line_from_a_wrong_statement(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.url("postgres")
    gone = "select pg_terminate_backend(pg_backend_pid())"
    assert refusal(url, gone) == (503, AWAY)
    assert refusal(url, "set statement_timeout = 1", "select pg_sleep(9)") == (503, AWAY)
    assert refusal(url, "select * from missing") is None


def test_a_page_says_so_and_asks_the_database_nothing(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    name = postgres_server.create(postgres_template)
    settings: Settings = postgres_server.settings(name, tmp_path)
    app = create_app(settings)
    client, token = app.test_client(), {"Authorization": "Bearer sapa_unknown"}
    assert client.get("/api/v1/customer/", headers=token).status_code == 401
    app.extensions["sapa"].database.dispose()
    postgres_server.drop(name)
    answer = client.get("/api/v1/customer/", headers=token)
    assert (answer.status_code, answer.get_json()["message"]) == (503, AWAY)
    assert answer.headers["Retry-After"] == str(RETRY_AFTER)
    page = client.get("/inbox/", headers=token)
    assert page.status_code == 503
    assert "answer just now, so nothing was saved" in page.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz/web").status_code == 503
