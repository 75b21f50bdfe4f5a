"""Decisions a second, beside a Redis Lua script and the bare atomic statement, on both databases.

In turn, the same conversations go to 200 agents by

- a Lua script that claims a conversation and counts its agent, one call each;
- the bare statement: the same in SQL (claim, count, assignment), on tables that have nothing else;
- the statement of `core.services.giving` as the driver sends it (PostgreSQL), with the walls,
  triggers, audit entry and reply task that the desk's tables have;
- `give`, and routing's own `deal`, which reads the agents, asks the policy, and keeps the log.

Neither Redis nor PostgreSQL waits for a disk here: what is compared is the work. SQLite does, as it
always does with us, on both sides; it has no goal beside Redis. Last, how long a message waits for
its agent behind 150 conversations that nobody can be given.

    python -m benchmarks.routing [--conversations 2000] [--database postgres|sqlite]
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from werkzeug.security import generate_password_hash

from benchmarks.figures import Figure, percentile, show
from core.config import Settings
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind
from core.migrations.runner import migrate
from core.models import Allocation, Channel, Conversation, Identity, Tenant
from core.models.base import now
from core.services import channels, giving
from core.services.giving import Gift, give
from core.services.receive import receive
from core.services.start import conversation_with
from core.services.tenants import add_member
from core.tenancy.bulk import insert_rows, insert_unnamed
from core.testing.databases import run_postgres, run_redis
from core.testing.installation import Installation, installation
from plugins import BUILTIN

AGENTS = 200
ROUNDS = 3
BATCH = 50
HEAD = 150
SINGLE_GOAL, BATCH_GOAL = 0.20, 0.85
CLAIM = """
    if redis.call('hsetnx', 'holder', ARGV[1], ARGV[2]) == 0 then return 0 end
    if redis.call('hincrby', 'load', ARGV[2], 1) > tonumber(ARGV[3]) then
        redis.call('hincrby', 'load', ARGV[2], -1)
        redis.call('hdel', 'holder', ARGV[1])
        return 0
    end
    return 1"""
BARE_TABLES = """
    create table bare_agent (id integer primary key, held integer not null default 0,
        capacity integer not null, check (held <= capacity));
    create table bare_talk (id integer primary key, agent_id integer);
    create table bare_assignment (talk_id integer not null, agent_id integer not null)"""
BARE = """
    with asked as (select * from unnest(%(talks)s::int[], %(agents)s::int[]) as a(talk, agent)),
    free as (select t.id, asked.agent from bare_talk t join asked on asked.talk = t.id
        where t.agent_id is null order by t.id for update of t),
    wanted as (select agent, count(*) as number from free group by agent),
    counted as (update bare_agent a set held = held + wanted.number from wanted
        where a.id = wanted.agent and held + wanted.number <= capacity returning a.id),
    taken as (update bare_talk t set agent_id = free.agent from free
        join counted on counted.id = free.agent where t.id = free.id returning t.id, t.agent_id)
    insert into bare_assignment select id, agent_id from taken"""

Share = list[tuple[int, int]]
"""(conversation, agent)."""


class Bare:
    """Claim, count and assignment on tables of their own: what the database can do at most."""

    def __init__(self, settings: Settings, share: Share) -> None:
        self._share = share
        if settings.is_sqlite:
            self._lite = sqlite3.connect(Path(settings.home) / "bare.db", isolation_level=None)
            self._lite.executescript("pragma journal_mode=wal; pragma synchronous=full")
            self._lite.executescript(BARE_TABLES)
        else:
            import psycopg
            from sqlalchemy import make_url

            url = make_url(str(settings.owner_database_url))
            self._server = psycopg.connect(
                host=str(url.query["host"]), dbname=url.database, user="postgres", autocommit=True
            )
            self._server.execute(BARE_TABLES)  # type: ignore[arg-type]  # fixed words
        self.run = self._by_lite if settings.is_sqlite else self._by_server
        self._say = self._lite.execute if settings.is_sqlite else self._server.execute
        for agent in sorted({agent for _talk, agent in share}):
            self._say(f"insert into bare_agent values ({agent}, 0, 1000)")  # noqa: S608
        for talk, _agent in share:
            self._say(f"insert into bare_talk values ({talk}, null)")  # noqa: S608

    def reset(self) -> None:
        """Everything waits again."""
        self._say("update bare_talk set agent_id = null")
        self._say("update bare_agent set held = 0")
        self._say("delete from bare_assignment")

    def _by_server(self, at_once: int) -> None:
        for part in _parts(self._share, at_once):
            talks, agents = [talk for talk, _ in part], [agent for _, agent in part]
            with self._server.transaction():
                if at_once > 1:
                    self._server.execute("select pg_advisory_xact_lock(1, 1)", prepare=True)
                self._server.execute(BARE, {"talks": talks, "agents": agents}, prepare=True)

    def _by_lite(self, at_once: int) -> None:
        for part in _parts(self._share, at_once):
            self._lite.execute("begin immediate")
            for talk, agent in part:
                self._lite.execute(
                    "update bare_agent set held = held + 1 where id = ? and held < capacity",
                    (agent,),
                )
                self._lite.execute(
                    "update bare_talk set agent_id = ? where id = ? and agent_id is null",
                    (agent, talk),
                )
                self._lite.execute("insert into bare_assignment values (?, ?)", (talk, agent))
            self._lite.execute("commit")


def fill(house: Installation, number: int) -> tuple[list[int], list[int]]:
    """Conversations that wait, and agents who are there with room for all."""
    password = generate_password_hash("rahasia-123")  # once: a hash takes longer than a decision
    members = []
    with house.desk.database.system() as system:
        tenant = system.get_one(Tenant, house.tenant_id)
        for n in range(AGENTS):
            address = f"agent{n}@example.com"
            user = User(username=address, email=address, first_name=f"Agent {n}", last_name="")
            user.active, user.password = True, password
            system.add(user)
            system.flush()
            member = add_member(system, tenant, user, ["Agent"])
            member.capacity, member.seen_at = 1000, now() + timedelta(days=1)
            members.append(member.id)
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "routing")
        channel = add_channel(session, "WhatsApp 1", "+628110000001")
        talks = wait(session, channel, number, "+62814")
    return members, talks


def add_channel(session: Any, name: str, number: str) -> Channel:
    """A phone of the simulator, which nobody listens to."""
    return channels.create_channel(
        session,
        kind="simulator",
        name=name,
        own_address=number,
        module_id=None,
        values={"phone_url": "http://127.0.0.1:9/", "secret": "a-phone-secret"},
    )


def wait(session: Any, channel: Channel, number: int, prefix: str) -> list[int]:
    """So many conversations of one contact that wait; their ids."""
    contact_id = conversation_with(session, channel, f"{prefix}99999999").contact_id
    addresses = [
        {"contact_id": contact_id, "kind": IdentityKind.PHONE, "address": f"{prefix}{n:08}"}
        for n in range(number)
    ]
    at = {"channel_id": channel.id, "contact_id": contact_id, "waiting_since": now()}
    identities = insert_rows(session, Identity, addresses)
    return insert_rows(session, Conversation, [{**at, "identity_id": each} for each in identities])


def reset(house: Installation) -> None:
    """Everything waits again, and the planner knows how much there is."""
    from plugins.routing.models import Case

    with house.desk.database.system() as system:
        system.execute(text("update conversation set assignee_id = null"))
        for table in ("assignment", "audit_entry", "job", "routing_decision", "routing_scene"):
            system.execute(text(f"delete from {table}"))  # noqa: S608 - fixed words
        system.execute(text("delete from routing_case"))
        system.execute(text("update membership set promised = 0, beyond = 0"))
    with house.tenant() as session:
        rows = session.execute(
            select(Conversation.id, Conversation.channel_id, Conversation.contact_id)
            .where(Conversation.waiting_since.is_not(None))
            .order_by(Conversation.id)
        )
        cases = [
            {
                "conversation_id": row.id,
                "channel_id": row.channel_id,
                "contact_id": row.contact_id,
                "state": "queued",
            }
            for row in rows
        ]
        insert_unnamed(session, Case, cases)
    with house.desk.database.system() as system:
        system.execute(text("analyze"))


def rate(number: int, work: Callable[[], object]) -> float:
    """How many of `number` a second."""
    begun = time.perf_counter()
    work()
    return number / (time.perf_counter() - begun)


@contextmanager
def on(database: str) -> Iterator[Settings]:
    """A database that doesn't wait for its disk."""
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder:
        if database == "sqlite":
            yield Settings(home=Path(folder), database_url=f"sqlite:///{folder}/sapa.db")
            return
        with run_postgres() as server:
            settings = server.settings(server.create(), Path(folder))
            migrate(settings)
            yield settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--database", choices=("postgres", "sqlite"))
    asked = parser.parse_args()
    with run_redis() as redis_url:
        store = redis.Redis.from_url(redis_url)
        for database in [asked.database] if asked.database else ["postgres", "sqlite"]:
            with on(database) as settings, installation(settings, BUILTIN) as house:
                members, talks = fill(house, asked.conversations)
                share = [(talk, members[n % AGENTS]) for n, talk in enumerate(talks)]
                measure(house, store, Bare(settings, share), share, database)
                behind_the_head(house, members, database)


