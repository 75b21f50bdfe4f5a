"""What the rules did, and why not: for the history, the customer's card and the list's counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from core.api import Contact, NotFound, TenantSession, say
from plugins.automation import clock
from plugins.automation.models import Rule, Run, RunState

SHOWN = 50
COUNTED = timedelta(days=30)

STATES = {
    RunState.SCHEDULED: say("Scheduled"),
    RunState.DONE: say("Done"),
    RunState.SKIPPED: say("Skipped"),
    RunState.FAILED: say("Not sent"),
    RunState.STOPPED: say("Stopped"),
    RunState.CANCELLED: say("Cancelled"),
}
COLOURS = {
    RunState.SCHEDULED: "blue",
    RunState.DONE: "green",
    RunState.SKIPPED: "secondary",
    RunState.FAILED: "red",
    RunState.STOPPED: "orange",
    RunState.CANCELLED: "secondary",
}


@dataclass
class Tally:
    """What one rule came to in the last 30 days, by state; `waiting` whenever it began."""

    by_state: dict[RunState, int] = field(default_factory=dict)

    def of(self, *states: RunState) -> int:
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def done(self) -> int:
        return self.of(RunState.DONE)

    @property
    def not_done(self) -> int:
        return self.of(RunState.FAILED, RunState.STOPPED)

    @property
    def waiting(self) -> int:
        return self.of(RunState.SCHEDULED)


def tallies(session: TenantSession, rules: Collection[Rule]) -> dict[int, Tally]:
    """For each rule, in one statement."""
    found = {rule.id: Tally() for rule in rules}
    rows = session.execute(
        select(Run.rule_id, Run.state, func.count(Run.id))
        .where(Run.rule_id.in_(found), Run.created_at > clock.now() - COUNTED)
        .group_by(Run.rule_id, Run.state)
    )
    for rule_id, state, number in rows:
        found[rule_id].by_state[state] = number
    return found


def runs(
    session: TenantSession,
    *,
    rule_id: int | None = None,
    subject: str = "",
    state: str = "",
    before: int | None = None,
) -> list[Run]:
    """A page of the history, the newest first; `before` is the last id of the page before."""
    query = select(Run).options(
        joinedload(Run.rule), joinedload(Run.contact), joinedload(Run.message)
    )
    if rule_id is not None:
        query = query.where(Run.rule_id == rule_id)
    if subject:
        query = query.where(Run.subject == subject)
    if state in {each.value for each in RunState}:
        query = query.where(Run.state == RunState(state))
    if before is not None:
        query = query.where(Run.id < before)
    return list(session.scalars(query.order_by(Run.id.desc()).limit(SHOWN)))


def of_customer(session: TenantSession, contact: Contact, limit: int) -> Sequence[Run]:
    """What was done about a person, over all their contacts, the newest first."""
    members = select(Contact.id).where(Contact.customer_id == contact.customer_id)
    return session.scalars(
        select(Run)
        .where(Run.contact_id.in_(members))
        .options(joinedload(Run.rule), joinedload(Run.message))
        .order_by(Run.id.desc())
        .limit(limit)
    ).all()


def get(session: TenantSession, run_id: int) -> Run:
    """One run. Raises NotFound."""
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(say("There is no such run."))
    return run
