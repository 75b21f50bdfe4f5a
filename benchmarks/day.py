"""A day of 20,000 conversations on this machine: how far below capacity it stays.

20,000 conversations a day is what a well-known open desk publishes for eight cores. Here the whole
of production runs on this machine: two web processes, two worker processes, PostgreSQL (every
commit on the disk) and Redis, and the customers, agents and Meta that make the day on the same
cores. A conversation is three messages of a customer, seven pages that an agent looks at, two
answers that go out with three receipts each, and its end.

The day's hours follow a shop's (mornings, a peak after dinner). Of each hour a part is played, as
fast as the machine takes it; its CPU seconds and its time say what the whole hour would have cost.
Capacity: conversations a second while it is played. The figure is the share of capacity that each
hour needs, its peak against a goal of at most 1.

    python -m benchmarks.day [--conversations 20000] [--share 0.05] [--chart benchmarks/day.svg]
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import select, text

from benchmarks._chart import bars
from benchmarks._databases import on_postgres
from benchmarks._people import browser
from benchmarks.figures import Figure, show
from core.config import Settings
from core.models import Conversation, Identity, Tenant
from core.services.tenants import RoleName, add_member, create_user
from core.setup import prepare
from core.testing.databases import RedisServer
from core.testing.installation import CloudLine, Installation, installation
from core.testing.providers.whatsapp_cloud_bodies import Json, status
from core.testing.providers.whatsapp_cloud_bodies import text as said
from core.testing.waiting import wait_until
from plugins import BUILTIN
from tests.flow.processes import ROOT, Part, Served, environment_of, free_port, nursery

HOURS = (2, 1, 1, 1, 2, 5, 12, 24, 42, 60, 66, 62, 55, 58, 60, 58, 52, 50, 58, 74, 80, 62, 34, 12)
AGENTS = 8
PASSWORD = "only-a-benchmark-7"  # noqa: S105
ASKED = ("Halo kak, apakah masih ada?", "Berapa ongkir ke Bandung?", "Oke, saya pesan dua.")
ANSWERED = ("Masih ada kak, silakan.", "Baik, pesanannya kami siapkan.")
RECEIPTS = ("sent", "delivered", "read")


@dataclass(frozen=True)
class Hour:
    """What one hour of the day brings, and what a played part of it came to."""

    conversations: float
    played: int
    seconds: float
    cpu: float

    @property
    def capacity(self) -> float:
        """Conversations a second while it was played."""
        return self.played / self.seconds

    @property
    def needed(self) -> float:
        """The share of capacity that the hour needs."""
        return self.conversations / 3600 / self.capacity

    @property
    def cores(self) -> float:
        """The share of this machine's cores that Sapa, PostgreSQL and Redis are busy."""
        return self.conversations * self.cpu / self.played / 3600 / (psutil.cpu_count() or 1)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--conversations", type=int, default=20_000)
    asked.add_argument("--share", type=float, default=0.05, help="the part of each hour to play")
    asked.add_argument("--chart", type=Path, default=None)
    options = asked.parse_args()
    logging.disable(logging.WARNING)
    daily = [options.conversations * weight / sum(HOURS) for weight in HOURS]
    with running() as town:
        town.play(AGENTS * 2)  # caches, pools and plans
        hours = [town.hour(each, max(AGENTS, round(each * options.share))) for each in daily]
    tell(hours, options.conversations)
    if options.chart:
        bars(
            options.chart,
            title=f"A day of {options.conversations:,} conversations on {psutil.cpu_count()} cores",
            names=[f"{number:02}" for number in range(24)],
            values=[each.needed * 100 for each in hours],
            unit="share of capacity needed, %",
            limit=100,
        )


def tell(hours: Sequence[Hour], conversations: int) -> None:
    peak = max(hours, key=lambda each: each.conversations)
    spent = sum(each.cpu for each in hours) / sum(each.played for each in hours)
    show(
        Figure(
            area="day",
            name=f"the peak hour of {conversations:,} conversations a day",
            ratios=tuple(peak.conversations / 3600 / each.capacity for each in hours),
            peer="what the same processes do at full speed",
            goal=1.0,
            at_most=True,
            detail=(
                f"{peak.conversations:,.0f} conversations in that hour, "
                f"{sum(each.played for each in hours):,} played in all, "
                f"{spent * 1e3:.0f} ms of CPU each, "
                f"{max(each.cores for each in hours):.0%} of the cores at the peak"
            ),
        )
    )


