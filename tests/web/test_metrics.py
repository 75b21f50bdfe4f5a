"""/metrics: what it counts, for whom, and over several processes; /readyz names what fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text, update

from core.config import Settings
from core.inbound import MessageState
from core.jobs.outbox import enqueue
from core.migrations.runner import migrate
from core.models import Conversation, Job, JobState, Process, RawInbox
from core.models.base import now
from core.pulse import ALIVE, Pulse
from core.services import send, states
from core.setup import prepare
from core.web import readiness
from core.web.app import create_app
from plugins import BUILTIN
from tests.web.installation import Shop, install, open_shop

TOKEN = "a-token-for-the-watchman"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(tmp_path_factory.mktemp("metrics"))
    yield open_shop(app, "metered")
    app.extensions["sapa"].database.dispose()


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question asks the parts anew."""
    monkeypatch.setattr(readiness, "REMEMBERED", -1.0)


def scraped(app: Flask, **kwargs: Any) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels."""
    answer = app.test_client().get("/metrics", **kwargs)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def value(app: Flask, name: str, **labels: str) -> float:
    return scraped(app).get((name, frozenset(labels.items())), 0.0)


def test_webhooks_jobs_and_requests_are_counted(shop: Shop) -> None:
    webhooks = {"kind": "simulator", "status": "200"}
    before = value(shop.app, "sapa_webhooks_total", **webhooks)
    forged = value(shop.app, "sapa_webhooks_total", kind="simulator", status="401")
    runs = value(shop.app, "sapa_job_runs_total", actor="core.process_inbox", outcome="done")
    shop.customer_writes("Halo")
    bad = shop.app.test_client().post(f"/webhooks/{shop.channel_uuid}", data=b"{}")
    page = shop.app.test_client().get("/login/")
    assert (bad.status_code, page.status_code) == (401, 200)
    after = scraped(shop.app)
    assert after["sapa_webhooks_total", frozenset(webhooks.items())] == before + 1
    refused = frozenset({("kind", "simulator"), ("status", "401")})
    assert after["sapa_webhooks_total", refused] == forged + 1
    done = frozenset({("actor", "core.process_inbox"), ("outcome", "done")})
    assert after["sapa_job_runs_total", done] == runs + 1
    asked = frozenset({("endpoint", "LoginView.login"), ("status", "2xx")})
    assert after["sapa_request_seconds_count", asked] >= 1


def test_a_send_is_counted_by_its_outcome_once_committed(shop: Shop) -> None:
    shop.customer_writes("Are you there?", number="+6281234567999")

    def unknown() -> float:
        labels = {"kind": "simulator", "outcome": "unknown", "error_class": "none"}
        return value(shop.app, "sapa_sends_total", **labels)

    before = unknown()
    with shop.desk.database.tenant(shop.tenant_id) as session:
        talk = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
        assert talk is not None
        with shop.desk.host.switches.pinned(session):
            message = send.send_message(session, talk, text="Yes")
        states.move(session, message, MessageState.SENDING, now())
        states.move(session, message, MessageState.UNKNOWN, now())
        assert unknown() == before
    assert unknown() == before + 1


def test_no_path_becomes_a_label(shop: Shop) -> None:
    client = shop.app.test_client()
    for number in range(5):
        client.get(f"/no/such/page/{number}")
    page = client.get("/metrics").get_data(as_text=True)
    assert "no/such" not in page
    assert 'endpoint="none"' in page


def test_the_queue_and_the_inbox_as_they_stand(settings: Settings) -> None:
    prepare(settings, BUILTIN)
    app = create_app(settings, BUILTIN)
    desk = app.extensions["sapa"]
    shop = open_shop(app, "queued")
    with desk.database.tenant(shop.tenant_id) as session:
        late = enqueue(session, "core.wake", {}, due_at=now() - timedelta(minutes=5))
        enqueue(session, "core.wake", {}, due_at=now() + timedelta(days=1))
        dead = enqueue(session, "core.fetch_media", {})
        session.flush()
        dead.state = JobState.DEAD
        assert late.queue == "now"
    with desk.database.system() as session:
        old = now() - timedelta(minutes=2)
        body = RawInbox(
            tenant_id=shop.tenant_id, channel_id=shop.channel_id, digest="x", body=b"{}"
        )
        body.received_at = old
        session.add(body)
    found = scraped(app)
    by_state = {
        (dict(labels)["queue"], dict(labels)["state"]): count
        for (name, labels), count in found.items()
        if name == "sapa_jobs" and count
    }
    assert by_state == {("now", "due"): 1, ("now", "scheduled"): 1, ("bulk", "dead"): 1}
    lag = found["sapa_jobs_oldest_seconds", frozenset({("queue", "now"), ("state", "due")})]
    assert 290 < lag < 900
    assert found["sapa_inbox_bodies", frozenset()] == 1
    assert found["sapa_inbox_oldest_seconds", frozenset()] > 110
    assert found["sapa_database_up", frozenset()] == 1
    busy = [labels for name, labels in found if name == "sapa_database_connections"]
    assert len(busy) == (2 if settings.is_sqlite else 4)
    desk.database.dispose()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip"])
def test_nobody_behind_a_proxy_reads_metrics(shop: Shop, header: str) -> None:
    answer = shop.app.test_client().get("/metrics", headers={header: "127.0.0.1"})
    assert answer.status_code == 403
    assert b"sapa_jobs" not in answer.data


def test_nobody_elsewhere_reads_metrics(shop: Shop) -> None:
    far = shop.app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.7"})
    assert far.status_code == 403
    assert "SAPA_METRICS_TOKEN" in far.get_data(as_text=True)
    assert shop.app.test_client().get("/metrics").status_code == 200


def test_a_public_installation_shows_metrics_to_its_token_only(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that adds no header looks like this machine: a public address closes the door."""
    client = shop.app.test_client()
    monkeypatch.setattr(shop.desk.settings, "base_url", "https://desk.example.com")
    assert client.get("/metrics").status_code == 403
    monkeypatch.setattr(shop.desk.settings, "metrics_token", TOKEN)
    codes = [
        client.get("/metrics", headers=headers).status_code
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": TOKEN},
            {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "10.1.2.3"},
        )
    ]
    assert codes == [401, 401, 401, 200]


