"""The lane before Flask answers as Flask's own view does, and never on what has changed since."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.pool import NullPool
from werkzeug.test import EnvironBuilder

from core.boot import open_desk
from core.desk import Desk
from core.jobs.outbox import enqueue
from core.models import Channel, Job, RawInbox
from core.services import channels, plugins
from core.services.channel_stamps import stamp_of
from core.services.inbox_store import lane_of, raw_body, store_bodies
from core.testing.installation import CloudLine, Installation
from core.testing.providers.whatsapp_cloud_bodies import text as said
from core.testing.waiting import wait_until
from core.web.at_once import AtOnce
from core.web.fast_lane.middleware import FastLane
from plugins import BUILTIN
from tests.flow.counting import rows

SENDER = "6281234567890"
SOON = 30.0


class Stream(io.BytesIO):
    """A body on its way in. It counts what was taken of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(min(size, 7) if size is not None and size > 0 else size)
        self.taken += len(piece)
        return piece


def lane_of_app(app: Flask) -> FastLane:
    bound: Any = app.wsgi_app
    assert isinstance(bound, AtOnce)
    assert isinstance(bound.inner, FastLane)
    return bound.inner


def call(app: Callable[..., Any], environ: dict[str, Any]) -> tuple[int, str, Any]:
    """Status, type and content of an answer, as the server would send it."""
    seen: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], info: Any = None) -> Any:
        seen[:] = [status, {name.lower(): value for name, value in headers}]

    answer = app(environ, start_response)
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    status, headers = seen
    if environ["REQUEST_METHOD"] != "HEAD":
        assert int(headers.get("content-length", len(body))) == len(body)
    is_json = headers.get("content-type", "").startswith("application/json")
    kind = headers.get("content-type", "")
    return int(status.split()[0]), kind, json.loads(body) if is_json and body else body


def environ_of(
    line: CloudLine, body: bytes, *, path: str = "", method: str = "POST", **other: Any
) -> dict[str, Any]:
    """What a server hands over. A value None takes a variable away."""
    signed = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in line.meta.sign(body).items()}
    path, _, query = (path or line.path).partition("?")
    environ = EnvironBuilder(path=path, method=method, query_string=query).get_environ()
    environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": Stream(body), **signed, **other}
    return {name: value for name, value in environ.items() if value is not None}


def delivery(line: CloudLine, name: str = "a") -> bytes:
    return json.dumps(line.messages(said(SENDER, name, id=f"wamid.{name}"))).encode()


def test_the_lane_and_flask_answer_alike(house: Installation, line: CloudLine) -> None:
    assert house.app is not None
    good, most = delivery(line), house.desk.settings.max_body_bytes
    big, unknown = b" " * (most + 1), "/webhooks/0190f5a2-0000-7000-8000-000000000001"
    chunked = {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}
    signature = "HTTP_X_HUB_SIGNATURE_256"
    with house.cloud() as closed:
        with house.tenant() as session:
            channels.archive(session, closed.channel(session))
    cases: dict[str, tuple[int, dict[str, Any], bytes]] = {
        "good": (200, {}, good),
        "with a query": (200, {"path": f"{line.path}?a=1&a=2&b=%C3%A9"}, good),
        "its uuid in capitals": (200, {"path": f"/webhooks/{str(line.uuid).upper()}"}, good),
        "chunked": (200, chunked, good),
        "forged": (401, {signature: "sha256=" + "0" * 64}, good),
        "a signature that is no ASCII": (401, {signature: "\u00e9"}, good),
        "unsigned": (401, {signature: None}, good),
        "no JSON": (400, {}, b"{"),
        "no body of Meta's": (400, {}, b"[]"),
        "deep": (400, {}, b"[" * 100_000),
        "empty": (400, {}, b""),
        "no length": (401, {"CONTENT_LENGTH": None}, good),
        "no number": (400, {"CONTENT_LENGTH": "ten"}, good),
        "two lengths": (400, {"CONTENT_LENGTH": "5, 5"}, good),
        "below nothing": (400, {"CONTENT_LENGTH": "-1"}, good),
        "a sign": (400, {"CONTENT_LENGTH": f"+{len(good)}"}, good),
        "digits of another script": (400, {"CONTENT_LENGTH": "٣"}, good),
        "digits without end": (413, {"CONTENT_LENGTH": "9" * 5000}, good),
        "cut off": (400, {"CONTENT_LENGTH": str(len(good) + 1)}, good),
        "longer than it says": (401, {"CONTENT_LENGTH": str(len(good) - 1)}, good),
        "too large": (413, {}, big),
        "too large in chunks": (413, {**chunked, "wsgi.input": io.BytesIO(big)}, big),
        "unknown": (404, {"path": unknown}, good),
        "unknown and too large": (404, {"path": unknown}, big),
        "archived": (404, {"path": closed.path}, good),
        "no uuid": (404, {"path": "/webhooks/not-a-uuid"}, good),
        "a slash more": (404, {"path": f"{line.path}/"}, good),
        "a line end more": (404, {"path": f"{line.path}%0A"}, good),
        "put": (405, {"method": "PUT"}, good),
        "a handshake": (403, {"method": "GET"}, b""),
        "head": (403, {"method": "HEAD"}, b""),
    }
    lane = lane_of_app(house.app)
    for name, (expected, changes, body) in cases.items():
        before = sum(rows(house).values())
        answers = []
        for way in (lane, lane.inner):
            environ = environ_of(line, body, **changes)
            if isinstance(environ["wsgi.input"], io.BytesIO):
                environ["wsgi.input"].seek(0)
            answers.append(call(way, environ))
            if expected in (404, 405) or name in ("too large", "digits without end"):
                assert environ["wsgi.input"].tell() == 0, f"{name}: read in vain"
        assert answers[0] == answers[1], name
        assert answers[0][0] == expected, (name, answers[0])
        stored = sum(rows(house).values()) - before
        assert stored == (4 if expected == 200 else 0), name  # a body and its job, each way


