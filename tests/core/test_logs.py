"""Logs: whose work each record was, nothing secret, and no record that forges another."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core import logs
from core.config import Settings
from core.jobs.claim import Dispatch
from core.jobs.engine import JobEngine
from core.jobs.outbox import enqueue
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.tenancy.context import use_tenant
from tests.web.installation import Shop, install, open_shop

log = logging.getLogger("test.logs")


class Written:
    """What this test's records looked like on stderr."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def getvalue(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield Written(capsys)
    root.handlers[:], root.level = before, level
    logs.begin()


def as_json(tmp_path: Path, **settings: Any) -> Settings:
    made = Settings(home=tmp_path, log_format="json", **settings)
    logs.set_up_logs(made)
    return made


def lines(written: Written) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_record_is_one_line_of_json_with_its_context(written: Written, tmp_path: Path) -> None:
    as_json(tmp_path)
    with use_tenant(7), logs.working_on(request="abc-123-def", plugin="merge"):
        log.warning("two\nlines %s", "here")
    log.info("after")
    first, second = lines(written)
    assert first["message"] == "two\nlines here"
    assert (first["tenant"], first["request"], first["plugin"]) == (7, "abc-123-def", "merge")
    assert (first["level"], first["logger"]) == ("warning", "test.logs")
    assert second.keys() == {"at", "level", "logger", "message"}


def test_secrets_are_masked_wherever_they_stand(written: Written, tmp_path: Path) -> None:
    as_json(tmp_path)
    try:
        raise RuntimeError("access_token=abcdef123456")
    except RuntimeError:
        log.exception("password=hunter2", extra={"fields": {"path": "/x?api_key=topsecret"}})
    text = written.getvalue()
    assert "RuntimeError" in text
    assert not any(secret in text for secret in ("abcdef123456", "hunter2", "topsecret"))


def test_a_text_line_cannot_forge_another(written: Written, tmp_path: Path) -> None:
    logs.set_up_logs(Settings(home=tmp_path, log_format="text"))
    with use_tenant(3):
        log.warning("bad\r2026-11-30 forged\x1b[2J\u2028x")
    text = written.getvalue()
    assert "WARNING test.logs tenant=3: bad\\r2026" in text
    assert "\x1b" not in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("redis", "format_", "is_json"),
    [("", "", False), ("redis://x", "", True), ("redis://x", "text", False), ("", "json", True)],
)
def test_json_is_for_production(
    written: Written, tmp_path: Path, redis: str, format_: str, is_json: bool
) -> None:
    database = "postgresql://x" if redis else ""
    logs.set_up_logs(
        Settings(home=tmp_path, redis_url=redis, database_url=database, log_format=format_)
    )
    log.warning("hello")
    assert written.getvalue().startswith("{") is is_json


def test_the_level_is_a_setting(written: Written, tmp_path: Path) -> None:
    as_json(tmp_path, log_level="warning")
    log.info("unheard")
    log.warning("heard")
    assert [line["message"] for line in lines(written)] == ["heard"]
    with pytest.raises(ValidationError):
        Settings(home=tmp_path, log_level="loud")


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("4bf92f3577b34da6", True),
        ("a.b-c_D123", True),
        ("short", False),
        ("x" * 65, False),
        ('inject" level="x', False),
        ("line\nbreak-here", False),
        ("", False),
        (None, False),
    ],
)
def test_a_request_id_is_kept_where_it_looks_like_one(given: str | None, is_kept: bool) -> None:
    assert (logs.request_id(given) == given) is is_kept
    assert len(logs.request_id(given)) >= 8


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(tmp_path_factory.mktemp("logs"))
    yield open_shop(app, "logged")
    app.extensions["sapa"].database.dispose()


def test_a_request_is_one_line_without_its_query(
    shop: Shop, written: Written, tmp_path: Path
) -> None:
    client = shop.client()
    as_json(tmp_path)
    answer = client.get(
        "/customerview/list/?token=verysecretvalue", headers={"X-Request-Id": "from-the-proxy-1"}
    )
    (line,) = [one for one in lines(written) if one["message"] == "request"]
    assert answer.headers["X-Request-Id"] == line["request"] == "from-the-proxy-1"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/customerview/list/", 200)
    assert (line["tenant"], line["endpoint"]) == (shop.tenant_id, "CustomerView.list")
    assert line["ms"] > 0
    assert "verysecretvalue" not in written.getvalue()
    assert logs.context() == {}


def test_a_refused_request_has_its_line_and_id(
    shop: Shop, written: Written, tmp_path: Path
) -> None:
    as_json(tmp_path)
    answer = shop.app.test_client().get("/no/such/thing", headers={"X-Request-Id": "a b"})
    (line,) = lines(written)
    assert answer.headers["X-Request-Id"] == line["request"] != "a b"
    assert (line["status"], line["endpoint"]) == (404, "none")


def test_what_asks_every_second_is_not_told(shop: Shop, written: Written, tmp_path: Path) -> None:
    as_json(tmp_path)
    assert shop.app.test_client().get("/healthz").status_code == 200
    assert written.getvalue() == ""


def test_a_jobs_records_name_it(shop: Shop, written: Written, tmp_path: Path) -> None:
    """From the handler of a plugin's job, over the broker's middleware."""
    as_json(tmp_path)
    database = shop.desk.database
    registry = JobRegistry()
    registry.register("pets", JobSpec("pets.feed", run=lambda s, p: log.warning("fed")))
    queue_of = database.queue_of
    engine = JobEngine(database, registry)
    with database.tenant(shop.tenant_id) as session:
        job = enqueue(session, "pets.feed", {})
    engine.run_pending()
    database.queue_of = queue_of
    (line,) = [one for one in lines(written) if one["message"] == "fed"]
    assert line["tenant"] == shop.tenant_id
    assert line["plugin"] == "pets"
    assert line["actor"] == "pets.feed"
    assert (line["job"], line["attempt"]) == (job.id, 1)
    assert logs.context() == {}


def test_a_batch_says_how_many() -> None:
    spec = JobSpec("pets.feed", run=lambda s, p: None, batch=True)
    dispatch = Dispatch(spec, 3, [(5, 1), (6, 2)])
    assert logs.of_jobs(dispatch.spec.name, dispatch.pairs) == {
        "actor": "pets.feed",
        "job": 5,
        "attempt": 1,
        "jobs": 2,
        "plugin": "pets",
    }
