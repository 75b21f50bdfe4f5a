"""Reading the rule's form: lines and steps by their place, and the button that changes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import request

from core.api import Part, TenantSession, Trigger
from plugins.automation import catalogue
from plugins.automation.conditions import OPERATORS
from plugins.automation.rules import Draft

_LINE = re.compile(r"if\.(\d{1,2})\.(\d{1,2})\.(condition|operator|value)")
_STEP = re.compile(r"step\.(\d{1,2})\.(\w{1,40})")
_ASK = re.compile(r"ask\.(\w{1,40})")
_GROUP = re.compile(r"if\.(\d{1,2})\.join")


def text(name: str, default: str = "") -> str:
    """A text, without what no database keeps."""
    return request.form.get(name, default).replace("\x00", "")


def typed(session: TenantSession) -> Draft:
    """The rule as it stands in the form; what the trigger can't have is left out."""
    draft = Draft(
        name=text("name"),
        trigger=text("trigger"),
        delay_count=text("delay_count", "0"),
        delay_unit=text("delay_unit", "minutes"),
        at_time=text("at_time", "09:00"),
        is_on="is_on" in request.form,
    )
    groups: dict[int, dict[str, Any]] = {}
    lines: dict[tuple[int, int], dict[str, str]] = {}
    steps: dict[int, dict[str, str]] = {}
    for name in request.form:
        if found := _LINE.fullmatch(name):
            lines.setdefault((int(found[1]), int(found[2])), {})[found[3]] = text(name)
        elif found := _STEP.fullmatch(name):
            steps.setdefault(int(found[1]), {})[found[2]] = text(name)
        elif found := _ASK.fullmatch(name):
            draft.asks[found[1]] = text(name)
        elif found := _GROUP.fullmatch(name):
            groups[int(found[1])] = {"join": text(name), "items": []}
    known = catalogue.conditions(session)
    for (group, _line), line in sorted(lines.items()):
        asked = known.get(line.get("condition", ""))
        operator = line.get("operator", "")
        if asked is not None and operator not in {each.name for each in OPERATORS[asked.kind]}:
            operator = OPERATORS[asked.kind][0].name  # another condition was just chosen
        groups.setdefault(group, {"join": "all", "items": []})["items"].append(
            {
                "condition": line.get("condition", ""),
                "operator": operator,
                "value": line.get("value", ""),
            }
        )
    draft.conditions = {
        "join": text("join", "all"),
        "items": [groups[group] for group in sorted(groups)],
    }
    for _at, values in sorted(steps.items()):
        action = values.pop("action", "")
        draft.steps.append({"action": action, "values": values})
    return draft


def change(session: TenantSession, draft: Draft, what: str) -> None:
    """Do what a button of the form says: `add-line:0`, `drop-step:2` … Anything else is nothing."""
    word, *places = what.split(":")
    numbers = [int(each) for each in places if each.isdigit()]
    groups = draft.conditions["items"]
    if word == "add-group":
        groups.append({"join": "all", "items": [first_line(session, draft)]})
    elif word == "add-line" and numbers and numbers[0] < len(groups):
        groups[numbers[0]]["items"].append(first_line(session, draft))
    elif word == "drop-line" and len(numbers) == 2 and numbers[0] < len(groups):
        items = groups[numbers[0]]["items"]
        if numbers[1] < len(items):
            del items[numbers[1]]
        if not items:
            del groups[numbers[0]]
    elif word == "add-step" and places:
        add_step(session, draft, places[0])
    elif word == "drop-step" and numbers and numbers[0] < len(draft.steps):
        del draft.steps[numbers[0]]
    elif word == "up-step" and numbers and 0 < numbers[0] < len(draft.steps):
        at = numbers[0]
        draft.steps[at - 1], draft.steps[at] = draft.steps[at], draft.steps[at - 1]


def first_line(session: TenantSession, draft: Draft) -> dict[str, str]:
    """A new condition: the first that the trigger's own part has."""
    usable = usable_conditions(session, draft.trigger)
    trigger = catalogue.triggers(session).get(draft.trigger)
    own = [each for each in usable.values() if trigger and each.of in trigger.has]
    chosen = (own or list(usable.values()))[:1]
    if not chosen:
        return {"condition": "", "operator": "", "value": ""}
    return {
        "condition": chosen[0].name,
        "operator": OPERATORS[chosen[0].kind][0].name,
        "value": "",
    }


def usable_conditions(session: TenantSession, trigger: str) -> Mapping[str, Any]:
    """What can be asked of what the trigger brings."""
    known = catalogue.triggers(session).get(trigger)
    has = known.has if known is not None else frozenset()
    return {
        name: each
        for name, each in catalogue.conditions(session).items()
        if each.of is Part.CONTACT or each.of in has
    }


def usable_actions(session: TenantSession, trigger: Trigger | None) -> Mapping[str, Any]:
    """What can be done with what the trigger brings."""
    has = trigger.has if trigger is not None else frozenset()
    return {
        name: each
        for name, each in catalogue.actions(session).items()
        if each.needs is Part.CONTACT or each.needs in has
    }


def add_step(session: TenantSession, draft: Draft, name: str) -> None:
    """Another step, with what its action takes as given."""
    action = catalogue.actions(session).get(name)
    if action is not None:
        values = {ask.name: ask.default for ask in action.asks(session)}
        draft.steps.append({"action": name, "values": values})
