"""Suggestions beside a customer among a million, against the bare indexed look-up.

The bare look-up is what the driver needs to read the contacts that share a key with the customer's,
when somebody hands it the keys: one statement, no objects, no wall. `suggestions` finds the
customer's contacts, leaves crowded keys out, reads the same rows through row-level security, weighs
each pair, leaves out who is not the same person, and ranks. Names follow Zipf's law, as names do;
one in twenty contacts is somebody's second, misspelt and on another number.

    python -m benchmarks.suggestions --on sqlite|postgres [--contacts 1000000] [--kept FOLDER]

Filling takes minutes; with `--kept` the databases are made once in that folder and found there.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from benchmarks.figures import Figure, percentile, show
from core.config import Settings
from core.migrations.runner import migrate
from core.models import Customer
from core.services.customers import create_customer
from core.testing.databases import run_postgres
from core.testing.installation import Installation, installation
from plugins import BUILTIN

ROUNDS = 5
LOOKS = 300  # customers a round
FIRST = 1000  # the first id; the customer that the models made comes before
GOAL = 5.0

Person = tuple[str, str, str]  # name, phone, e-mail

# what differs from row to row; the rest is copied from one row that the models made
DIFFERS = {
    "customer": ("id", "uuid", "name", "phone", "email"),
    "contact": ("id", "uuid", "name", "phone", "email", "customer_id", "home_id"),
}


def people(count: int) -> Iterator[Person]:
    """Made-up people, the same each time."""
    chance = random.Random(11)  # noqa: S311 - a load, no secret
    syllables = [a + b for a in "bdfghjklmnprstw" for b in ("a", "i", "u", "e", "o", "an", "ar")]
    firsts = ["".join(chance.choices(syllables, k=2)).title() for _ in range(3000)]
    lasts = ["".join(chance.choices(syllables, k=3)).title() for _ in range(60_000)]
    rank_first = list(itertools.accumulate(1 / (n + 10) for n in range(len(firsts))))
    rank_last = list(itertools.accumulate(1 / (n + 20) ** 0.9 for n in range(len(lasts))))
    done: list[Person] = []
    for n in range(count):
        phone = f"+628{chance.randrange(10**8, 10**10)}"
        if n % 20 == 19:
            name, old_phone, email = done[chance.randrange(len(done))]
            place = chance.randrange(1, len(name) - 1)
            name = name[:place] + name[place + 1 :]
            if n % 3 == 0:  # as a person's second entry is found in life: one line, two spellings
                phone = old_phone
            yield name, phone, email if n % 3 == 1 else ""
            continue
        first = chance.choices(firsts, cum_weights=rank_first)[0]
        last = chance.choices(lasts, cum_weights=rank_last)[0]
        name = first if n % 4 == 0 else f"{first} {last}"
        email = f"{name.replace(' ', '.').lower()}{n % 997}@gmail.com" if n % 3 == 0 else ""
        done.append((name, phone, email))
        yield done[-1]


def fill(owner: Engine, tenant_id: int, count: int) -> None:
    """Customers, contacts, their keys and entries, as a rebuild would have left them."""
    from plugins.merge.matching.entries import entry_of
    from plugins.merge.matching.keeping import MOST
    from plugins.merge.matching.keys import keys_of

    keys: list[tuple[str, int]] = []
    entries: list[tuple[int, str]] = []

    def rows() -> Iterator[tuple[int, str, str, str]]:
        for n, (name, phone, email) in enumerate(people(count), FIRST):
            entry = entry_of(name, [(phone, 2)], [(email, 0)])
            entries.append((n, json.dumps(entry.stored())))
            keys.extend((key, n) for key in keys_of(entry))
            yield n, name, phone, email

    with owner.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        is_postgres = owner.dialect.name == "postgresql"
        if is_postgres:
            connection.execute(
                text("SET session_replication_role = replica")
            )  # keys hold by making
        connection.exec_driver_sql(
            "CREATE TEMP TABLE made (n INTEGER, name TEXT, phone TEXT, email TEXT)"
        )
        write(raw, is_postgres, "made", ("n", "name", "phone", "email"), rows())
        for table, differs in DIFFERS.items():
            copy_rows(connection, owner, table, differs, is_postgres)
        print(f"  {len(keys)} keys", flush=True)
        keys.sort()
        names = ("tenant_id", "key", "contact_id")
        own = ((tenant_id, key, contact_id) for key, contact_id in keys)
        write(raw, is_postgres, "merge_match_key", names, own)
        entry_names = ("tenant_id", "contact_id", "entry")
        own_entries = ((tenant_id, contact_id, entry) for contact_id, entry in entries)
        write(raw, is_postgres, "merge_match_entry", entry_names, own_entries)
        most = " ".join(f"WHEN '{kind}' THEN {size}" for kind, size in MOST.items())
        connection.exec_driver_sql(
            "INSERT INTO merge_match_crowd (tenant_id, key, size) "  # noqa: S608 - ours
            "SELECT tenant_id, key, count(*) FROM merge_match_key GROUP BY tenant_id, key "
            f"HAVING count(*) > CASE substr(key, 1, 1) {most} END"
        )
        connection.exec_driver_sql("ANALYZE")
        if not is_postgres:
            raw.commit()


def write(
    raw: Any, is_postgres: bool, table: str, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Many rows, the fastest way that the driver has."""
    listed = ", ".join(names)
    if not is_postgres:
        marks = ", ".join("?" * len(names))
        raw.executemany(f"INSERT INTO {table} ({listed}) VALUES ({marks})", rows)  # noqa: S608
        return
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def copy_rows(
    connection: Any, owner: Engine, table: str, differs: tuple[str, ...], is_postgres: bool
) -> None:
    """As many rows as were made, each like the first one but for what differs."""
    uuid = "gen_random_uuid()" if is_postgres else "lower(hex(randomblob(16)))"
    given = {"id": "made.n", "customer_id": "made.n", "home_id": "made.n", "uuid": uuid}
    columns = [column["name"] for column in inspect(owner).get_columns(table)]
    values = [
        given.get(name, f"made.{name}") if name in differs else f'first."{name}"'
        for name in columns
    ]
    listed = ", ".join(f'"{name}"' for name in columns)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({listed}) SELECT {', '.join(values)} FROM made, "  # noqa: S608
        f"(SELECT * FROM {table} ORDER BY id LIMIT 1) AS first"
    )


