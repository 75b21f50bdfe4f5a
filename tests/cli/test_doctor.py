"""`sapa doctor` finds each trouble where it is, and says nothing where all is well."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from core.boot import open_desk
from core.config import Settings
from core.demo.people import PASSWORD
from core.desk import Desk
from core.doctor import assets as browser_parts
from core.doctor import database as servers
from core.doctor import disk, examine
from core.jobs.outbox import enqueue
from core.models import Tenant
from core.models.base import now
from core.pulse import Pulse
from core.secrets import key_to_text
from core.services import tenants
from core.setup import prepare
from core.testing.databases import PostgresServer
from plugins import BUILTIN
from tests.cli.conftest import Sapa

PUBLIC = "https://desk.example.com"


@pytest.fixture(autouse=True)
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of browser parts, whether this checkout has made its own or not."""
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "fingerprint").touch()
    monkeypatch.setattr(browser_parts, "VENDOR", vendor)
    return vendor


def checks(**settings: object) -> list[str]:
    return [found.check for found in examine(Settings(**settings), BUILTIN)]


def test_all_is_well(home: Path, sapa: Sapa):
    done = sapa("doctor", SAPA_BASE_URL=PUBLIC)
    assert (done.status, done.out.strip()) == (0, "All is well.")


def test_findings_have_a_cure_and_exit_1(sapa: Sapa):
    done = sapa("doctor", "--json")
    assert done.status == 1
    first = done.data["findings"][0]
    assert first["check"] == "migrations"
    assert first["cure"] == "Run `sapa migrate`."
    assert all(found["problem"] and found["cure"] for found in done.data["findings"])


def test_it_changes_nothing(tmp_path: Path):
    examine(Settings(home=tmp_path / "fresh"), BUILTIN)
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize(
    ("url", "is_found"),
    [
        ("", True),
        ("http://desk.example.com", True),
        ("https://127.0.0.1", True),
        ("https://192.168.1.4", True),
        ("https://desk.local", True),
        ("https://localhost", True),
        (PUBLIC, False),
    ],
)
def test_a_base_url_that_providers_cannot_reach(home: Path, url: str, is_found: bool):
    assert ("base URL" in checks(home=home, base_url=url)) is is_found


def test_a_secret_that_others_can_read(home: Path):
    (home / "secret.key").chmod(0o644)
    assert checks(home=home, base_url=PUBLIC) == ["secret"]


def test_a_damaged_secret(home: Path):
    (home / "secret.key").write_text("garbage")
    assert "secret" in checks(home=home, base_url=PUBLIC)


