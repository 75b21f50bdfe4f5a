"""PostgreSQL and Redis fail under a running installation: nothing is lost, and it says so.

Two web processes, four worker processes, a producer. Each test goes on where the one before ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import redis as redis_client
from sqlalchemy import func, select, update

from core.models import Label, Schedule
from core.models.base import now
from core.setup import prepare
from core.testing.databases import PostgresServer, run_postgres
from core.testing.installation import CloudLine, installation
from core.testing.providers.journal import read_journal
from core.testing.providers.whatsapp_cloud_bodies import CloudBodies
from core.testing.waiting import wait_until
from plugins import BUILTIN
from tests.flow.poster import Poster
from tests.flow.processes import Nursery, provider
from tests.flow.tally import Tally
from tests.flow.town import Town, production
from tests.flow.visitor import Visitor, Watch

MESSAGES = 160
WORKERS = 4
TICKS = 15


@dataclass
class Scene:
    """An installation that works, and what was said to it so far."""

    place: Town
    line: CloudLine
    postgres: PostgresServer
    visitor: Visitor
    folder: Path
    texts: list[str] = field(default_factory=list)

    @contextmanager
    def flood(self) -> Iterator[Poster]:
        """Messages come in, half of them before what happens inside, the others meanwhile."""
        tally = Tally(self.place.house, self.texts)
        begin = len(self.texts)
        poster = Poster(self.place.web.url, self.line, begin + MESSAGES, begin=begin)
        self.texts += poster.texts
        try:
            poster.allow(begin + MESSAGES // 2)
            assert wait_until(lambda: poster.acknowledged > MESSAGES // 4, 60)
            tally.saw_kill()
            poster.allow(begin + MESSAGES)
            yield poster
            tally.saw_kill()
            assert wait_until(lambda: self.place.keep() and poster.is_done, 120)
            assert wait_until(lambda: self.place.keep() and tally.is_over(), 240), tally.left()
        finally:
            poster.stop()
        tally.check(read_journal(self.folder / "journal.jsonl"))
        assert poster.statuses <= {200, 503}


@pytest.fixture(scope="module")
def scene(born: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("faults")
    with run_postgres(durable=True) as server:
        settings = server.settings(server.create(), folder)
        prepare(settings, BUILTIN)
        with (
            provider(folder / "journal.jsonl") as graph_url,
            installation(settings, BUILTIN) as house,
            house.cloud(graph_url=graph_url, numbers=CloudBodies()) as line,
            production(house, born, folder, WORKERS) as place,
        ):
            assert wait_until(lambda: place.keep() and place.web.is_up, 60), place.web.told()
            visitor = Visitor(house, place.web.url)
            yield Scene(place, line, server, visitor, folder)
            visitor.close()


@pytest.mark.prove
def test_postgresql_crashes_and_comes_back(scene: Scene) -> None:
    """Meanwhile 503, pages and webhooks alike, and a sentence; afterwards all goes on by itself."""
    web, workers = scene.place.web.children(), scene.place.others[1].children()
    with scene.flood(), Watch(scene.visitor) as watch:
        scene.postgres.crash()
        try:
            assert wait_until(lambda: watch.statuses["/api/v1/customer/", 503] > 3)
            assert wait_until(lambda: watch.statuses["/inbox/", 503] > 3)
            assert scene.visitor.get("/readyz/web").status_code == 503
            assert scene.visitor.get("/healthz").status_code == 200
        finally:
            scene.postgres.start()
        assert wait_until(lambda: scene.visitor.get("/readyz/web").status_code == 200)
    assert watch.seen <= {200, 302, 503}, watch.statuses
    assert all("Try again in a moment" in body for body in watch.bodies), watch.bodies
    assert scene.place.web.children() == web
    assert scene.place.others[1].children() == workers


@pytest.mark.prove
def test_redis_is_away_and_comes_back_empty(scene: Scene) -> None:
    """Nothing that a person does needs it: pages and webhooks answer as ever, sends wait."""
    redis = scene.place.redis
    assert redis is not None
    with scene.flood() as poster, Watch(scene.visitor) as watch:
        redis.kill()
        try:
            assert wait_until(lambda: poster.is_done, 60)
            assert wait_until(lambda: watch.statuses["/inbox/", 200] > 3)
            assert "Redis" in scene.visitor.get("/readyz").text
            assert scene.visitor.get("/readyz/web").status_code == 200
            assert scene.visitor.create("Dewi").status_code == 201
        finally:
            redis.start()
    assert watch.seen <= {200, 302}, watch.statuses
    assert poster.statuses == {200}


@pytest.mark.prove
def test_redis_is_flushed(scene: Scene) -> None:
    redis = scene.place.redis
    assert redis is not None
    with scene.flood() as poster:
        client = redis_client.Redis.from_url(redis.url)
        while not poster.is_done:
            client.flushall()
        client.close()
    assert poster.statuses == {200}


@pytest.mark.prove
def test_four_whole_workers_tick_every_due_time_once(scene: Scene) -> None:
    database = scene.place.house.desk.database
    assert len(scene.place.others[1].children()) == WORKERS

    def ticked() -> int:
        with database.system(write=False) as session:
            asked = select(func.count(Label.id)).where(Label.name.startswith("tick "))
            return session.scalar(asked) or 0

    for number in range(TICKS):
        with database.system() as session:
            due = now() - timedelta(seconds=number)
            session.execute(
                update(Schedule).where(Schedule.name == "answering.tick").values(next_at=due)
            )
        assert wait_until(lambda wanted=number + 1: ticked() >= wanted)
    with scene.flood():
        assert ticked() == TICKS
    assert ticked() == TICKS
