"""`sapa run` as a process: it serves, works, stops, and leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from core.boot import open_desk
from core.config import Settings
from core.jobs.outbox import enqueue
from core.models import Job, Tenant
from core.setup import prepare
from plugins import BUILTIN
from tests.cli.conftest import Sapa
from tests.cli.served import PATIENCE, started, working


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_F8_run_serves_and_stops_when_told(home: Path, free_port: int, how: signal.Signals):
    with started("run", home=home, port=free_port) as server:
        with urllib.request.urlopen(server.url("/login/"), timeout=30) as page:
            assert b"<form" in page.read()
        children = server.children()
        assert len(children) == 1  # one process serves a SQLite file
        assert server.stop(how) == 0
        assert not any(child.is_running() for child in children)
        assert f"Sapa is ready at http://127.0.0.1:{free_port}" in server.log
        assert "Traceback" not in server.log


def test_F8_run_works_off_jobs_in_the_serving_process(home: Path, free_port: int):
    desk = open_desk(Settings(home=home), BUILTIN)
    with desk.database.system() as session:
        enqueue(session, "core.process_inbox", {"channel_id": 1}, tenant_id=_tenant(session))
    with started("run", home=home, port=free_port):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with desk.database.system(write=False) as session:
                if session.query(Job).count() == 0:
                    break
            time.sleep(0.05)
        with desk.database.system(write=False) as session:
            assert session.query(Job).count() == 0
    desk.database.dispose()


def test_importing_the_application_starts_no_work(home: Path, monkeypatch: pytest.MonkeyPatch):
    import threading

    from core.web.app import create_app

    before = set(threading.enumerate())
    create_app(Settings(home=home), BUILTIN)
    assert set(threading.enumerate()) == before


def test_booting_compiles_no_address(home: Path):
    from core.web.app import create_app
    from core.web.fab.lazy_rules import LazyRule

    rules = list(create_app(Settings(home=home), BUILTIN).url_map.iter_rules())
    assert len(rules) > 100
    assert {type(rule) for rule in rules} == {LazyRule}


def test_F8_kill_9_of_the_command_leaves_no_server(home: Path, free_port: int):
    with started("run", home=home, port=free_port) as server:
        (child,) = server.children()
        server.process.kill()
        server.process.wait(PATIENCE)
        gone, alive = psutil.wait_procs([child], timeout=10)
        assert (len(gone), alive) == (1, [])
    with started("run", home=home, port=free_port) as server:  # port and folder are free again
        assert server.stop() == 0


def test_a_busy_port_is_a_sentence(home: Path, sapa: Sapa):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = sapa("run", "--port", str(listener.getsockname()[1]))
    assert done.status == 2
    assert "is in use" in done.err


def test_a_second_server_on_the_same_sqlite_folder_is_refused(
    home: Path, free_port: int, sapa: Sapa
):
    with started("run", home=home, port=free_port), socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        other = probe.getsockname()[1]
        probe.close()
        done = sapa("run", "--port", str(other))
    assert done.status == 2
    assert "Another `sapa run` serves" in done.err


def test_run_refuses_an_outdated_database(sapa: Sapa, free_port: int):
    done = sapa("run", "--port", str(free_port))
    assert done.status == 2
    assert "sapa migrate" in done.err


def _tenant(session) -> int:
    from core.services.tenants import create_tenant

    return create_tenant(session, "toko", plan="enterprise").id


@pytest.fixture
def production(postgres_settings: Settings, redis_server: str, tmp_path: Path) -> dict[str, str]:
    """SAPA_* of a migrated installation on PostgreSQL and Redis."""
    settings = postgres_settings.model_copy(update={"home": tmp_path / "home"})
    prepare(settings, BUILTIN)
    return {
        "SAPA_HOME": str(settings.home),
        "SAPA_DATABASE_URL": settings.database_url,
        "SAPA_SYSTEM_DATABASE_URL": settings.system_database_url,
        "SAPA_OWNER_DATABASE_URL": settings.owner_database_url,
        "SAPA_REDIS_URL": redis_server,
    }


def wait_for(check: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.02)
    return False


def test_F8_many_web_and_worker_processes(production: dict[str, str], free_port: int):
    """The web processes run no job; a worker's do, share it, and stop when told."""
    home = Path(production["SAPA_HOME"])
    desk = open_desk(_settings(production), BUILTIN)

    def left() -> int:
        with desk.database.system(write=False) as session:
            return session.query(Job).count()

    with started(
        "run", "--workers", "2", home=home, port=free_port, environment=production
    ) as server:
        assert wait_for(lambda: len(server.children()) == 2)
        assert "background work waits for `sapa worker`" in server.log
        with desk.database.system() as session:
            enqueue(session, "core.process_inbox", {"channel_id": 1}, tenant_id=_tenant(session))
        assert left() == 1
        with working("--processes", "2", home=home, environment=production) as worker:
            assert wait_for(lambda: left() == 0)
            assert wait_for(lambda: desk.jobs.workers() == 2)
            first, second = worker.children()
            first.kill()
            assert wait_for(lambda: len(set(worker.children()) - {first, second}) == 1)
            with desk.database.system() as session:
                tenant = session.scalar(select(Tenant.id))
                enqueue(session, "core.process_inbox", {"channel_id": 1}, tenant_id=tenant)
            assert wait_for(lambda: left() == 0)
            assert worker.stop() == 0
            assert not second.is_running()
            assert worker.log.count("Sapa works on now, bulk: 2 x 4 jobs at once") == 1
        assert server.stop() == 0
        assert server.log.count("Sapa is ready") == 1
    desk.database.dispose()


def test_F8_kill_9_of_the_worker_command_leaves_no_worker(production: dict[str, str]):
    home = Path(production["SAPA_HOME"])
    with working("--processes", "2", "--queue", "bulk", home=home, environment=production) as each:
        assert wait_for(lambda: "Sapa works on bulk" in each.log)
        children = each.children()
        each.process.kill()
        each.process.wait(PATIENCE)
        gone, alive = psutil.wait_procs(children, timeout=10)
        assert (len(gone), alive) == (2, [])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_single_worker_stops_when_told(production: dict[str, str], how: signal.Signals):
    with working(home=Path(production["SAPA_HOME"]), environment=production) as worker:
        assert wait_for(lambda: "Sapa works on" in worker.log)
        assert worker.children() == []
        assert worker.stop(how) == 0
        assert "Traceback" not in worker.log


def test_sqlite_has_no_workers_of_their_own(home: Path, sapa: Sapa, redis_server: str):
    done = sapa("worker", SAPA_REDIS_URL=redis_server)
    assert done.status == 2
    assert "SQLite has one server process" in done.err
    done = sapa("run", "--workers", "2", SAPA_REDIS_URL=redis_server)
    assert done.status == 2
    assert "SQLite has one writer" in done.err


def test_several_web_processes_want_redis(production: dict[str, str], sapa: Sapa):
    done = sapa("run", "--workers", "2", **{**production, "SAPA_REDIS_URL": ""})
    assert done.status == 2
    assert "set SAPA_REDIS_URL" in done.err


def _settings(production: dict[str, str]) -> Settings:
    return Settings(**{key.removeprefix("SAPA_").lower(): it for key, it in production.items()})
