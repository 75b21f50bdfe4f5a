"""Giving conversations to agents in sets: never more than an agent's capacity, none twice.

One statement claims the conversations that still have nobody, promises them within each agent's
capacity, hands them over with their reply tasks, and logs it. Reading an agent's load first and
writing it then put 742 of 900 agents over their capacity. On SQLite the same steps run in its one
writer's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from core.audit import current_actor
from core.events import ConversationAssigned, publish_all
from core.live import tell
from core.models import Assignment, AuditEntry
from core.models.base import UtcDateTime, now
from core.services import tasks
from core.tenancy.bulk import insert_unnamed
from core.tenancy.session import TenantSession


@dataclass(frozen=True, slots=True)
class Gift:
    """A conversation for an agent; `reason` is one sentence."""

    conversation_id: int
    agent_id: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a given conversation lives."""

    channel_id: int
    division_id: int | None


def give(session: TenantSession, gifts: Sequence[Gift]) -> set[int]:
    """Hand out what can be handed out; the conversations that went to their agents.

    Left out: what is closed, gone or has somebody, and all gifts of one agent that together exceed
    what is free at this moment: ask again with fewer.
    """
    if not gifts:
        return set()
    session.flush()
    given = _give_as_set(session, gifts) if _is_postgres(session) else _give_each(session, gifts)
    session.expire_all()  # written behind the session's back
    _tell_of(session, [gift for gift in gifts if gift.conversation_id in given], given)
    return set(given)


def _give_as_set(session: TenantSession, gifts: Sequence[Gift]) -> dict[int, _Where]:
    rows = session.execute(
        AS_SET,
        {
            "conversations": [gift.conversation_id for gift in gifts],
            "agents": [gift.agent_id for gift in gifts],
            "reasons": [gift.reason[:300] for gift in gifts],
            "actor": current_actor().name[:80],
            **_stamp(session),
        },
        execution_options=_OWN_WALL,
    )
    return {row.id: _Where(row.channel_id, row.division_id) for row in rows}


def _give_each(session: TenantSession, gifts: Sequence[Gift]) -> dict[int, _Where]:
    given: dict[int, _Where] = {}
    wanted: dict[int, list[Gift]] = {}
    for gift in gifts:
        wanted.setdefault(gift.agent_id, []).append(gift)
    own = _stamp(session)
    for agent_id, theirs in wanted.items():
        mine = {"agent": agent_id, "count": len(theirs), **own}
        if not _run(session, _PROMISE, mine):
            continue
        for gift in theirs:
            asked = {"conversation": gift.conversation_id, "agent": agent_id, **own}
            taken = session.execute(_TAKE, asked, execution_options=_OWN_WALL).first()
            if taken is None:
                _run(session, _TAKE_BACK, {"agent": agent_id, **own})
                continue
            given[gift.conversation_id] = _Where(taken.channel_id, taken.division_id)
    _log_each(session, [gift for gift in gifts if gift.conversation_id in given], given)
    tasks.follow_assignee(session, given)
    return given


def _log_each(session: TenantSession, gifts: Sequence[Gift], where: Mapping[int, _Where]) -> None:
    actor, own = current_actor(), _stamp(session)
    assignments = [
        {
            "conversation_id": gift.conversation_id,
            "agent_id": gift.agent_id,
            "division_id": where[gift.conversation_id].division_id,
            "by_user_id": own["user"],
            "reason": gift.reason[:300],
            "at": own["at"],
        }
        for gift in gifts
    ]
    insert_unnamed(session, Assignment, assignments)
    entries = [
        {
            "user_id": actor.user_id,
            "actor": actor.name[:80],
            "action": "assign",
            "noun": "conversation",
            "row_id": gift.conversation_id,
            "label": "",
            "changes": {"assignee": [None, gift.agent_id]},
        }
        for gift in gifts
    ]
    insert_unnamed(session, AuditEntry, entries)


def _tell_of(session: TenantSession, gifts: Sequence[Gift], where: Mapping[int, _Where]) -> None:
    publish_all(
        session,
        [
            ConversationAssigned(
                conversation_id=gift.conversation_id,
                assignee_id=gift.agent_id,
                division_id=where[gift.conversation_id].division_id,
            )
            for gift in gifts
        ],
    )
    for gift in gifts:
        # with its channel, or each is looked up by a statement of its own
        channel_id = where[gift.conversation_id].channel_id
        tell(session, "conversation", conversation=gift.conversation_id, channel=channel_id)


def _stamp(session: TenantSession) -> dict[str, Any]:
    return {"tenant": session.tenant_id, "at": now(), "user": current_actor().user_id}


def _run(session: TenantSession, statement: Any, values: dict[str, Any]) -> int:
    done = session.execute(statement, values, execution_options=_OWN_WALL)
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result counts


def _is_postgres(session: TenantSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


_OWN_WALL = {"tenant_unsafe": True}  # each names its tenant, below

_MOMENT = bindparam("at", type_=UtcDateTime)

# conversations before memberships, each by id: as people who assign lock them
AS_SET = text("""
    with asked as (
        select * from unnest(:conversations, :agents, :reasons) as a(conversation, agent, reason)),
    free as (
        select c.id, asked.agent, asked.reason
        from conversation c join asked on asked.conversation = c.id
        where c.tenant_id = :tenant and c.assignee_id is null and c.state <> 'closed'
        order by c.id for update of c),
    wanted as (select agent, count(*) as number from free group by agent order by agent),
    promised as (
        update membership m set promised = m.promised + wanted.number from wanted
        where m.tenant_id = :tenant and m.id = wanted.agent and m.is_active
            and m.open_count + m.promised + wanted.number <= m.capacity
        returning m.id),
    taken as (
        update conversation c set assignee_id = free.agent, updated_at = :at
        from free join promised on promised.id = free.agent
        where c.id = free.id and c.tenant_id = :tenant
        returning c.id, c.channel_id, c.contact_id, c.division_id, free.agent, free.reason),
    logged as (
        insert into assignment
            (tenant_id, conversation_id, agent_id, division_id, by_user_id, reason, at)
        select :tenant, id, agent, division_id, cast(:user as integer), reason, :at
        from taken order by id),
    audited as (
        insert into audit_entry
            (tenant_id, at, user_id, actor, action, noun, row_id, label, changes)
        select :tenant, :at, cast(:user as integer), :actor, 'assign', 'conversation', id, '',
            jsonb_build_object('assignee', jsonb_build_array(null, agent))
        from taken order by id),
    followed as (
        update task t set agent_id = taken.agent, updated_at = :at from taken
        where t.tenant_id = :tenant and t.kind = 'reply' and t.done_at is null
            and t.contact_id = taken.contact_id and t.channel_id = taken.channel_id
            and t.conversation_id = taken.id)
    select id, channel_id, division_id from taken""").bindparams(
    bindparam("conversations", type_=ARRAY(Integer)),
    bindparam("agents", type_=ARRAY(Integer)),
    bindparam("reasons", type_=ARRAY(String)),
    bindparam("actor", type_=String),
    _MOMENT,
)

_PROMISE = text("""
    update membership set promised = promised + :count
    where tenant_id = :tenant and id = :agent and is_active
        and open_count + promised + :count <= capacity""")

_TAKE_BACK = text("""
    update membership set promised = promised - 1 where tenant_id = :tenant and id = :agent""")

_TAKE = text("""
    update conversation set assignee_id = :agent, updated_at = :at
    where tenant_id = :tenant and id = :conversation
        and assignee_id is null and state <> 'closed'
    returning id, channel_id, division_id""").bindparams(_MOMENT)
