"""The inbox's list over a million conversations and ten million messages, on either database.

For each filter, on its first page and deep in the list, three things are timed in turn: the bare
SQL that an index was made for, sent by the driver (on PostgreSQL as the superuser); the statement
that Sapa sends, by the same driver, as the role that row-level security binds; and
`inbox_list.list_page`, which makes objects of the rows.

    python -m benchmarks.inbox [--database postgres] [--conversations 1000000] [--messages 10]
                               [--folder DIR] [--only-build]

With `--folder` the rows are written once and measured as often as one likes.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from benchmarks._inbox_rows import (
    AGENTS,
    CHANNELS,
    DIVISIONS,
    FIRST,
    LABELS,
    SPAN,
    Filling,
    fill,
    word,
)
from benchmarks.figures import Figure, percentile, show
from core.boot import open_desk
from core.config import Settings
from core.models.base import now
from core.services import inbox_search
from core.services.inbox_list import Key, Shelf, Sort, Wanted, Whose, list_page, unread
from core.services.plans import ensure_plans
from core.services.tenants import create_tenant, find_tenant
from core.setup import prepare
from core.testing.databases import run_postgres
from core.testing.installation import Installation
from plugins import BUILTIN

ROUNDS = 5
LOOKS = 60  # list pages of each kind a round
COLUMNS = "id, contact_id, preview, unread, last_at"


@dataclass(frozen=True)
class Look:
    """A filter, and the bare condition of the same rows, in the order of an index."""

    name: str
    wanted: Wanted
    bare: str
    order: str = "last_at DESC, id DESC"


OPEN = "state <> 'closed' AND (state = 'open' OR snoozed_until IS NULL)"


def looks(agent: int, luck: random.Random) -> list[Look]:
    """What one agent looks at."""
    channel = FIRST + 1 + luck.randrange(CHANNELS)
    division = FIRST + 1 + luck.randrange(DIVISIONS)
    mine = f"{OPEN} AND assignee_id = {agent}"
    labelled = "contact_id IN (SELECT contact_id FROM contact_label WHERE label_id = {})"
    waiting = "state <> 'closed' AND waiting_since IS NOT NULL"
    longest = "waiting_since, id DESC"
    base = Wanted(Whose.ALL, member_id=agent)
    return [
        Look("all", base, OPEN),
        Look("mine", replace(base, whose=Whose.MINE), mine),
        Look(
            "unassigned", replace(base, whose=Whose.UNASSIGNED), f"{OPEN} AND assignee_id IS NULL"
        ),
        Look("channel", replace(base, channel_id=channel), f"{OPEN} AND channel_id = {channel}"),
        Look(
            "division", replace(base, division_id=division), f"{OPEN} AND division_id = {division}"
        ),
        Look(
            "often worn label",
            replace(base, label_id=FIRST + 2),
            f"{OPEN} AND {labelled.format(FIRST + 2)}",
        ),
        Look(
            "rarely worn label",
            replace(base, label_id=FIRST + LABELS),
            f"{OPEN} AND {labelled.format(FIRST + LABELS)}",
        ),
        Look("waiting", replace(base, sort=Sort.WAITING), f"{OPEN} AND {waiting}", longest),
        Look(
            "mine waiting",
            replace(base, whose=Whose.MINE, sort=Sort.WAITING),
            f"{mine} AND {waiting}",
            longest,
        ),
        Look(
            "snoozed",
            replace(base, shelf=Shelf.SNOOZED),
            "state = 'pending' AND snoozed_until IS NOT NULL",
        ),
        Look(
            "mine snoozed",
            replace(base, whose=Whose.MINE, shelf=Shelf.SNOOZED),
            f"state = 'pending' AND snoozed_until IS NOT NULL AND assignee_id = {agent}",
        ),
        Look("closed", replace(base, shelf=Shelf.CLOSED), "state = 'closed'"),
        Look(
            "mine closed",
            replace(base, whose=Whose.MINE, shelf=Shelf.CLOSED),
            f"state = 'closed' AND assignee_id = {agent}",
        ),
    ]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


class Bench:
    """An installation that is filled, and the drivers' own connections to it."""

    def __init__(self, house: Installation, owner: Engine) -> None:
        self.house, self.is_sqlite = house, house.desk.database.is_sqlite
        self.bare: Any = owner.raw_connection()
        self.bound: Any = house.desk.database.engine.raw_connection()
        self.bare_cursor, self.bound_cursor = self.bare.cursor(), self.bound.cursor()
        if not self.is_sqlite:
            self.bound_cursor.execute(
                "SELECT set_config('app.tenant_id', %s, false)", (str(house.tenant_id),)
            )
        self.seen: list[tuple[str, Any]] = []
        event.listen(house.desk.database.engine, "before_cursor_execute", self._keep)

    def _keep(self, connection: object, cursor: object, sql: str, values: Any, *_: object) -> None:
        if "FROM conversation" in sql:
            self.seen.append((sql, values))

    def statement(self, wanted: Wanted, after: Key | None) -> tuple[str, Any]:
        """The list's own SQL and its parameters, as the driver gets them."""
        self.seen.clear()
        self.page(wanted, after)
        return self.seen[-1]

    def page(self, wanted: Wanted, after: Key | None) -> int:
        with self.house.tenant(write=False) as session:
            return len(list_page(session, wanted, after).rows)

    def run_bound(self, sql: str, values: Any) -> list[Any]:
        self.bound_cursor.execute(sql, values)
        found: list[Any] = self.bound_cursor.fetchall()
        return found

    def run_bare(self, look: Look, after: Key | None) -> list[Any]:
        column = look.order.split()[0].rstrip(",")
        behind = ""
        if after is not None:
            at = after.at.replace(tzinfo=None).isoformat(" ", "microseconds")
            at = at if self.is_sqlite else f"{at}+00"
            beyond = ">" if column == "waiting_since" else "<"
            behind = (
                f" AND {column} {beyond}= '{at}' AND ({column} {beyond} '{at}' OR id < {after.id})"
            )
        self.bare_cursor.execute(
            f"SELECT {COLUMNS} FROM conversation WHERE tenant_id = {self.house.tenant_id} "  # noqa: S608
            f"AND {look.bare}{behind} ORDER BY {look.order} LIMIT 41"
        )
        found: list[Any] = self.bare_cursor.fetchall()
        return found

    def close(self) -> None:
        self.bare.close()
        self.bound.close()