def bare_look_up(owner: Engine, house: Installation, ids: list[int]) -> Callable[[int], object]:
    """The driver's own look-up, with the keys in hand."""
    from plugins.merge.matching.keeping import stored_entries
    from plugins.merge.matching.keys import keys_of
    from plugins.merge.matching.models import MatchCrowd

    with house.tenant(write=False) as session:
        crowded = {row.key for row in session.query(MatchCrowd.key)}
        keys = {
            contact_id: [key for key in keys_of(entry) if key not in crowded]
            for contact_id, entry in stored_entries(session, ids).items()
        }
    held = owner.raw_connection()
    cursor: Any = held.cursor()
    mark = "%s" if owner.dialect.name == "postgresql" else "?"

    def look(contact_id: int) -> object:
        own = keys[contact_id]
        marks = ", ".join([mark] * len(own)) or "NULL"
        cursor.execute(
            "SELECT k.key, k.contact_id, e.entry, c.customer_id, c.name, c.phone, c.email "  # noqa: S608
            "FROM merge_match_key k "
            "JOIN merge_match_entry e ON e.tenant_id = k.tenant_id AND e.contact_id = k.contact_id "
            "JOIN contact c ON c.id = k.contact_id "
            f"WHERE k.tenant_id = {mark} AND k.key IN ({marks})",
            (house.tenant_id, *own),
        )
        assert held.is_valid  # noqa: S101 - given back, it would close under the cursor
        return cursor.fetchall()

    return look