@contextmanager
def another_process(house: Installation) -> Iterator[Desk]:
    """A desk of its own on the same database, as another web process has it."""
    desk = open_desk(house.desk.settings, BUILTIN)
    try:
        yield desk
    finally:
        desk.outbound.close()
        desk.database.dispose()


def test_what_another_process_changed_counts_at_the_next_delivery(
    house: Installation, line: CloudLine
) -> None:
    body = delivery(line)
    old = dict(line.meta.sign(body))
    assert line.post(body).status_code == 200
    with another_process(house) as other:

        def change(work: Callable[[Any, Channel], object]) -> None:
            with other.database.tenant(house.tenant_id) as session:
                work(session, line.channel(session))

        change(lambda session, channel: plugins.disable(session, "whatsapp_cloud"))
        before = rows(house)
        assert line.post(body).status_code == 404
        assert rows(house) == before
        change(lambda session, channel: plugins.enable(session, "whatsapp_cloud"))
        assert line.post(body).status_code == 200

        before = rows(house)
        change(
            lambda session, channel: channels.configure(
                session, channel, {"app_secret": "another secret of the app"}
            )
        )
        assert line.post(body).status_code == 401  # right by the secret that this process knew
        assert rows(house) == before
        line.meta.app_secret = "another secret of the app"
        assert line.post(body).status_code == 200
        assert line.post(body, **old).status_code == 401

        change(channels.archive)
        before = rows(house)
        assert line.post(body).status_code == 404
        assert rows(house) == before


def test_a_plan_that_lost_the_plugin_closes_the_door(house: Installation, line: CloudLine) -> None:
    assert line.post(delivery(line)).status_code == 200
    with house.desk.database.system() as session:
        session.execute(text("update plan set plugins = '[]'"))
    assert line.post(delivery(line)).status_code == 404


def test_only_bodies_whose_channel_is_unchanged_are_stored_in_order_with_one_job_each(
    house: Installation, line: CloudLine
) -> None:
    database = house.desk.database
    with house.cloud() as second, house.cloud() as changed:
        lines = (line, second, changed)
        with database.system(write=False) as session:
            stamps = [stamp_of(session.connection(), each.uuid) or "" for each in lines]
        with database.system() as session:
            session.execute(
                update(Channel).where(Channel.id == changed.channel_id).values(region="FR")
            )
        sent = [
            raw_body(each.channel_id, stamp, f"{n}".encode())
            for n, (each, stamp) in enumerate(list(zip(lines, stamps, strict=True)) * 3)
        ]
        sent.append(raw_body(4711, "none", b"of no channel"))
        with database.system() as session:
            stored = store_bodies(session.connection(), sent)
        assert stored == [True, True, False] * 3 + [False]
        with database.system() as session:
            assert store_bodies(session.connection(), sent[-1:]) == [False]
            found = session.scalars(select(RawInbox).order_by(RawInbox.id)).all()
            assert [raw.body for raw in found] == [b"0", b"1", b"3", b"4", b"6", b"7"]
            assert [raw.digest for raw in found] == [s.digest for s in sent if s.body in b"013467"]
            assert {raw.tenant_id for raw in found} == {house.tenant_id}
            jobs = session.scalars(select(Job)).all()
            assert sorted(job.payload["channel_id"] for job in jobs) == [
                line.channel_id,
                second.channel_id,
            ]


