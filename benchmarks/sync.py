"""A sync of 100,000 contacts against what its rows cost by themselves, in the same run.

First sync: the limit is a bare set-based insert of the very rows that the sync leaves behind
(customers, contacts, addresses, words, entries, changes), sorted, in one transaction; COPY on
PostgreSQL as the tables' owner, executemany on SQLite. No change: the limit is to hash each row and
compare it with a dict in memory. A delta of 1 %: that comparison, and the bare insert of its share.
The database's own counters say how many rows a run without change wrote. Numbers come in no order,
as people have them: in a row they would stand side by side in every index, which flatters sets.

A contact leaves 18 rows behind, 13 of them words. Beside them a sync writes each entry once more,
staged, and takes it away again, looks everybody up, and computes the rows; its sets of a thousand
come in no order, where the limit is sorted.

    python -m benchmarks.sync [--people 100000] [--rounds 3] [--only sqlite]
"""

from __future__ import annotations

import argparse
import gc
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import text

from benchmarks._databases import on_postgres, on_sqlite
from benchmarks.figures import Figure, show
from core.adapter import ListedContact
from core.config import Settings
from core.inbound import Address, IdentityKind
from core.models import Channel, ChannelState
from core.services import plugins
from core.testing.installation import Installation, installation
from plugins import BUILTIN
from plugins.sync import runs
from plugins.sync.models import Run, RunState
from plugins.sync.rows import digest_of_listed

PAGE = 5000
TABLES = ("customer", "contact", "identity", "contact_token", "sync_entry", "sync_change")
GOALS = {"first": 0.30, "unchanged": 0.50, "delta": 0.50}

book: list[ListedContact] = []


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--only", choices=("sqlite", "postgresql"))
    options = asked.parse_args()
    logging.disable(logging.WARNING)
    for name, opened in (("sqlite", on_sqlite), ("postgresql", on_postgres)):
        if options.only in (None, name):
            with opened() as settings, installation(settings, BUILTIN) as house:
                gc.freeze()  # as `sapa` starts: no collection walks what is there for good
                measure(name, Bench(house), options.people, options.rounds)


def people(count: int, changed: int = 0) -> list[ListedContact]:
    """An address book; the first `changed` have another name than before."""
    return [
        ListedContact(
            Address(IdentityKind.PHONE, f"+{number}"),
            f"Pelanggan {n}{' Baru' if n < changed else ''}",
            f"{number}@s.whatsapp.net",
        )
        for n, number in enumerate(map(number_of, range(count)))
    ]


def number_of(n: int) -> str:
    """Numbers in no order, as people have them: those in a row would stand side by side in every
    index. Each n has its own: the factor shares no divisor with 10."""
    return f"62812{n * 61_803_399 % 100_000_000:08}"


class Bench:
    """One channel whose address book is in memory, so that no provider is measured."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        adapter = house.desk.host.adapters["whatsapp_qr"]
        type(adapter).fetch_contacts = fetch  # type: ignore[method-assign,attr-defined]
        with house.tenant() as session:
            plugins.enable(session, "sync")
            channel = Channel(kind="whatsapp_qr", name="Phone", state=ChannelState.CONNECTED)
            session.add(channel)
            session.flush()
            self.channel_id = channel.id

    def sync(self, listed: list[ListedContact]) -> tuple[float, Run]:
        """Seconds of one run, jobs and all; and the run."""
        book[:] = listed
        start = time.perf_counter()
        with self.house.tenant() as session:
            run_id = runs.synchronise(session, session.get_one(Channel, self.channel_id)).id
        self.house.work()
        seconds = time.perf_counter() - start
        with self.house.tenant(write=False) as session:
            run = session.get_one(Run, run_id)
        _check(run.state is RunState.DONE, run.reason)
        return seconds, run

    def written(self) -> int:
        """Rows of the measured tables that were ever written, by the database's own counters."""
        database = self.house.desk.database
        if database.is_sqlite:
            with database.system(write=False) as session:
                return int(session.scalar(text("select written from bench_written")) or 0)
        database.dispose()  # a backend reports its counters when it ends
        with database.system(write=False) as session:
            counted = text(
                "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_all_tables "
                "where relname = any(:names)"
            )
            return int(session.scalar(counted, {"names": list(TABLES)}) or 0)

    def count_writes(self) -> None:
        """SQLite counts by connection only: triggers count for all of them."""
        if not self.house.desk.database.is_sqlite:
            return
        with self.house.desk.database.system() as session:
            run = session.connection().exec_driver_sql
            run("create table if not exists bench_written (written integer)")
            run("delete from bench_written")
            run("insert into bench_written values (0)")
            for table in TABLES:
                for verb in ("insert", "update", "delete"):
                    begins = f"create trigger bench_{table}_{verb} after {verb} on {table}"
                    body = "update bench_written set written = written + 1"
                    run(f"{begins} begin {body}; end")

    def stop_counting(self) -> None:
        """The triggers would slow what is measured next."""
        if not self.house.desk.database.is_sqlite:
            return
        with self.house.desk.database.system() as session:
            for table in TABLES:
                for verb in ("insert", "update", "delete"):
                    session.execute(text(f"drop trigger bench_{table}_{verb}"))

    def forget(self) -> None:
        """As before the first sync."""
        with self.house.desk.database.system() as session:
            for table in (*reversed(TABLES), "sync_staged", "job"):
                session.execute(text(f"delete from {table}"))  # noqa: S608 - names of ours
            session.execute(text("update sync_device set failures = 0"))