@dataclass
class Town:
    """The processes, and the people who keep them busy."""

    house: Installation
    line: CloudLine
    url: str
    family: Sequence[psutil.Process]
    agents: Sequence[httpx.Client]

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._free = list(self.agents)
        self._lock = threading.Lock()
        self._meta = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def hour(self, conversations: float, played: int) -> Hour:
        before, began = self._cpu(), time.perf_counter()
        self.play(played)
        return Hour(conversations, played, time.perf_counter() - began, self._cpu() - before)

    def play(self, conversations: int) -> None:
        with ThreadPoolExecutor(AGENTS) as pool:
            for done in [pool.submit(self._converse) for _ in range(conversations)]:
                done.result()

    def _converse(self) -> None:
        with self._lock:
            agent, number = self._free.pop(), next(self._numbers)
        person = f"62813{number:08}"
        for turn, words in enumerate(ASKED):
            self._post(self.line.messages(said(person, words, id=f"wamid.day.{number}.{turn}")))
        opened = self._conversation(f"+{person}")
        for page in ("/inbox/", "/inbox/rows", f"/inbox/{opened}/thread", "/inbox/counts"):
            seen(agent.get(page))
        for words in ANSWERED:
            answer = agent.post(f"/inbox/{opened}/reply", data={"text": words})
            seen(answer)
            seen(agent.get("/inbox/rows"))
        seen(agent.post(f"/inbox/{opened}/close"))
        sent: list[Any] = []

        def is_sent() -> bool:
            sent[:] = [each for each in list(self.line.meta.sent) if each.to == person]
            return len(sent) == len(ANSWERED)

        assert wait_until(is_sent, 60)  # noqa: S101
        for each in sent:
            for state in RECEIPTS:
                self._post(self.line.statuses(status(each.wamid, state, person)))
        seen(agent.get("/inbox/rows"))
        with self._lock:
            self._free.append(agent)

    def _post(self, body: Json) -> None:
        raw = json.dumps(body).encode()
        answer = self._meta.post(self.line.path, content=raw, headers=self.line.meta.sign(raw))
        assert answer.status_code == 200  # noqa: S101

    def _conversation(self, address: str) -> int:
        """Its id, once the three messages have been read."""
        found: list[int] = []

        def is_there() -> bool:
            with self.house.tenant(write=False) as session:
                statement = select(Conversation.id).where(
                    Conversation.identity_id == Identity.id, Identity.address == address
                )
                found[:] = session.scalars(statement)
            return bool(found)

        assert wait_until(is_there, 60)  # noqa: S101
        return found[0]

    def _cpu(self) -> float:
        """CPU seconds of every process of ours so far."""
        return sum(_cpu_of(each) for each in self.family)


def seen(answer: httpx.Response) -> None:
    """It must have been the page itself: else it was not the same work."""
    assert answer.is_success, (answer.url, answer.status_code, answer.text[:300])  # noqa: S101


def _cpu_of(process: psutil.Process) -> float:
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            spent = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system
    return total


@contextmanager
def running() -> Iterator[Town]:
    """Production on this machine, and agents who have signed in."""
    with (
        tempfile.TemporaryDirectory(prefix="sapa-bench-") as name,
        on_postgres() as settings,
        nursery() as born,
        installed(settings) as house,
        house.cloud() as line,
    ):
        folder = Path(name)
        redis = RedisServer(folder)
        redis.start()
        own = house.desk.settings.model_copy(update={"redis_url": redis.url})
        port = free_port()
        environment = environment_of(own) | {"SAPA_PORT": str(port)}
        web = Served(
            born, [list(BUILTIN), ["run", "--workers", "2"]], environment, folder / "web.log",
            folder=ROOT, port=port,
        )  # fmt: skip
        worker = Part(
            born, [list(BUILTIN), ["worker", "--processes", "2"]], environment,
            folder / "worker.log", folder=ROOT,
        )  # fmt: skip
        try:
            web.start()
            worker.start()
            web.wait()
            agents = [agent(house, web.url, number) for number in range(AGENTS)]
            family = [psutil.Process(web.pid), psutil.Process(worker.pid)]
            family += [_postmaster(house), *_redis()]
            yield Town(house, line, web.url, family, agents)
        finally:
            for part in (web, worker):
                part.kill()
            redis.kill()


@contextmanager
def installed(settings: Settings) -> Iterator[Installation]:
    """As `sapa migrate` leaves it, permissions included."""
    prepare(settings, BUILTIN)
    with installation(settings, BUILTIN) as house:
        yield house


def agent(house: Installation, url: str, number: int) -> httpx.Client:
    """An admin who has signed in: one who sees every conversation."""
    address = f"agent{number}@example.com"
    with house.desk.database.system() as session:
        user = create_user(session, address, password=PASSWORD)
        add_member(session, session.get_one(Tenant, house.tenant_id), user, [RoleName.ADMIN])
    return browser(url, address, PASSWORD)


def _postmaster(house: Installation) -> psutil.Process:
    with house.desk.database.system(write=False) as session:
        backend = session.scalar(text("select pg_backend_pid()"))
    parent = psutil.Process(backend).parent()
    assert parent is not None  # noqa: S101
    return parent


def _redis() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "redis" in each.name()]


if __name__ == "__main__":
    main()
