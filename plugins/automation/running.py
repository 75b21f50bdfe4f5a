"""Working a run: its conditions, then one step after another, in one transaction.

The row is locked first and its state says whether anything is left, so a job that comes twice, a
sweep beside it or a second worker find nothing to do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from core.api import (
    Actor,
    Refused,
    Scene,
    Taken,
    TenantSession,
    acting_as,
    caused_at,
    say,
)
from plugins.automation import catalogue, clock, conditions
from plugins.automation.actions.waiting import WAIT, span_of
from plugins.automation.firing import MOST_REASON, end, schedule
from plugins.automation.models import Rule, Run, RunState
from plugins.automation.scenes import scene_of, why_over

OFTEN = 5
WITHIN = timedelta(hours=1)


def go(session: TenantSession, run_id: int) -> Run | None:
    """Take a run as far as it goes now. None where there is nothing to do."""
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.state is not RunState.SCHEDULED or run.due_at > clock.now():
        return None
    rule = run.rule
    if not rule.is_on or rule.archived_at is not None:
        end(run, RunState.SKIPPED, "off", say("The rule was switched off."))
        return run
    scene = scene_of(session, run)
    if scene is None:
        end(run, RunState.CANCELLED, "gone", say("The customer or what it was about is gone."))
        return run
    if over := why_over(run, scene):
        end(run, RunState.CANCELLED, "over", over)
        return run
    if run.step == 0 and not run.steps and not _begins(session, run, rule, scene):
        return run
    with acting_as(Actor(f"automation: {rule.name}")), caused_at(run.depth + 1):
        _take_steps(session, run, scene)
    return run


def due(session: TenantSession, until: datetime, limit: int) -> list[int]:
    """The runs that should have been worked by then, the oldest first."""
    return list(
        session.scalars(
            select(Run.id)
            .where(Run.state == RunState.SCHEDULED, Run.due_at <= until)
            .order_by(Run.due_at, Run.id)
            .limit(limit)
        )
    )


def _begins(session: TenantSession, run: Run, rule: Rule, scene: Scene) -> bool:
    verdict = conditions.evaluate(rule.conditions, scene, catalogue.conditions(session))
    run.trace = {"conditions": verdict, "steps": []}
    if not verdict["holds"]:
        end(run, RunState.SKIPPED, "conditions", say("The conditions didn't hold."))
        return False
    if _is_too_often(session, run):
        end(run, RunState.STOPPED, "often", say(
            "This rule has acted on this customer %(often)s times within an hour: it pauses.",
            often=OFTEN,
        ))  # fmt: skip
        return False
    run.steps = [dict(step) for step in rule.steps]
    return True


def _is_too_often(session: TenantSession, run: Run) -> bool:
    """Two machines that answer each other would never end: no event tells that it is one."""
    if not run.subject.startswith(("message:", "conversation:")):
        return False
    asked = select(func.count(Run.id)).where(
        Run.contact_id == run.contact_id,
        Run.rule_id == run.rule_id,
        Run.state == RunState.DONE,
        Run.ended_at > clock.now() - WITHIN,
    )
    return (session.scalar(asked) or 0) >= OFTEN


def _take_steps(session: TenantSession, run: Run, scene: Scene) -> None:
    known = catalogue.actions(session)
    log = list(run.trace.get("steps", []))
    while run.step < len(run.steps):
        step = run.steps[run.step]
        run.step += 1
        if step["action"] == WAIT:
            run.due_at = clock.now() + span_of(step["values"])
            run.wall = ""
            log.append({"action": WAIT, "what": "", "until": run.due_at.isoformat()})
            run.trace = {**run.trace, "steps": log}
            schedule(session, run)
            return
        action = known.get(step["action"])
        try:
            if action is None:
                raise Refused(say("The plugin that brought this action is off."))
            if not scene.has(action.needs):
                raise Refused(say("There is nothing here that this action could act on."))
            with session.begin_nested():
                taken = action.run(scene, step["values"])
        except Refused as refused:
            taken = Taken(action.label if action else step["action"], refused=str(refused.message))
        log.append(
            {"action": step["action"], "what": str(taken.what), "refused": str(taken.refused)}
        )
        run.message_id = run.message_id or taken.message_id
        if taken.refused:
            run.code = run.code or "refused"
            run.reason = run.reason or str(taken.refused)[:MOST_REASON]
    run.trace = {**run.trace, "steps": log}
    end(run, RunState.FAILED if run.code else RunState.DONE, run.code, run.reason)


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The job behind a run used up its attempts: the history says so."""
    _end_unworked(session, payload, RunState.FAILED, "error", reason)


def end_as_stale(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The plugin was off for too long: not sent, rather than sent months late."""
    _end_unworked(session, payload, RunState.SKIPPED, "plugin_off", reason)


def _end_unworked(
    session: TenantSession, payload: dict[str, Any], state: RunState, code: str, reason: str
) -> None:
    run = session.get(Run, payload["run_id"], with_for_update=True)
    if run is not None and run.state is RunState.SCHEDULED:
        end(run, state, code, reason)
