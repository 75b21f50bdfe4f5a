"""Which jobs' time and turn have come. Readable SQL, because everything else waits for it.

A lane is held by a job of it that is leased, or by an earlier one that is due or was tried. One
that was never tried and is due later doesn't hold it: a reminder for Monday stops no conversation.

The oldest rows are looked at first, and no more than `WINDOW` of them: with a hundred thousand jobs
behind a held one, a claim that skipped past them all would take as long as all of them. Where such
a lane fills the window, a second look finds what stands behind it lane by lane. States are literals
and not parameters: SQLite would not see that a partial index fits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, TextClause, bindparam, text

from core.models.base import UtcDateTime
from core.tenancy.session import SystemSession

WINDOW = 400  # the oldest due rows that a claim looks at
_LANES = 5000  # lanes that a second look goes through; more than can be in flight


class Due(NamedTuple):
    """A job that may be leased now."""

    id: int
    tenant_id: int | None
    actor: str
    lane: str | None
    attempts: int
    crowd: str | None


class Follower(NamedTuple):
    """A job behind another of its lane."""

    id: int
    tenant_id: int
    actor: str
    lane: str
    attempts: int
    queue: str
    due_at: datetime
    failures: int


def due(
    session: SystemSession,
    queue: str,
    moment: datetime,
    limit: int,
    full: Collection[str] = (),
) -> list[Due]:
    """Ready jobs of a queue whose time and turn have come, oldest first; one of each lane.

    Without those of the crowds that are `full`.
    """
    values: dict[str, Any] = {"queue": queue, "now": moment, "window": WINDOW, "limit": limit}
    values["full"] = list(full) or [""]
    found = [Due(*row) for row in session.execute(_OLDEST, values)]
    if len(found) == limit or not session.scalar(_IS_MORE, values):
        return found
    seen = {row.id for row in found}
    values["lanes"] = _LANES
    dialect = session.get_bind().dialect.name
    for statement in (_FREE[dialect], _OF_SYSTEM[dialect], _LANE_BY_LANE[dialect]):
        values["limit"] = limit  # what the first look found comes again, and is left out
        for row in session.execute(statement, values):
            if row.id not in seen and len(found) < limit:
                seen.add(row.id)
                found.append(Due(*row))
    return found


def next_due(session: SystemSession, queue: str, moment: datetime) -> datetime | None:
    """When the queue's next job that isn't due yet will be, or None."""
    found: datetime | None = session.scalar(_NEXT, {"queue": queue, "now": moment})
    return found


def followers(session: SystemSession, heads: list[int], each: int) -> list[Follower]:
    """The ready jobs behind `heads` in their lanes, by id, at most `each` of one lane.

    Due or not, of whatever actor and queue: the caller sees where a lane's run ends.
    """
    return [Follower(*row) for row in session.execute(_FOLLOWERS, {"heads": heads, "each": each})]


_COLUMNS = "c.id, c.tenant_id, c.actor, c.lane, c.attempts, c.crowd"
_ROOM = "(c.crowd is null or c.crowd not in :full)"

# Two cases, since no index finds a NULL by `is not distinct from`. The earlier one is asked for in
# the index's own order: to PostgreSQL `exists` in a lane that is most of the table reads the table.
_HELD = """(
        exists (select 1 from job o where o.state = 'leased'
            and o.lane = c.lane and o.tenant_id = c.tenant_id)
        or (select o.id from job o where o.state = 'ready'
            and o.lane = c.lane and o.tenant_id = c.tenant_id and o.id < c.id
            and (o.due_at <= :now or o.attempts > 0)
            order by o.lane, o.tenant_id, o.state, o.id limit 1) is not null
        or c.tenant_id is null and (
            exists (select 1 from job o where o.state = 'leased'
                and o.lane = c.lane and o.tenant_id is null)
            or (select o.id from job o where o.state = 'ready'
                and o.lane = c.lane and o.tenant_id is null and o.id < c.id
                and (o.due_at <= :now or o.attempts > 0)
                order by o.lane, o.tenant_id, o.state, o.id limit 1) is not null))"""


def _sql(statement: str, *expanding: str) -> TextClause:
    for name, text_ in (("COLUMNS", _COLUMNS), ("HELD", _HELD), ("ROOM", _ROOM)):
        statement = statement.replace(name, text_)
    known: list[BindParameter[Any]] = [bindparam(name, expanding=True) for name in expanding]
    if ":full" in statement:
        known.append(bindparam("full", expanding=True))
    if ":now" in statement:
        known.append(bindparam("now", type_=UtcDateTime))
    return text(statement).bindparams(*known)


_OLDEST = _sql(
    """
    select COLUMNS from (
        select COLUMNS, c.due_at from job c
        where c.state = 'ready' and c.queue = :queue and c.due_at <= :now and ROOM
        order by c.due_at, c.id limit :window) c
    where c.lane is null or not HELD
    order by c.due_at, c.id limit :limit"""
)

_IS_MORE = _sql("""
    select 1 from job c
    where c.state = 'ready' and c.queue = :queue and c.due_at <= :now and ROOM
    order by c.due_at, c.id limit 1 offset :window""")

# By cost alone SQLite would take the index of all ready rows, and pass a deep lane row by row.
_FREE_TEXT = """
    select COLUMNS from job c indexed by ix_job_free
    where c.state = 'ready' and c.lane is null and c.queue = :queue and c.due_at <= :now
        and ROOM
    order by c.due_at, c.id limit :limit"""
_FREE = {
    "sqlite": _sql(_FREE_TEXT),
    "postgresql": _sql(_FREE_TEXT.replace(" indexed by ix_job_free", "")),
}

_OF_SYSTEM_TEXT = """
    select COLUMNS from job c indexed by ix_job_tenant
    where c.state = 'ready' and c.tenant_id is null and c.lane is not null
        and c.queue = :queue and c.due_at <= :now and ROOM and not HELD
    order by c.due_at, c.id limit :limit"""
_OF_SYSTEM = {
    "sqlite": _sql(_OF_SYSTEM_TEXT),
    "postgresql": _sql(_OF_SYSTEM_TEXT.replace(" indexed by ix_job_tenant", "")),
}

# The first due job of each lane in turn, found by skipping in the index: to the lane's next tenant,
# else to the next lane. Not by `(lane, tenant_id) > (…)`: SQLite would pass a deep lane row by row.
_LANE_BY_LANE_TEXT = """
    with recursive head(lane, tenant_id, id) as (
        select j.lane, j.tenant_id, j.id from job j where j.id = (
            select o.id from job o
            where o.state = 'ready' and o.lane is not null and o.tenant_id is not null
                and o.due_at <= :now
            order by o.lane, o.tenant_id, o.state, o.id limit 1)
        union all
        select j.lane, j.tenant_id, j.id from head, job j where j.id = coalesce(
            (select o.id from job o
            where o.state = 'ready' and o.due_at <= :now
                and o.lane = head.lane and o.tenant_id > head.tenant_id
            order by o.lane, o.tenant_id, o.state, o.id limit 1),
            (select o.id from job o
            where o.state = 'ready' and o.due_at <= :now
                and o.lane > head.lane and o.tenant_id is not null
            order by o.lane, o.tenant_id, o.state, o.id limit 1)))
    select COLUMNS from (select id from head limit :lanes) h join job c on c.id = h.id
    where c.queue = :queue and ROOM and not HELD
    limit :limit"""
_LANE_BY_LANE = {
    "postgresql": _sql(_LANE_BY_LANE_TEXT),
    # SQLite sorts by a range of the index only so far; what it finds first is the index's first
    "sqlite": _sql(
        _LANE_BY_LANE_TEXT.replace(
            "order by o.lane, o.tenant_id, o.state, o.id limit 1)",
            "order by o.lane, o.tenant_id limit 1)",
        )
    ),
}

_NEXT = _sql("""
    select due_at from job where state = 'ready' and queue = :queue and due_at > :now
    order by due_at limit 1""").columns(due_at=UtcDateTime)

_FOLLOWERS = _sql(
    """
    with recursive run(id, lane, tenant_id, depth) as (
        select id, lane, tenant_id, 0 from job where id in :heads
        union all
        select (select min(o.id) from job o where o.state = 'ready'
                and o.lane = run.lane and o.tenant_id = run.tenant_id and o.id > run.id),
            run.lane, run.tenant_id, run.depth + 1
        from run where run.depth < :each and run.id is not null)
    select j.id, j.tenant_id, j.actor, j.lane, j.attempts, j.queue, j.due_at, j.failures
    from run join job j on j.id = run.id
    where run.depth > 0 order by j.id""",
    "heads",
).columns(due_at=UtcDateTime)