def timed(work: Callable[[int], object], ids: list[int]) -> list[float]:
    """Milliseconds of `work` for each."""
    found = []
    for each in ids:
        start = time.perf_counter()
        work(each)
        found.append((time.perf_counter() - start) * 1000)
    return found


def measure(house: Installation, owner: Engine, name: str, count: int) -> None:
    """Interleaved rounds of the bare look-up and the service, for the same customers."""
    from plugins.merge.matching.suggesting import suggestions

    chance = random.Random(3)  # noqa: S311 - a load, no secret
    asked = [[FIRST + chance.randrange(count) for _ in range(LOOKS)] for _ in range(ROUNDS)]
    bare = bare_look_up(owner, house, sorted({each for some in asked for each in some}))
    suggested = 0
    p50, p95 = [], []
    for some in asked:
        with house.tenant(write=False) as session:
            customers = {each: session.get_one(Customer, each) for each in some}

            def service(each: int, session: Any = session, customers: Any = customers) -> object:
                nonlocal suggested
                found = suggestions(session, customers[each])
                suggested += bool(found)
                return found

            timed(service, some[:20])
            timed(bare, some)  # both find their pages in memory
            ours, limit = timed(service, some), timed(bare, some)
        p50.append(percentile(ours, 0.5) / percentile(limit, 0.5))
        p95.append(percentile(ours, 0.95) / percentile(limit, 0.95))
        detail = (
            f"bare {percentile(limit, 0.5):.2f}/{percentile(limit, 0.95):.2f}, "
            f"service {percentile(ours, 0.5):.2f}/{percentile(ours, 0.95):.2f} ms p50/p95"
        )
    detail += f", {suggested / (ROUNDS * (LOOKS + 20)):.0%} of customers had a suggestion"
    peer = "the bare indexed look-up"
    show(Figure("suggestions", f"{name} p50", tuple(p50), peer, detail=detail))
    show(Figure("suggestions", f"{name} p95", tuple(p95), peer, GOAL, at_most=True, detail=detail))


def run(settings: Settings, name: str, count: int) -> None:
    """Fill the database where it is empty, and measure."""
    with installation(settings, BUILTIN) as house:
        # the plugin's models only now: the loader notes whose the tables are as it imports them
        from plugins.merge.matching.current import newest
        from plugins.merge.matching.estimating import learn

        url = settings.owner_url if name == "PostgreSQL" else house.desk.database.engine.url
        options: dict[str, Any] = {"poolclass": NullPool}
        if name == "PostgreSQL":
            options["isolation_level"] = "AUTOCOMMIT"
        owner = create_engine(url, **options)
        with house.tenant() as session:
            is_filled = session.get(Customer, FIRST + count - 1) is not None
            if not is_filled:
                create_customer(session, name="The first of all")
        start = time.perf_counter()
        if not is_filled:
            fill(owner, house.tenant_id, count)
            print(f"  {name}: filled in {time.perf_counter() - start:.0f} s", flush=True)
            start = time.perf_counter()
        with house.tenant() as session:
            if newest(session) is None:
                model = learn(session, seed=1)
                took = time.perf_counter() - start
                print(f"  learnt in {took:.0f} s ({model.pairs} pairs taught it)", flush=True)
        measure(house, owner, name, count)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--on", choices=("sqlite", "postgres"), action="append")
    options.add_argument("--contacts", type=int, default=1_000_000)
    options.add_argument("--kept", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.kept or Path(temporary)
        if "sqlite" in (asked.on or ["sqlite"]):
            run(Settings(home=folder / "sqlite"), "SQLite", asked.contacts)
        if "postgres" in (asked.on or ["postgres"]):
            with run_postgres(folder=folder / "postgres") as server:
                settings = server.settings("postgres", folder)
                migrate(settings)  # makes the roles that everything else connects as
                run(settings, "PostgreSQL", asked.contacts)


if __name__ == "__main__":
    main()
