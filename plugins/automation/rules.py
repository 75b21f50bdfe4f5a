"""Rules: what the form gives is checked whole, and every fault is told at its field (B11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from sqlalchemy import select

from core.api import (
    Ask,
    Invalid,
    NotFound,
    Refused,
    TenantSession,
    Trigger,
    now,
    record,
    say,
)
from plugins.automation import catalogue, conditions
from plugins.automation.models import Rule
from plugins.automation.sentences import Speaker

LONGEST_NAME = 120
MOST_STEPS = 10
LONGEST_DELAY = 365 * 1440


@dataclass
class Draft:
    """A rule as somebody writes it: everything is text still."""

    name: str = ""
    trigger: str = ""
    asks: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=lambda: {"join": "all", "items": []})
    steps: list[dict[str, Any]] = field(default_factory=list)
    delay_count: str = "0"
    delay_unit: str = "minutes"
    at_time: str = "09:00"
    is_on: bool = True

    @property
    def delay_minutes(self) -> int:
        """The delay, where it can be read."""
        sizes = {"minutes": 1, "hours": 60, "days": 1440}
        count = self.delay_count.strip() or "0"
        is_number = count.isascii() and count.isdigit() and len(count) < 7
        return int(count) * sizes.get(self.delay_unit, 1) if is_number else -1


def get(session: TenantSession, rule_id: int) -> Rule:
    """One of this tenant's rules in use. Raises NotFound."""
    rule = session.get(Rule, rule_id)
    if rule is None or rule.archived_at is not None:
        raise NotFound(say("There is no such rule."))
    return rule


def all_of(session: TenantSession) -> list[Rule]:
    """Every rule in use, the oldest first."""
    living = select(Rule).where(Rule.archived_at.is_(None)).order_by(Rule.id)
    return list(session.scalars(living))