def test_sqlite_on_a_network_disk(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/x {home.parent} nfs4 rw 0 0\n")
    monkeypatch.setattr(disk, "MOUNTS", mounts)
    assert checks(home=home, base_url=PUBLIC) == ["disk"]
    mounts.write_text(f"server:/ / nfs4 rw 0 0\ndisk {home.parent} ext4 rw 0 0\n")
    assert checks(home=home, base_url=PUBLIC) == []


def test_missing_browser_parts(home: Path, assets: Path):
    (assets / "fingerprint").unlink()
    assert checks(home=home, base_url=PUBLIC) == ["assets"]


def test_redis_that_does_not_answer(home: Path, redis_server: str):
    assert checks(home=home, base_url=PUBLIC, redis_url=redis_server) == []
    assert checks(home=home, base_url=PUBLIC, redis_url="redis://127.0.0.1:1/0") == ["redis"]
    assert checks(home=home, base_url=PUBLIC, redis_url="nonsense") == ["redis"]


def test_a_clock_that_was_set_back(home: Path):
    tomorrow = time.time() + 86_400
    os.utime(home / "sapa.db", (tomorrow, tomorrow))
    assert checks(home=home, base_url=PUBLIC) == ["clock"]


def test_a_database_that_does_not_answer(tmp_path: Path):
    found = checks(home=tmp_path, base_url=PUBLIC, database_url="postgresql://u@127.0.0.1:1/x")
    assert found == ["database"]


def test_a_role_that_row_level_security_does_not_bind(
    postgres_server: PostgresServer, postgres_settings: Settings
):
    assert [f.check for f in examine(with_url(postgres_settings), ())] == []
    superuser = with_url(postgres_settings).model_copy(
        update={"database_url": postgres_settings.owner_database_url}
    )
    (found,) = examine(superuser, ())
    assert found.check == "database role"
    assert "superuser" in found.problem
    assert "SAPA_OWNER_DATABASE_URL" in found.cure


def with_url(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": PUBLIC})


def test_a_disk_that_is_nearly_full(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(disk, "ROOM", 2**60)
    found = examine(Settings(home=home / "new", base_url=PUBLIC), ())
    assert "disk space" in [each.check for each in found]


@pytest.mark.parametrize("key", [bytes(32), b"0123456701234567" * 2])
def test_a_key_that_can_be_guessed(home: Path, key: bytes):
    assert checks(home=home, base_url=PUBLIC, secret_key=key_to_text(key)) == ["secret"]


def test_a_key_of_chance_is_none(home: Path):
    assert checks(home=home, base_url=PUBLIC, secret_key=key_to_text(bytes(range(32)))) == []


@pytest.mark.parametrize("password", ["postgres", "changeme", "desk"])
def test_a_database_password_that_everybody_tries(home: Path, password: str):
    found = checks(
        home=home, base_url=PUBLIC, owner_database_url=f"postgresql://desk:{password}@127.0.0.1:1/x"
    )
    assert found == ["secret"]


def test_a_metrics_token_that_is_short(home: Path):
    assert checks(home=home, base_url=PUBLIC, metrics_token="guess-me") == ["secret"]
    assert checks(home=home, base_url=PUBLIC, metrics_token="d41d8cd98f00b204e980") == []


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(home=home), BUILTIN)
    yield opened
    opened.database.dispose()


def test_the_demos_password_where_strangers_come(home: Path, desk: Desk):
    with desk.database.system() as session:
        tenants.create_user(session, "operator@sapa.example", password=PASSWORD)
    assert checks(home=home) == ["base URL"]
    (found,) = examine(Settings(home=home, base_url=PUBLIC), BUILTIN)
    assert found.check == "secret"
    assert "operator@sapa.example" in found.problem


def test_a_person_of_the_demo_with_a_password_of_their_own(home: Path, desk: Desk):
    with desk.database.system() as session:
        tenants.create_user(session, "operator@sapa.example", password=PASSWORD + "-changed")
    assert checks(home=home, base_url=PUBLIC) == []


def test_a_tenants_time_zone_that_nobody_knows(home: Path, desk: Desk):
    with desk.database.system() as session:
        tenants.create_tenant(session, "toko", plan="enterprise").time_zone = "Mars/Olympus"
    (found,) = examine(Settings(home=home, base_url=PUBLIC), BUILTIN)
    assert found.check == "time zones"
    assert "Mars/Olympus" in found.problem


def test_a_machine_without_time_zone_data(home: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ["tzdata", *(each for each in sys.modules if each.startswith("tzdata."))]:
        monkeypatch.setitem(sys.modules, name, None)  # the package isn't installed
    zoneinfo.reset_tzpath(to=[str(home)])  # nor has the system any
    zoneinfo.ZoneInfo.clear_cache()
    try:
        found = checks(home=home, base_url=PUBLIC)
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()
    assert found == ["time zones"]


@contextmanager
def alive(desk: Desk, *, serves: bool, works: bool) -> Iterator[None]:
    """A process of this installation."""
    pulse = Pulse(desk, serves=serves, works=works)
    pulse.start()
    yield
    pulse.stop()


def test_nobody_does_the_background_work(home: Path, desk: Desk):
    with alive(desk, serves=True, works=False):
        (found,) = examine(Settings(home=home, base_url=PUBLIC), BUILTIN)
        assert found.check == "workers"
        assert "sapa run" in found.cure
        with alive(desk, serves=False, works=True):
            assert checks(home=home, base_url=PUBLIC) == []


def test_work_that_nobody_does_before_anything_was_started(home: Path, desk: Desk):
    due(desk, timedelta(minutes=4))
    assert checks(home=home, base_url=PUBLIC) == []  # it may be about to be started
    due(desk, timedelta(minutes=9))
    (found,) = examine(Settings(home=home, base_url=PUBLIC), BUILTIN)
    assert "Work has been due for 9 minutes" in found.problem


def test_workers_that_do_not_keep_up(home: Path, desk: Desk):
    due(desk, timedelta(hours=1))
    with alive(desk, serves=True, works=True):
        (found,) = examine(Settings(home=home, base_url=PUBLIC), BUILTIN)
    assert "don't keep up" in found.problem


def due(desk: Desk, since: timedelta) -> None:
    """A job that was due so long ago."""
    with desk.database.system() as session:
        tenant = tenants.find_tenant(session, "toko") or tenants.create_tenant(
            session, "toko", plan="enterprise"
        )
        session.flush()
        assert isinstance(tenant, Tenant)
        enqueue(session, "core.wake", {}, tenant_id=tenant.id, due_at=now() - since)


def test_several_processes_without_redis(home: Path, desk: Desk, redis_server: str):
    with alive(desk, serves=True, works=True), alive(desk, serves=True, works=True):
        (found,) = examine(Settings(home=home, base_url=PUBLIC), BUILTIN)
        assert (found.check, "SAPA_REDIS_URL" in found.cure) == ("redis", True)
        assert checks(home=home, base_url=PUBLIC, redis_url=redis_server) == []


def test_a_server_that_holds_the_folder_and_hangs(home: Path, desk: Desk):
    with Path.open(home / "serve.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert checks(home=home, base_url=PUBLIC) == ["lock"]
        with alive(desk, serves=True, works=True):
            assert checks(home=home, base_url=PUBLIC) == []
    assert checks(home=home, base_url=PUBLIC) == []


@contextmanager
def answering(date: datetime) -> Iterator[str]:
    """A web server whose clock says `date`; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", format_datetime(date, usegmt=True))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_clock_that_the_world_does_not_share(home: Path):
    with answering(datetime.now(UTC) + timedelta(hours=1)) as url:
        assert checks(home=home, base_url=url) == ["base URL", "clock"]
    with answering(datetime.now(UTC)) as url:
        assert checks(home=home, base_url=url) == ["base URL"]
    assert checks(home=home, base_url=url) == ["base URL"]  # offline is no finding


def test_a_server_that_is_too_old(postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(servers, "OLDEST", 990_000)
    (found,) = examine(with_url(postgres_settings), ())
    assert (found.check, "wants 99 or newer" in found.problem) == ("database version", True)


def test_the_checks_of_rows_on_postgresql(postgres_settings: Settings):
    prepare(postgres_settings, BUILTIN)
    opened = open_desk(postgres_settings, BUILTIN)
    due(opened, timedelta(hours=1))
    with alive(opened, serves=True, works=False):
        found = examine(with_url(postgres_settings), BUILTIN)
    opened.database.dispose()
    assert [each.check for each in found] == ["workers"]
    assert "Work has been due for 60 minutes" in found[0].problem
