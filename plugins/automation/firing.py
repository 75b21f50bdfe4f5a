"""A trigger went off: each rule that waits for it claims its run, once for a subject and episode.

The claim is a row under a unique key, written in the event's own transaction together with the job
that works it. Whoever comes second finds the row and does nothing (B12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.api import TenantSession, enqueue, say
from plugins.automation import clock
from plugins.automation.models import Rule, Run, RunState

MOST_DEPTH = 5
"""Rules that trigger each other: the sixth in a row is stopped, and says so."""

MOST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One trigger, gone off once. `subject` is `order:12`, `episode` which time around it is.

    `depth`: how many rules stand between it and what a person did. `meets` says whether a rule
    that asks for something in particular (a label) means this one.
    """

    trigger: str
    contact_id: int
    subject: str
    episode: str = "1"
    depth: int = 0
    given: Mapping[str, str] = field(default_factory=dict)
    meets: Callable[[Rule], bool] = lambda rule: True


def rules_of(session: TenantSession, trigger: str) -> list[Rule]:
    """The rules that wait for a trigger and are on, the oldest first."""
    return list(
        session.scalars(
            select(Rule)
            .where(Rule.trigger == trigger, Rule.is_on, Rule.archived_at.is_(None))
            .order_by(Rule.id)
        )
    )


def fire(session: TenantSession, happened: Occurrence) -> list[Run]:
    """Ask every rule that means this; the runs that are new."""
    found = []
    for rule in rules_of(session, happened.trigger):
        if happened.meets(rule):
            run = claim(
                session, rule, happened, clock.now() + timedelta(minutes=rule.delay_minutes)
            )
            if run is not None:
                found.append(run)
    return found


def claim(
    session: TenantSession,
    rule: Rule,
    happened: Occurrence,
    due_at: datetime,
    *,
    wall: str = "",
    zone: str = "",
) -> Run | None:
    """The run of a rule for this subject and episode; None where there is one already."""
    run = Run(
        rule_id=rule.id,
        trigger=happened.trigger,
        subject=happened.subject,
        episode=happened.episode,
        contact_id=happened.contact_id,
        given=dict(happened.given),
        depth=happened.depth,
        due_at=due_at,
        wall=wall,
        zone=zone,
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError:
        return None
    if happened.depth >= MOST_DEPTH:
        end(run, RunState.STOPPED, "depth", say(
            "%(most)s rules in a row have triggered each other: this one was stopped.",
            most=MOST_DEPTH,
        ))  # fmt: skip
    else:
        schedule(session, run)
    return run


def run_of(session: TenantSession, rule: Rule, subject: str, episode: str) -> Run | None:
    """The run that has the claim, locked."""
    return session.scalar(
        select(Run)
        .where(Run.rule_id == rule.id, Run.subject == subject, Run.episode == episode)
        .with_for_update()
    )


def schedule(session: TenantSession, run: Run) -> None:
    """Have the run worked when it is due. Runs about one subject come one after another."""
    session.flush()
    enqueue(
        session,
        "automation.go",
        {"run_id": run.id},
        lane=f"automation/{run.subject}",
        due_at=run.due_at if run.due_at > clock.now() else None,
    )


def end(run: Run, state: RunState, code: str, reason: Any = "") -> None:
    """Nothing is left to do; why, for the history."""
    run.state, run.code = state, code
    run.reason = str(reason)[:MOST_REASON]
    run.ended_at = clock.now()
