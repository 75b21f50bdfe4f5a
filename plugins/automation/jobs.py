"""Automation's background work: runs that are due, the second net, silence."""

from __future__ import annotations

from calendar import isleap
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import extract, select

from core.api import (
    Contact,
    Conversation,
    JobSpec,
    Periodic,
    TenantSession,
    enqueue,
    job,
    periodic,
    tenant_of,
)
from plugins.automation import clock, dated, running, triggers
from plugins.automation.actions.calling import CALL_WEBHOOK
from plugins.automation.firing import Occurrence, claim, rules_of
from plugins.automation.scenes import stamp

OVERDUE = timedelta(minutes=2)
MOST_AT_A_SWEEP = 500
STALE = timedelta(hours=24)
GRACE = timedelta(days=2)
"""How long after the day of silence it is still noticed: the installation may have been off."""


@job(
    "automation.go",
    stale_after=STALE,
    on_stale=running.end_as_stale,
    on_dead=running.give_up,
)
def go(session: TenantSession, payload: dict[str, Any]) -> None:
    """A run is due."""
    running.go(session, payload["run_id"])


@periodic("automation.sweep", "* * * * *")
def sweep(session: TenantSession, payload: dict[str, Any]) -> None:
    """The second net: local times follow the business's zone, and what is overdue is worked.

    Each in a job of its own, so that one that fails holds nobody up; a run that two jobs come for
    is worked once.
    """
    dated.follow_zone(session)
    for run_id in running.due(session, clock.now() - OVERDUE, MOST_AT_A_SWEEP):
        enqueue(session, "automation.go", {"run_id": run_id}, lane=f"automation/run:{run_id}")


@periodic("automation.silence", "7 * * * *")
def find_silent(session: TenantSession, payload: dict[str, Any]) -> None:
    """Customers who haven't written for as long as a rule says."""
    for rule in rules_of(session, triggers.SILENCE):
        raw = str(rule.asks.get("days") or "")
        span = timedelta(days=int(raw) if raw.isdigit() else 30)
        until = clock.now() - span
        silent = (
            select(Conversation)
            .where(
                Conversation.last_at >= until - GRACE,  # for the index: nobody is heard later
                Conversation.last_inbound_at.between(until - GRACE, until),
            )
            .order_by(Conversation.id)
        )
        for talk in session.scalars(silent).all():
            happened = Occurrence(
                trigger=triggers.SILENCE,
                contact_id=talk.contact_id,
                subject=f"conversation:{talk.id}",
                episode=stamp(talk.last_inbound_at),
            )
            claim(session, rule, happened, clock.now())


@periodic("automation.birthdays", "3 * * * *")
def find_birthdays(session: TenantSession, payload: dict[str, Any]) -> None:
    """Customers whose birthday it is where the business is; each hour, for every time zone."""
    zone = tenant_of(session).time_zone
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    days = [today.day]
    if (today.month, today.day) == (2, 28) and not isleap(today.year):
        days.append(29)
    born = (
        select(Contact.id)
        .where(
            extract("month", Contact.birthday) == today.month,
            extract("day", Contact.birthday).in_(days),
            Contact.archived_at.is_(None),
        )
        .order_by(Contact.id)
    )
    rules = rules_of(session, triggers.BIRTHDAY)
    for contact_id in session.scalars(born).all() if rules else ():
        happened = Occurrence(
            trigger=triggers.BIRTHDAY,
            contact_id=contact_id,
            subject=f"contact:{contact_id}",
            episode=str(today.year),
        )
        dated.plan(session, happened, today)


JOBS: tuple[JobSpec | Periodic, ...] = (go, sweep, find_silent, find_birthdays, CALL_WEBHOOK)