def fetch(self: Any, account: Any, http: Any) -> Iterator[Sequence[ListedContact]]:
    """The address book, page by page."""
    for start in range(0, len(book), PAGE):
        yield book[start : start + PAGE]


def measure(name: str, bench: Bench, count: int, rounds: int) -> None:
    first, unchanged, delta = [], [], []
    detail = ""
    for _ in range(rounds):
        bench.forget()
        seconds, run = bench.sync(people(count))
        _check(run.added == count, f"{run.added} added")
        rows = kept_rows(bench)
        bench.forget()
        limit = bare(bench, rows)
        first.append(limit / seconds)
        tell(name, "first", seconds, limit)
        detail = f"{count / seconds:,.0f} contacts/s"
        known = {name_of(each): digest_of_listed(each) for each in people(count)}
        listed = people(count)
        bench.count_writes()
        before = bench.written()
        bench.sync(listed)
        _check(bench.written() == before, "a run without change wrote rows")
        bench.stop_counting()
        compared = min(timed(partial(compare, listed, known)) for _ in range(3))
        again = min(bench.sync(listed)[0] for _ in range(3))
        unchanged.append(compared / again)
        tell(name, "no change", again, compared)
        changed = count // 100
        listed = people(count, changed)
        compared = timed(partial(compare, listed, known))
        seconds, run = bench.sync(listed)
        _check(run.changed == changed, f"{run.changed} changed")
        share = compared + limit * changed / count
        delta.append(share / seconds)
        tell(name, "1 % delta", seconds, share)
    limit_name = "a bare COPY" if name == "postgresql" else "a bare executemany"
    show(Figure(f"sync {name}", "first", tuple(first), limit_name, GOALS["first"], detail=detail))
    show(
        Figure(
            f"sync {name}",
            "no change",
            tuple(unchanged),
            "hashing and comparing in memory",
            GOALS["unchanged"],
            detail="0 rows written",
        )
    )
    show(
        Figure(
            f"sync {name}", "1 % delta", tuple(delta), "comparing and a bare insert", GOALS["delta"]
        )
    )


def tell(name: str, what: str, seconds: float, limit: float) -> None:
    """Each round as it is done: a hundred thousand take minutes."""
    print(f"  {name} {what}: {seconds:.2f} s, limit {limit:.2f} s", flush=True)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(listed: list[ListedContact], known: dict[str, str]) -> int:
    """How many rows say something new: one hash for each and a look into a dict."""
    return sum(known.get(name_of(each)) != digest_of_listed(each) for each in listed)


def name_of(listed: ListedContact) -> str:
    """What an address book calls an entry by."""
    return listed.raw


def kept_rows(bench: Bench) -> dict[str, Any]:
    """All rows that a first sync leaves, by table and sorted: COPY's bytes, or tuples."""
    found: dict[str, Any] = {}
    database = bench.house.desk.database
    if database.is_sqlite:
        with database.system(write=False) as session:
            for table in TABLES:
                result = session.connection().exec_driver_sql(_ordered(table))
                found[table] = [tuple(row) for row in result]
        return found
    with psycopg.connect(_owner(database.settings)) as connection:
        for table in TABLES:
            copied: Any = f"copy ({_ordered(table)}) to stdout (format binary)"
            with connection.cursor().copy(copied) as out:
                found[table] = b"".join(bytes(part) for part in out)
    return found


def bare(bench: Bench, rows: dict[str, Any]) -> float:
    """Seconds to write these rows and nothing else, in one durable transaction."""
    settings = bench.house.desk.database.settings
    if bench.house.desk.database.is_sqlite:
        connection = sqlite3.connect(settings.home / "sapa.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"pragma {pragma}")
        start = time.perf_counter()
        connection.execute("begin immediate")
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0])) if values else ""
            connection.executemany(f"insert into {table} values ({marks})", values)  # noqa: S608
        connection.execute("commit")
        seconds = time.perf_counter() - start
        connection.close()
        return seconds
    with psycopg.connect(_owner(settings)) as owner:
        start = time.perf_counter()
        for table, content in rows.items():
            copied: Any = f"copy {table} from stdin (format binary)"
            with owner.cursor().copy(copied) as into:
                into.write(content)
        owner.commit()
        return time.perf_counter() - start


def _check(is_so: bool, what: str) -> None:
    """A figure of a run that did something else is worth nothing."""
    if not is_so:
        raise SystemExit(f"The benchmark measured something else: {what}")


def _ordered(table: str) -> str:
    return f"select * from {table} order by 1, 2, 3"  # noqa: S608 - names of ours


def _owner(settings: Settings) -> str:
    """As the tables' superuser: COPY is refused to whom row-level security holds."""
    return settings.owner_url.replace("+psycopg", "")


if __name__ == "__main__":
    main()