COUNT = """
import sys
from pathlib import Path
from core.shared_metrics import share
share(Path(sys.argv[1]))
from core import metrics
metrics.count_job("core.send", "done", int(sys.argv[2]))
metrics._streams.labels("open").set(int(sys.argv[2]))
print("counted", flush=True)
sys.stdin.read()
"""
ADD_UP = """
import json, sys
from pathlib import Path
from core.shared_metrics import Counted, share
share(Path(sys.argv[1]))
names = ("sapa_job_runs_total", "sapa_live_streams")
print(json.dumps({s.name: s.value for m in Counted(Path(sys.argv[1])).collect()
                  for s in m.samples if s.name in names}))
"""


def counting(home: Path, times: int) -> subprocess.Popen[str]:
    """Another process of this machine that has counted, and lives until it is told."""
    process = subprocess.Popen(
        [sys.executable, "-c", COUNT, str(home), str(times)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "counted\n"
    return process


def added_up(home: Path) -> dict[str, float]:
    command = [sys.executable, "-c", ADD_UP, str(home)]
    found: dict[str, float] = json.loads(subprocess.check_output(command, text=True))
    return found


def test_the_processes_of_a_machine_add_up(tmp_path: Path) -> None:
    first, second = counting(tmp_path, 3), counting(tmp_path, 4)
    assert added_up(tmp_path) == {"sapa_job_runs_total": 7, "sapa_live_streams": 7}
    second.communicate()
    # what it did stays done; what it held open is gone
    assert added_up(tmp_path) == {"sapa_job_runs_total": 7, "sapa_live_streams": 3}
    first.communicate()
    assert added_up(tmp_path) == {}  # all have ended: the next begins at nought


def ready(app: Flask, path: str = "/readyz") -> tuple[int, dict[str, Any]]:
    answer = app.test_client().get(path)
    return answer.status_code, answer.get_json()


def test_ready_while_a_worker_lives(settings: Settings, redis_server: str) -> None:
    prepare(settings, BUILTIN)
    app = create_app(settings.model_copy(update={"redis_url": redis_server}), BUILTIN)
    desk = app.extensions["sapa"]
    status, body = ready(app)
    assert (status, body["status"]) == (503, "no worker is alive")
    assert ready(app, "/readyz/web")[0] == 200
    pulse = Pulse(desk, serves=False, works=True)
    pulse.start()
    assert ready(app) == (
        200,
        {
            "status": "ok",
            "parts": dict.fromkeys(("database", "migrations", "redis", "workers"), "ok"),
        },
    )
    with desk.database.system() as session:  # its machine lost its power a while ago
        session.execute(update(Process).values(seen_at=now() - ALIVE))
    assert ready(app)[0] == 503
    pulse._beat()
    assert ready(app)[0] == 200
    pulse.stop()
    assert ready(app)[1]["parts"]["workers"] == "no worker is alive"
    desk.database.dispose()


def test_not_ready_without_redis(sqlite_settings: Settings) -> None:
    prepare(sqlite_settings, BUILTIN)
    away = sqlite_settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    app = create_app(away, BUILTIN)
    status, body = ready(app)
    assert status == 503
    assert body["parts"]["redis"] == "Redis doesn't answer"
    assert ready(app, "/readyz/web")[0] == 200


def test_not_ready_before_the_migrations(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    migrate(settings)
    app = create_app(settings, BUILTIN)  # the plugins' tables are missing
    status, body = ready(app, "/readyz/web")
    assert (status, body["status"]) == (503, "migrations are pending")
    prepare(settings, BUILTIN)
    assert ready(app, "/readyz/web")[0] == 200
    with app.extensions["sapa"].database.system() as session:
        session.execute(text("update alembic_version_core set version_num = 'a newer one'"))
    assert ready(app, "/readyz/web")[0] == 200  # an older process serves on during a deploy


def test_not_ready_without_the_database(postgres_settings: Settings) -> None:
    prepare(postgres_settings, BUILTIN)
    app = create_app(postgres_settings, BUILTIN)
    assert ready(app, "/readyz/web")[0] == 200
    desk = app.extensions["sapa"]
    desk.database.dispose()
    for engine in (desk.database.engine, desk.database.system_engine):
        engine.pool._creator = lambda *_: desk.database.engine.dialect.connect(host="/nowhere")
    status, body = ready(app)
    assert (status, body["parts"]) == (503, {"database": "the database doesn't answer"})
    assert value(app, "sapa_database_up") == 0
    assert app.test_client().get("/healthz").status_code == 200


def test_metrics_know_no_tenant(shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        job = enqueue(session, "core.wake", {})
        session.flush()
        session.execute(update(Job).where(Job.id == job.id).values(state=JobState.DEAD))
    page = shop.app.test_client().get("/metrics").get_data(as_text=True)
    assert "sapa_jobs" in page
    assert shop.slug not in page
    assert shop.channel_uuid not in page
