"""The inbox's list over a million conversations and ten million messages, on PostgreSQL.

Three things are timed in turn, for one agent after another: the bare SQL that the partial index was
made for, sent by the driver as the superuser; the statement that Sapa sends, by the same driver, as
the role that row-level security binds; and `inbox_list.list_page`, which makes objects of the rows.

    python -m benchmarks.inbox [--conversations 1000000] [--messages 10]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_urlsafe

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.pool import NullPool

from benchmarks.figures import Figure, percentile, show
from core.inbound import MessageState
from core.models import Direction, Message, Sender, Tenant
from core.services.inbox_list import Wanted, Whose, list_page
from core.services.start import conversation_with
from core.services.tenants import add_member, create_user
from core.testing.databases import run_postgres
from core.testing.installation import Installation, installation
from plugins import BUILTIN

AGENTS = 200
ROUNDS = 5
LOOKS = 400  # list pages a round
BARE = """
    SELECT id, contact_id, preview, unread, last_at FROM conversation
    WHERE tenant_id = %s AND assignee_id = %s AND state <> 'closed'
    ORDER BY last_at DESC, id DESC LIMIT 31
"""

# what differs from row to row; the rest is copied from one row that the models made
DIFFERS = {
    "ab_user": {"id": "1000 + n", "username": "'agent' || n", "email": "n || '@example.com'"},
    "membership": {"id": "1000 + n", "user_id": "1000 + n"},
    "customer": {"id": "1000 + n", "uuid": "gen_random_uuid()", "name": "'Customer ' || n"},
    "contact": {
        "id": "1000 + n",
        "uuid": "gen_random_uuid()",
        "customer_id": "1000 + n",
        "home_id": "1000 + n",
        "name": "'Customer ' || n",
    },
    "identity": {"id": "1000 + n", "contact_id": "1000 + n", "address": "'+6281' || 10000000 + n"},
    "conversation": {
        "id": "1000 + n",
        "uuid": "gen_random_uuid()",
        "identity_id": "1000 + n",
        "contact_id": "1000 + n",
        "assignee_id": f"1001 + n %% {AGENTS}",
        "state": "CASE WHEN random() < 0.7 THEN 'closed' ELSE 'open' END",
        "last_at": "now() - random() * interval '90 days'",
    },
    "message": {
        "id": "1000 + n",
        "uuid": "gen_random_uuid()",
        "conversation_id": "1001 + n %% {conversations}",
        "contact_id": "1001 + n %% {conversations}",
        "provider_id": "'wamid.' || n",
    },
}


def fill(house: Installation, owner: Engine, conversations: int, messages: int) -> None:
    """One row of each kind through the models, then as many as asked for, written by SQL."""
    with house.cloud(module="") as line:
        with house.desk.database.system() as session:
            user = create_user(session, "first@example.com", password=token_urlsafe(12))
            add_member(session, session.get_one(Tenant, house.tenant_id), user, ())
        with house.tenant() as session:
            channel = line.channel(session)
            people = conversation_with(session, channel, "+6281100000000")
            session.add(
                Message(
                    conversation_id=people.id,
                    channel_id=channel.id,
                    contact_id=people.contact_id,
                    direction=Direction.IN,
                    sender=Sender.CUSTOMER,
                    state=MessageState.RECEIVED,
                    body="Halo, apakah masih ada?",
                )
            )
    counts = {"ab_user": AGENTS, "membership": AGENTS, "message": conversations * messages}
    with owner.connect() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # keys hold by making
        for table, differs in DIFFERS.items():
            start = time.perf_counter()
            count = counts.get(table, conversations)
            names = [column["name"] for column in inspect(owner).get_columns(table)]
            values = [differs.get(name, f'"{name}"') for name in names]
            listed = ", ".join(f'"{name}"' for name in names)
            filled = ", ".join(values).format(conversations=conversations)
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({listed}) SELECT {filled} "  # noqa: S608 - names of ours
                f"FROM generate_series(1, {count}) AS n, "
                f"(SELECT * FROM {table} ORDER BY id LIMIT 1) AS first"
            )
            print(f"  {count} rows of {table} in {time.perf_counter() - start:.0f} s", flush=True)
        connection.execute(text("ANALYZE"))


def timed(work: Callable[[int], object], agents: list[int]) -> list[float]:
    """Milliseconds of `work` for each agent."""
    found = []
    for agent in agents:
        start = time.perf_counter()
        work(agent)
        found.append((time.perf_counter() - start) * 1000)
    return found


def statement_of(house: Installation) -> tuple[str, tuple[object, ...]]:
    """The list's own SQL and its parameters, as the driver gets them."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def keep(connection: object, cursor: object, sql: str, values: object, *_: object) -> None:
        if "FROM conversation" in sql:
            seen.append((sql, values))  # type: ignore[arg-type]

    event.listen(house.desk.database.engine, "before_cursor_execute", keep)
    with house.tenant(write=False) as session:
        list_page(session, Wanted(Whose.MINE, member_id=1001))
    event.remove(house.desk.database.engine, "before_cursor_execute", keep)
    (found,) = seen
    return found