@dataclass
class Times:
    """Milliseconds of one filter: the bare statement, ours, and the whole page."""

    bare: list[float]
    sent: list[float]
    page: list[float]
    rows: int = 0

    def __str__(self) -> str:
        shown = ", ".join(
            f"{name} {percentile(values, 0.5):.2f}/{percentile(values, 0.95):.2f}"
            for name, values in (("bare", self.bare), ("sent", self.sent), ("page", self.page))
        )
        return f"{self.rows} rows; {shown} ms p50/p95"


def a_round(bench: Bench, name: str, after: Key | None, luck: random.Random) -> Times:
    """One filter, looked at by one agent after another; a second at most."""
    times, started = Times([], [], []), time.perf_counter()
    while len(times.bare) < LOOKS and time.perf_counter() - started < 1:
        agent = FIRST + 1 + luck.randrange(AGENTS)
        (look,) = (each for each in looks(agent, luck) if each.name == name)
        sql, values = bench.statement(look.wanted, after)
        times.rows = len(bench.run_bare(look, after))
        times.bare.append(timed(partial(bench.run_bare, look, after)))
        times.sent.append(timed(partial(bench.run_bound, sql, values)))
        times.page.append(timed(partial(bench.page, look.wanted, after)))
    return times


def measure(house: Installation, owner: Engine, only: str = "") -> None:
    """Interleaved rounds: for each filter the ratios of SQL alone and of the whole page."""
    bench, luck = Bench(house, owner), random.Random(4)  # noqa: S311 - a load, no secret
    names = [look.name for look in looks(FIRST + 1, luck) if only in look.name]
    deep = Key(now() - timedelta(seconds=SPAN / 2), FIRST)
    for place, after in (("first page", None), ("deep page", deep)):
        for name in names:
            rounds = [a_round(bench, name, after, luck) for _ in range(ROUNDS)]
            kinds = {"sql": [each.sent for each in rounds], "page": [each.page for each in rounds]}
            for kind, ours in kinds.items():
                ratios = [
                    percentile(mine, 0.95) / percentile(each.bare, 0.95)
                    for mine, each in zip(ours, rounds, strict=True)
                ]
                label = f"{name}, {place}, {kind} p95"
                peer = "the bare indexed query"
                show(Figure("inbox", label, tuple(ratios), peer, detail=str(rounds[-1])))
    bench.close()


