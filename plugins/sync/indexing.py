"""The search words of whom a large run adds, in sets of their own.

A contact has some fourteen words, which stand all over the index: a set of a thousand contacts
would write most of its pages anew, and so would the next. Ten thousand write them once. So a large
run brings contacts without, and every ten thousand rows a step keeps their words; whoever is edited
or written meanwhile has theirs from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.api import Contact, TenantSession, enqueue, index_contacts
from plugins.sync import runs
from plugins.sync.models import Change, Run, RunKind, RunState, Staged

CONTACTS_AT_ONCE = 10_000


def is_large(run: Run) -> bool:
    """Whether the words of the run's contacts come in steps of their own."""
    writes = not run.is_preview and run.kind is not RunKind.PUSH
    return writes and run.total > CONTACTS_AT_ONCE


def is_due(run: Run, before: int) -> bool:
    """Whether it is time for a step, after rows that followed the first `before`."""
    return is_large(run) and before // CONTACTS_AT_ONCE != run.done // CONTACTS_AT_ONCE


def next_step(session: TenantSession, run: Run) -> None:
    """Have words kept, then the run go on."""
    enqueue(session, "sync.index", {"run_id": run.id}, lane=runs.lane_of(run.device_id))


def index_some(session: TenantSession, payload: dict[str, Any]) -> None:
    """Keep the words of the next contacts; after the last of them the run goes on, or ends."""
    run = session.get(Run, payload["run_id"])
    if run is None:
        return
    added = session.execute(
        select(Change.id, Change.contact_id)
        .where(
            Change.run_id == run.id,
            Change.fate == "",
            Change.id > run.indexed_to,
            Change.is_added,
        )
        .order_by(Change.id)
        .limit(CONTACTS_AT_ONCE)
    ).all()
    contact_ids = [change.contact_id for change in added]
    session.execute(  # nobody edits or erases them between the look and the words
        select(Contact.id)
        .where(Contact.id.in_(contact_ids))
        .order_by(Contact.id)
        .with_for_update(key_share=True)
    )
    _keep_words(session, contact_ids)
    if added:
        run.indexed_to = added[-1].id
    if len(added) == CONTACTS_AT_ONCE:
        next_step(session, run)
    elif run.state is RunState.APPLYING and _has_rows(session, run):
        runs.next_step(session, run)
    elif run.state is RunState.APPLYING:
        runs.finish(session, run)


def _has_rows(session: TenantSession, run: Run) -> bool:
    return session.scalar(select(Staged.id).where(Staged.run_id == run.id).limit(1)) is not None


def _keep_words(session: TenantSession, contact_ids: Sequence[int]) -> None:
    """As of new contacts, whose words need no look-up: that some were edited meanwhile is rare."""
    try:
        with session.begin_nested():
            index_contacts(session, contact_ids, are_new=True)
    except IntegrityError:
        index_contacts(session, contact_ids)


def gave_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The last attempt is used up: the run ends, as it does where it can't be worked on."""
    run = session.get(Run, payload["run_id"])
    if run is not None:
        runs.fail(session, run, reason)