def draft_of(rule: Rule) -> Draft:
    """What the form shows of a rule."""
    minutes = rule.delay_minutes
    unit, size = next(
        (pair for pair in (("days", 1440), ("hours", 60)) if minutes and minutes % pair[1] == 0),
        ("minutes", 1),
    )
    return Draft(
        name=rule.name,
        trigger=rule.trigger,
        asks={name: str(value) for name, value in rule.asks.items()},
        conditions=_without_empty(rule.conditions),
        steps=[{"action": step["action"], "values": dict(step["values"])} for step in rule.steps],
        delay_count=str(minutes // size),
        delay_unit=unit,
        at_time=rule.at_time,
        is_on=rule.is_on,
    )


def save(session: TenantSession, rule: Rule | None, draft: Draft) -> Rule:
    """Make or change a rule. Invalid, with a sentence for each field that is wrong."""
    values = checked(session, draft)
    is_new = rule is None
    if rule is None:
        rule = Rule()
        session.add(rule)
    for name, value in values.items():
        setattr(rule, name, value)
    session.flush()
    record(session, "create" if is_new else "change", rule)
    return rule


def checked(session: TenantSession, draft: Draft) -> dict[str, Any]:
    """The columns of a rule. Invalid, with every fault at its field."""
    faults: dict[str, list[str]] = {}
    trigger = catalogue.triggers(session).get(draft.trigger)
    if trigger is None:
        raise Invalid({"trigger": [say("Choose when it begins.")]})
    asks = _asks(session, trigger, draft.asks, faults)
    tree = _tree(session, trigger, draft.conditions, faults)
    steps = _steps(session, trigger, draft.steps, faults)
    if not 0 <= draft.delay_minutes <= LONGEST_DELAY:
        faults["delay"] = [say("Give a whole number, up to a year.")]
    at_time = _time(draft.at_time, faults)
    name = " ".join(draft.name.split())
    if len(name) > LONGEST_NAME:
        faults["name"] = [say("A name has up to %(most)s characters.", most=LONGEST_NAME)]
    if faults:
        raise Invalid(faults)
    values = {
        "trigger": trigger.name,
        "asks": asks,
        "conditions": tree,
        "steps": steps,
        "delay_minutes": 0 if trigger.is_dated else draft.delay_minutes,
        "at_time": at_time,
        "is_on": draft.is_on,
    }
    return {"name": name or _name(session, values), **values}


def switch(session: TenantSession, rule: Rule, *, is_on: bool) -> None:
    """On or off. What is scheduled stays, and is sent only if the rule is on then."""
    if rule.is_on is not is_on:
        record(session, "change", rule, {"is_on": (rule.is_on, is_on)})
        rule.is_on = is_on
        session.flush()


def archive(session: TenantSession, rule: Rule) -> None:
    """Out of the list; its history stays, and so does what it has claimed."""
    rule.archived_at, rule.is_on = now(), False
    session.flush()
    record(session, "archive", rule)


def sentence_of(session: TenantSession, rule: Rule | Draft) -> Any:
    """The rule, read as one sentence."""
    return Speaker(session).rule(
        rule.trigger, rule.asks, rule.conditions, rule.steps, rule.delay_minutes, rule.at_time
    )


def _name(session: TenantSession, values: Mapping[str, Any]) -> str:
    speaker = Speaker(session)
    told = str(speaker.steps(values["steps"]))
    return (told[:1].upper() + told[1:])[:LONGEST_NAME]


def _asks(
    session: TenantSession,
    trigger: Trigger,
    given: Mapping[str, str],
    faults: dict[str, list[str]],
) -> dict[str, str]:
    found = {}
    for ask in trigger.asks:
        try:
            found[ask.name] = _answer(session, ask, given.get(ask.name, "").strip())
        except Refused as refused:
            faults[f"ask.{ask.name}"] = [refused.message]
    return found


def _answer(session: TenantSession, ask: Ask, value: str) -> str:
    if ask.kind == "number":
        if not (value.isascii() and value.isdigit() and 0 < int(value[:9] or 0) <= 100_000):
            raise Refused(say("Give a whole number above zero."))
    elif ask.choices is not None:
        if value not in dict(ask.choices(session)):
            raise Refused(say("Choose one."))
    elif ask.is_required and not value:
        raise Refused(say("Fill this in."))
    return value[:200]


def _tree(
    session: TenantSession,
    trigger: Trigger,
    tree: Mapping[str, Any],
    faults: dict[str, list[str]],
) -> dict[str, Any]:
    kept = _without_empty(tree)
    try:
        conditions.check(kept, trigger, catalogue.conditions(session))
    except Refused as refused:
        faults[refused.field or "if"] = [refused.message]
    return kept


def _without_empty(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Groups without a line say nothing."""
    items = [
        _without_empty(each) if "items" in each else dict(each) for each in tree.get("items", [])
    ]
    kept = [each for each in items if "items" not in each or each["items"]]
    return {"join": "any" if tree.get("join") == "any" else "all", "items": kept}


def _steps(
    session: TenantSession,
    trigger: Trigger,
    steps: Sequence[Mapping[str, Any]],
    faults: dict[str, list[str]],
) -> list[dict[str, Any]]:
    known = catalogue.actions(session)
    if not steps:
        faults["steps"] = [say("Choose what is to be done.")]
    if len(steps) > MOST_STEPS:
        faults["steps"] = [say("Up to %(most)s steps.", most=MOST_STEPS)]
    kept = []
    for at, step in enumerate(steps):
        action = known.get(step["action"])
        if action is None:
            faults[f"step.{at}"] = [say("The plugin that brought this action is off.")]
            continue
        if action.needs.value != "contact" and action.needs not in trigger.has:
            faults[f"step.{at}"] = [say("There is nothing here that this action could act on.")]
            continue
        try:
            values = action.check(session, trigger, step["values"])
        except Refused as refused:
            faults[f"step.{at}.{refused.field or ''}"] = [refused.message]
        else:
            kept.append({"action": action.name, "values": values})
    return kept


def _time(text: str, faults: dict[str, list[str]]) -> str:
    try:
        return time.fromisoformat(text.strip()).strftime("%H:%M")
    except ValueError:
        faults["at_time"] = [say("Give a time, such as 09:00.")]
        return "09:00"
