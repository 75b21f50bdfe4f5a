"""The reply tasks of a run: `services.tasks` in memory."""

from __future__ import annotations

from core.events import TaskClosed, TaskOpened
from core.models import TaskKind
from core.services.receive_many.rows import ConversationRow, MessageRow, TaskRow, known
from core.services.receive_many.run import Run


def open_reply_task(run: Run, conversation: ConversationRow, message: MessageRow) -> None:
    """The open reply task of this contact on this channel; the first deadline stands."""
    person = conversation.person
    if person.task is not None:
        return
    label = person.label
    task = TaskRow(
        None,
        title=label[:200] if label else None,
        deadline=run.moment,
        conversation=conversation,
        card=message.card,
        agent_id=conversation.assignee_id,
    )
    person.task = task
    run.tasks.append(task)
    run.events.append(lambda: TaskOpened(task_id=known(task.id), kind=TaskKind.REPLY.value))
    _tell(run, task)


def close_reply_task(run: Run, conversation: ConversationRow) -> None:
    """An answer went out: nothing to reply to any more."""
    task, conversation.person.task = conversation.person.task, None
    if task is None:
        return
    task.done_at = run.moment
    run.change(task)
    run.events.append(lambda: TaskClosed(task_id=known(task.id), kind=TaskKind.REPLY.value))
    _tell(run, task)


def _tell(run: Run, task: TaskRow) -> None:
    run.told[task] = lambda: ("task", {"task": known(task.id)})