def measure(
    house: Installation, store: redis.Redis, bare: Bare, share: Share, database: str
) -> None:
    """Print the ratios of some rounds."""
    from plugins.routing.dealing import deal

    claim = store.register_script(CLAIM)
    switches = house.desk.host.switches

    def by_lua() -> None:
        store.flushall()
        for talk, agent in share:
            claim(args=[talk, agent, 1000])

    def by_gifts(at_once: int) -> None:
        for part in _parts(share, at_once):
            with house.tenant() as session, switches.pinned(session):
                given = give(session, [Gift(talk, agent, "By turn.") for talk, agent in part])
            assert len(given) == len(part)  # noqa: S101 - or it is no figure

    def by_dealing(at_once: int) -> None:
        left = len(share)
        while left:
            with house.tenant() as session, switches.pinned(session):
                left -= deal(session, at_once)

    ways: dict[str, Callable[[int], None]] = {"give": by_gifts, "deal": by_dealing}
    if database == "postgres":
        ways = {"statement": _driver_of(house, share), **ways}
    found: dict[str, list[float]] = {}

    def note(name: str, work: Callable[[], object]) -> None:
        found.setdefault(name, []).append(rate(len(share), work))

    for _round in range(ROUNDS):
        note("lua", by_lua)
        for at_once in (1, BATCH):
            bare.reset()
            note(f"bare {at_once}", lambda n=at_once: bare.run(n))  # type: ignore[misc]
            for name, way in ways.items():
                reset(house)
                note(f"{name} {at_once}", lambda w=way, n=at_once: w(n))  # type: ignore[misc]

    def tell(name: str, peer: str, words: str, goal: float | None = None) -> None:
        ratios = tuple(a / b for a, b in zip(found[name], found[peer], strict=True))
        detail = ", ".join(f"{each} {max(found[each]):,.0f}/s" for each in (name, peer))
        show(Figure("routing", f"{name} ({database})", ratios, words, goal, detail=detail))

    for at_once, goal in ((1, SINGLE_GOAL), (BATCH, BATCH_GOAL)):
        is_server = database == "postgres"
        tell(f"bare {at_once}", "lua", "a Redis Lua script", goal if is_server else None)
        for name in ways:
            tell(f"{name} {at_once}", f"bare {at_once}", "the bare statement")