def searches(house: Installation) -> None:
    """People and messages by what is typed, and what is unread: absolute, their own two steps."""
    texts = {
        "a frequent word": word_text(0),
        "a rare word": word_text(4000),
        "two words": f"{word_text(1)} {word_text(300)}",
        "the beginning of many": word_text(0)[:2],
        "part of a number": "12345",
        "a whole number": "+628100012345",
        "a first name": word_text(77),
    }
    for what, text in texts.items():
        people, messages = [], []
        wanted = Wanted(text=text, member_id=FIRST + 1)
        for _ in range(20):
            with house.tenant(write=False) as session:
                people.append(timed(lambda: list_page(session, wanted)))  # noqa: B023
                messages.append(timed(lambda: inbox_search.find_messages(session, text)))  # noqa: B023
            if sum(people) + sum(messages) > 5000:
                break
        print(
            f"search for {what} ({text}): people {percentile(people, 0.5):.1f}/"
            f"{percentile(people, 0.95):.1f}, messages {percentile(messages, 0.5):.1f}/"
            f"{percentile(messages, 0.95):.1f} ms p50/p95",
            flush=True,
        )
    counts = []
    for agent in range(20):
        with house.tenant(write=False) as session:
            counts.append(timed(lambda: unread(session, FIRST + 1 + agent)))  # noqa: B023
    print(f"unread counts {percentile(counts, 0.5):.1f}/{percentile(counts, 0.95):.1f} ms p50/p95")


def word_text(number: int) -> str:
    """The word with that number, as it stands in names and messages."""
    found = sqlite3.connect(":memory:").execute(f"SELECT {word(str(number))}").fetchone()
    return str(found[0])


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[tuple[Installation, Engine]]:
    """The installation in that folder, made where it isn't yet, and its owner's engine."""
    with ExitStack() as stack:
        is_new = not (folder / "filled.json").exists()
        if kind == "sqlite":
            settings = Settings(home=folder, database_url=f"sqlite:///{folder}/sapa.db")
            url = settings.app_url
        else:
            server = stack.enter_context(run_postgres(folder=folder))
            if is_new:
                server.run('CREATE DATABASE "inbox"')
            settings = server.settings("inbox", folder)
            url = settings.owner_url
        settings = settings.model_copy(update={"private_hosts": ("127.0.0.1",)})
        if is_new:
            prepare(settings, BUILTIN)
        desk = open_desk(settings, BUILTIN)
        stack.callback(desk.database.dispose)
        stack.callback(desk.outbound.close)
        with desk.database.system() as session:
            ensure_plans(session)
            tenant = find_tenant(session, "toko") or create_tenant(
                session, "toko", plan="enterprise"
            )
            house = Installation(desk, tenant.id)
        yield house, create_engine(url, poolclass=NullPool)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    options.add_argument("--conversations", type=int, default=1_000_000)
    options.add_argument("--messages", type=int, default=10, help="a conversation")
    options.add_argument("--folder", type=Path, help="keeps the rows there for the next time")
    options.add_argument("--only-build", action="store_true")
    options.add_argument("--look", default="", help="filters with this in their name only")
    asked = options.parse_args()
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        house, owner = stack.enter_context(opened(asked.database, folder))
        fill(house, Filling(owner, folder, asked.conversations, asked.messages))
        if not asked.only_build:
            measure(house, owner, asked.look)
            searches(house)


if __name__ == "__main__":
    main()