def test_the_lanes_job_is_the_one_that_enqueue_writes(house: Installation, line: CloudLine) -> None:
    assert line.post(delivery(line)).status_code == 200
    with house.desk.database.system() as session:
        enqueue(
            session,
            "core.process_inbox",
            {"channel_id": line.channel_id},
            tenant_id=house.tenant_id,
            lane=lane_of(line.channel_id),
        )
        session.flush()
        ours, theirs = session.scalars(select(Job).order_by(Job.id)).all()
        session.refresh(theirs)
        own = {"id", "due_at", "created_at"}
        for column in set(Job.__table__.columns.keys()) - own:
            assert getattr(ours, column) == getattr(theirs, column), column
        for column in own - {"id"}:
            assert abs((getattr(theirs, column) - getattr(ours, column)).total_seconds()) < 60
        raw = session.scalars(select(RawInbox)).one()
        assert abs((theirs.created_at - raw.received_at).total_seconds()) < 60


@contextmanager
def refusing(house: Installation, digest: str) -> Iterator[None]:
    """The database itself refuses a body of this digest."""
    settings = house.desk.settings
    engine = create_engine(settings.owner_url, poolclass=NullPool)
    refuse = (
        "create trigger refuse before insert on raw_inbox when new.digest = '{}'"
        " begin select raise(abort, 'refused'); end"
        if settings.is_sqlite
        else "alter table raw_inbox add constraint refuse check (digest <> '{}')"
    )
    with engine.begin() as connection:
        connection.execute(text(refuse.format(digest)))
    yield


@contextmanager
def held_up(house: Installation) -> Iterator[None]:
    """Nobody can write to the raw inbox."""
    with house.desk.database.system() as session:
        if house.desk.database.is_sqlite:
            session.connection()  # holds the write lock
        else:
            session.execute(text("lock table raw_inbox in exclusive mode"))
        yield


def post_together(house: Installation, line: CloudLine, bodies: list[bytes]) -> list[int]:
    """Deliver bodies so that they wait for the same commit; the statuses in their order."""
    assert house.app is not None
    writer = lane_of_app(house.app)._door._inbox
    statuses = [0] * len(bodies)

    def post(place: int) -> None:
        statuses[place] = line.post(bodies[place]).status_code

    threads = [threading.Thread(target=post, args=(n,)) for n in range(len(bodies))]
    with held_up(house):
        for number, thread in enumerate(threads):
            thread.start()
            # the first is in its commit; the others wait behind it
            assert wait_until(
                lambda n=number: writer._since is not None and len(writer._waiting) == n
            )
    for thread in threads:
        thread.join(SOON)
    return statuses


def test_a_body_that_cant_be_stored_is_503_alone(house: Installation, line: CloudLine) -> None:
    bodies = [delivery(line, name) for name in "abcd"]
    with refusing(house, raw_body(0, "", bodies[2]).digest):
        assert post_together(house, line, bodies) == [200, 200, 503, 200]
    with house.tenant() as session:
        kept = session.scalars(select(RawInbox.body).order_by(RawInbox.id)).all()
    assert kept == [bodies[0], bodies[1], bodies[3]]


def test_those_that_wait_together_share_one_job(house: Installation, line: CloudLine) -> None:
    bodies = [delivery(line, f"n{n}") for n in range(6)]
    assert post_together(house, line, bodies) == [200] * 6
    with house.tenant() as session:
        assert session.scalars(select(RawInbox.body).order_by(RawInbox.id)).all() == bodies
        assert len(session.scalars(select(Job)).all()) == 2  # the first body's and the group's


def test_without_a_commit_for_five_seconds_the_provider_is_to_come_again(
    house: Installation, line: CloudLine
) -> None:
    assert line.post(delivery(line)).status_code == 200
    with held_up(house):
        begun = time.monotonic()
        answer = line.post(delivery(line, "b"))
        assert answer.status_code == 503
        assert 4 < time.monotonic() - begun < 15
        assert answer.get_json()["message"]
        begun = time.monotonic()
        assert line.post(delivery(line, "c")).status_code == 503
        assert time.monotonic() - begun < 4  # no thread is spent on a commit that stands still
    assert wait_until(lambda: line.post(delivery(line, "d")).status_code == 200)


def test_an_adapter_that_breaks_is_503_and_nothing_is_stored(
    house: Installation, line: CloudLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line.post(delivery(line)).status_code == 200

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    before = rows(house)
    for method in ("verify", "check"):
        with monkeypatch.context() as patch:
            patch.setattr(house.desk.host.adapters["whatsapp_cloud"], method, broken)
            assert line.post(delivery(line)).status_code == 503
    assert rows(house) == before


def test_a_sealed_secret_that_doesnt_open_is_503(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        line.channel(session).sealed = "v1.00000000.AAAA"
    before = rows(house)
    assert line.post(delivery(line)).status_code == 503
    assert house.client().get(line.path).status_code == 503
    assert rows(house) == before
