"""What is to be done: the tasks of a person, the most overdue first, with what they answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import joinedload

from core.errors import NotFound
from core.models import Conversation, Direction, Membership, Message, Task, TaskKind
from core.tenancy.session import TenantSession
from core.words import say

SHOWN = 100


@dataclass(frozen=True)
class Todo:
    """An open task, and for a reply task the last message of its conversation's customer."""

    task: Task
    last: Message | None


def open_tasks(session: TenantSession, member_id: int | None, *, everybody: bool) -> list[Todo]:
    """Up to 100 open tasks: replies first, each group by deadline. Two queries.

    Without `everybody`: the asker's and nobody's.
    """
    is_reply = case((Task.kind == TaskKind.REPLY, 0), else_=1)
    query = _open().order_by(is_reply, Task.deadline, Task.id).limit(SHOWN)
    if not everybody:
        query = query.where(or_(Task.agent_id == member_id, Task.agent_id.is_(None)))
    return _with_messages(session, session.scalars(query).all())


def still_open(session: TenantSession, ids: Collection[int]) -> list[Todo]:
    """Those of `ids` that are open now, for a live page."""
    query = _open().where(Task.id.in_(ids)).order_by(Task.deadline, Task.id)
    return _with_messages(session, session.scalars(query).all())


def get(session: TenantSession, task_id: int) -> Task:
    """One of this tenant's tasks. Raises NotFound."""
    task: Task | None = session.get(Task, task_id)
    if task is None:
        raise NotFound(say("There is no such task."))
    return task


def _open() -> Select[Task]:
    return (
        select(Task)
        .where(Task.done_at.is_(None))
        .options(
            joinedload(Task.contact),
            joinedload(Task.channel),
            joinedload(Task.conversation).joinedload(Conversation.channel),
            joinedload(Task.agent).joinedload(Membership.user),
        )
    )


def _with_messages(session: TenantSession, tasks: Collection[Task]) -> list[Todo]:
    talks = {task.conversation_id for task in tasks if task.kind is TaskKind.REPLY}
    newest = (
        select(func.max(Message.id))
        .where(Message.conversation_id.in_(talks), Message.direction == Direction.IN)
        .group_by(Message.conversation_id)
    )
    last = {}
    if talks:
        found = session.scalars(select(Message).where(Message.id.in_(newest)))
        last = {message.conversation_id: message for message in found}
    return [Todo(task, last.get(task.conversation_id or 0)) for task in tasks]
