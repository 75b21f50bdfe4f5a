"""Decisions a second on PostgreSQL, beside the bare atomic statement and a Redis Lua script.

Three things give the same number of conversations to 200 agents, in turn: a Lua script that claims
a conversation and counts its agent, one call each; `core.services.giving.give`, one gift and fifty
gifts a transaction; and routing's own `deal`, which reads the agents, asks the policy and keeps the
log as well.

    python -m benchmarks.routing [--conversations 2000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta

import redis
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import text
from werkzeug.security import generate_password_hash

from benchmarks._databases import on_postgres
from benchmarks.figures import Figure, show
from core.inbound import IdentityKind
from core.models import Channel, Conversation, Identity, Tenant
from core.models.base import now
from core.services.giving import Gift, give
from core.services.start import conversation_with
from core.services.tenants import add_member
from core.tenancy.bulk import insert_rows, insert_unnamed
from core.testing.databases import run_redis
from core.testing.installation import Installation, installation
from plugins import BUILTIN

AGENTS = 200
ROUNDS = 3
SINGLE_GOAL, BATCH_GOAL = 0.20, 0.85
CLAIM = """
    if redis.call('hsetnx', 'holder', ARGV[1], ARGV[2]) == 0 then return 0 end
    if redis.call('hincrby', 'load', ARGV[2], 1) > tonumber(ARGV[3]) then
        redis.call('hincrby', 'load', ARGV[2], -1)
        redis.call('hdel', 'holder', ARGV[1])
        return 0
    end
    return 1"""


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
    with house.cloud(module="") as line, house.tenant() as session:
        house.desk.host.switches.enable(session, "routing")
        channel = session.get_one(Channel, line.channel_id)
        contact_id = conversation_with(session, channel, "+6281300000000").contact_id
        addresses = [
            {"contact_id": contact_id, "kind": IdentityKind.PHONE, "address": f"+62814{n:08}"}
            for n in range(number)
        ]
        at = {"channel_id": channel.id, "contact_id": contact_id, "waiting_since": now()}
        identities = insert_rows(session, Identity, addresses)
        rows = [{**at, "identity_id": each} for each in identities]
        talks = insert_rows(session, Conversation, rows)
    return members, talks


def reset(house: Installation, talks: list[int]) -> None:
    """Everything waits again."""
    from plugins.routing.models import Case

    with house.desk.database.system() as system:
        system.execute(text("update conversation set assignee_id = null"))
        for table in ("assignment", "audit_entry", "job", "routing_decision", "routing_case"):
            system.execute(text(f"delete from {table}"))  # noqa: S608 - fixed words
        system.execute(text("update membership set promised = 0, beyond = 0"))
    with house.tenant() as session:
        rows = session.execute(
            text(
                "select id, channel_id, contact_id from conversation"
                " where waiting_since is not null order by id"
            ),
            execution_options={"tenant_unsafe": True},
        ).all()
        insert_unnamed(
            session,
            Case,
            [
                {
                    "conversation_id": row.id,
                    "channel_id": row.channel_id,
                    "contact_id": row.contact_id,
                    "state": "queued",
                }
                for row in rows
            ],
        )


def rate(number: int, work: Callable[[], None]) -> float:
    """How many of `number` a second."""
    begun = time.perf_counter()
    work()
    return number / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=2000)
    number = parser.parse_args().conversations
    with (
        on_postgres() as settings,
        run_redis() as redis_url,
        installation(settings, BUILTIN) as house,
    ):
        members, talks = fill(house, number)
        measure(house, redis.Redis.from_url(redis_url), members, talks)


def measure(house: Installation, store: redis.Redis, members: list[int], talks: list[int]) -> None:
    """Print the ratios of some rounds."""
    from plugins.routing.dealing import deal

    gifts = [Gift(talk, members[n % AGENTS], "By turn.") for n, talk in enumerate(talks)]
    claim = store.register_script(CLAIM)

    def by_lua() -> None:
        store.flushall()
        for gift in gifts:
            claim(args=[gift.conversation_id, gift.agent_id, 1000])

    def by_gifts(at_once: int) -> None:
        for start in range(0, len(gifts), at_once):
            with house.tenant() as session:
                given = give(session, gifts[start : start + at_once])
            assert len(given) == len(gifts[start : start + at_once])  # noqa: S101 - or it is no figure

    def by_dealing() -> None:
        switches = house.desk.host.switches
        left = len(gifts)
        while left:
            with house.tenant() as session, switches.pinned(session):
                left -= deal(session)

    found: dict[str, list[float]] = {"lua": [], "single": [], "batch": [], "deal": []}
    for _round in range(ROUNDS):
        found["lua"].append(rate(len(gifts), by_lua))
        for name, work in (
            ("single", lambda: by_gifts(1)),
            ("batch", lambda: by_gifts(50)),
            ("deal", by_dealing),
        ):
            reset(house, talks)
            found[name].append(rate(len(gifts), work))

    def ratios(name: str, peer: str) -> tuple[float, ...]:
        return tuple(a / b for a, b in zip(found[name], found[peer], strict=True))

    def detail(*names: str) -> str:
        return ", ".join(f"{name} {max(found[name]):,.0f}/s" for name in names)

    show(
        Figure(
            "routing",
            "single statement",
            ratios("single", "lua"),
            "a Redis Lua script",
            SINGLE_GOAL,
            detail=detail("single", "lua"),
        )
    )
    show(
        Figure(
            "routing",
            "batch of 50",
            ratios("batch", "lua"),
            "a Redis Lua script",
            BATCH_GOAL,
            detail=detail("batch", "lua"),
        )
    )
    show(
        Figure(
            "routing",
            "whole decision",
            ratios("deal", "batch"),
            "the bare statement",
            detail=detail("deal", "batch"),
        )
    )


if __name__ == "__main__":
    main()
