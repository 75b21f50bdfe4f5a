"""Reply tasks: opened by an inbound message, closed by an answer (D10, D12, D15)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from core.events import TaskClosed, TaskOpened, publish
from core.live import tell
from core.models import Contact, Conversation, Message, Task, TaskKind
from core.models.base import now
from core.tenancy.session import TenantSession


def open_reply_task(session: TenantSession, conversation: Conversation, message: Message) -> Task:
    """The open reply task of this contact on this channel; the first deadline stands."""
    task = _open_reply_task(session, conversation)
    if task is not None:
        return task
    task = Task(
        kind=TaskKind.REPLY,
        title=str(conversation.contact)[:200],
        deadline=message.created_at,
        contact_id=conversation.contact_id,
        channel_id=conversation.channel_id,
        conversation_id=conversation.id,
        card_id=message.card_id,
        agent_id=conversation.assignee_id,
    )
    session.add(task)
    session.flush()
    publish(session, TaskOpened(task_id=task.id, kind=task.kind.value))
    tell(session, "task", task=task.id)
    return task


def open_todo(
    session: TenantSession, conversation: Conversation, title: str, agent_id: int | None = None
) -> Task:
    """Something to do about a conversation, now; by `agent_id`, or by whoever is there."""
    task = Task(
        kind=TaskKind.TODO,
        title=title[:200],
        deadline=now(),
        contact_id=conversation.contact_id,
        channel_id=conversation.channel_id,
        conversation_id=conversation.id,
        agent_id=agent_id,
    )
    return _opened(session, task)


def open_todo_about(
    session: TenantSession,
    contact: Contact,
    title: str,
    deadline: datetime,
    agent_id: int | None = None,
) -> Task:
    """Something to do about a person, by a deadline; there may be no conversation with them."""
    task = Task(
        kind=TaskKind.TODO,
        title=title[:200],
        deadline=deadline,
        contact_id=contact.id,
        agent_id=agent_id,
    )
    return _opened(session, task)


def _opened(session: TenantSession, task: Task) -> Task:
    session.add(task)
    session.flush()
    publish(session, TaskOpened(task_id=task.id, kind=task.kind.value))
    tell(session, "task", task=task.id)
    return task


def follow_assignee(session: TenantSession, conversation_ids: Collection[int]) -> None:
    """The open reply tasks of conversations become their assignees', or nobody's."""
    assignee = select(Conversation.assignee_id).where(Conversation.id == Task.conversation_id)
    session.execute(
        update(Task)
        .where(
            Task.kind == TaskKind.REPLY,
            Task.done_at.is_(None),
            Task.conversation_id.in_(conversation_ids),
        )
        .values(agent_id=assignee.scalar_subquery(), updated_at=now())
        .execution_options(synchronize_session=False)
    )


def close_reply_task(session: TenantSession, conversation: Conversation, at: datetime) -> None:
    """An answer went out: nothing to reply to any more."""
    task = _open_reply_task(session, conversation)
    if task is not None:
        finish(session, task, at)


def finish(session: TenantSession, task: Task, at: datetime) -> None:
    """Mark a task as done; done twice is done once."""
    if task.done_at is not None:
        return
    task.done_at = at
    session.flush()
    publish(session, TaskClosed(task_id=task.id, kind=task.kind.value))
    tell(session, "task", task=task.id)


def _open_reply_task(session: TenantSession, conversation: Conversation) -> Task | None:
    # locked: an answer that closes it at this moment must not swallow the message that came after
    return session.scalar(
        select(Task)
        .where(
            Task.kind == TaskKind.REPLY,
            Task.contact_id == conversation.contact_id,
            Task.channel_id == conversation.channel_id,
            Task.done_at.is_(None),
        )
        .with_for_update()
    )