def measure(house: Installation, owner: Engine) -> None:
    """Interleaved rounds; figures of SQL alone and of the whole page."""
    tenant_id = house.tenant_id
    sql, values = statement_of(house)

    def page(agent: int) -> object:
        with house.tenant(write=False) as session:
            rows = list_page(session, Wanted(Whose.MINE, member_id=agent)).rows
            assert len(rows) == 30  # noqa: S101 - the work that is timed was done
            return rows

    chance = random.Random(4)  # noqa: S311 - a load, no secret
    ratios: dict[str, list[float]] = {"sql p50": [], "sql p95": [], "page p95": []}
    slowest: list[float] = []
    bound = house.desk.database.engine.raw_connection()
    bare = owner.raw_connection()
    bare_cursor, bound_cursor = bare.cursor(), bound.cursor()
    bound_cursor.execute("SELECT set_config('app.tenant_id', %s, false)", (str(tenant_id),))

    def as_sent(agent: int) -> None:
        own = {key: agent if value == 1001 else value for key, value in dict(values).items()}  # type: ignore[call-overload]
        bound_cursor.execute(sql, own)
        bound_cursor.fetchall()

    def bare_sql(agent: int) -> None:
        bare_cursor.execute(BARE, (tenant_id, agent))
        bare_cursor.fetchall()

    for _ in range(ROUNDS):
        agents = [1001 + chance.randrange(AGENTS) for _ in range(LOOKS)]
        limit, sent, whole = timed(bare_sql, agents), timed(as_sent, agents), timed(page, agents)
        ratios["sql p50"].append(percentile(sent, 0.5) / percentile(limit, 0.5))
        ratios["sql p95"].append(percentile(sent, 0.95) / percentile(limit, 0.95))
        ratios["page p95"].append(percentile(whole, 0.95) / percentile(limit, 0.95))
        slowest.append(percentile(sent, 0.99))
        shown = (
            f"bare {percentile(limit, 0.5):.2f}/{percentile(limit, 0.95):.2f}, "
            f"sent {percentile(sent, 0.5):.2f}/{percentile(sent, 0.95):.2f}, "
            f"page {percentile(whole, 0.5):.2f}/{percentile(whole, 0.95):.2f} ms p50/p95"
        )
    bare.close()
    bound.close()
    for name, found in ratios.items():
        show(Figure("inbox", name, tuple(found), "the bare indexed query", detail=shown))
    show(Figure("inbox", "sql p99", tuple(slowest), "1 ms", 1.0, at_most=True))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--conversations", type=int, default=1_000_000)
    options.add_argument("--messages", type=int, default=10, help="a conversation")
    asked = options.parse_args()
    with run_postgres() as server, tempfile.TemporaryDirectory() as folder:
        settings = server.settings(server.create(), Path(folder))
        with installation(settings, BUILTIN) as house:
            owner = create_engine(
                settings.owner_url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
            )
            fill(house, owner, asked.conversations, asked.messages)
            measure(house, owner)


if __name__ == "__main__":
    main()