def _driver_of(house: Installation, share: Share) -> Callable[[int], None]:
    """The statement of `give` without the session around it, as the role that the walls bind."""
    words = str(giving.AS_SET.compile(dialect=postgresql.dialect(paramstyle="pyformat")))  # type: ignore[no-untyped-call]
    words = words.replace("::VARCHAR", "::text")

    def run(at_once: int) -> None:
        with house.desk.database.engine.connect() as pooled:
            driver: Any = pooled.connection.driver_connection
            for part in _parts(share, at_once):
                values = {
                    "conversations": [talk for talk, _ in part],
                    "agents": [agent for _, agent in part],
                    "reasons": ["By turn."] * len(part),
                    "actor": "",
                    "tenant": house.tenant_id,
                    "user": None,
                    "at": now(),
                }
                tenant = [str(house.tenant_id)]
                driver.execute("select set_config('app.tenant_id', %s, true)", tenant)
                driver.execute(words, values, prepare=True)
                driver.commit()

    return run


def behind_the_head(house: Installation, members: list[int], database: str) -> None:
    """From a message's arrival to its agent, behind 150 whom nobody can be given."""
    from plugins.routing.models import Case

    with house.tenant() as session:
        here = session.scalars(select(Channel)).one()
        allocated = [{"member_id": each, "channel_id": here.id} for each in members]
        insert_unnamed(session, Allocation, [{**each, "capacity": None} for each in allocated])
        session.get_one(Tenant, house.tenant_id).limits_agents = True
        lonely = add_channel(session, "Nobody's", "+628110000002")
        for talk in wait(session, lonely, HEAD, "+62815"):
            conversation = session.get_one(Conversation, talk)
            at = {"channel_id": lonely.id, "contact_id": conversation.contact_id}
            session.add(Case(**at, conversation_id=talk, state="queued"))
    house.desk.jobs.run_pending()
    seconds = []
    for n in range(20):
        begun = time.perf_counter()
        with house.tenant() as session:
            receive(session, session.get_one(Channel, here.id), _message(n))
        house.desk.jobs.run_pending()
        seconds.append(time.perf_counter() - begun)
    with house.tenant(write=False) as session:
        newest = select(Conversation).order_by(Conversation.id.desc()).limit(20)
        assert all(talk.assignee_id for talk in session.scalars(newest))  # noqa: S101 - no figure else
    show(
        Figure(
            "routing",
            f"the 151st behind 150 unassignable, p95 ({database})",
            (percentile(seconds, 0.95),),
            "a second",
            1.0,
            at_most=True,
        )
    )


def _message(n: int) -> InboundMessage:
    return InboundMessage(
        provider_id=f"wamid.{n}",
        kind=MessageKind.TEXT,
        addresses=(Address(IdentityKind.PHONE, f"+62816{n:08}"),),
        text="Halo",
        sent_at=now(),
    )


def _parts(share: Share, at_once: int) -> Iterator[Share]:
    for start in range(0, len(share), at_once):
        yield share[start : start + at_once]


if __name__ == "__main__":
    main()
