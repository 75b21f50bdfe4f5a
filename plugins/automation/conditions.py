"""Conditions: typed operators, groups of them, and the one place that says whether they hold.

A tree is `{"join": "all", "items": […]}`; an item is another tree or a line, `{"condition":
"order_total", "operator": "over", "value": "500000"}`. A tree without items holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.api import Condition, Refused, Scene, Trigger, say
from core.api import ConditionKind as Kind

MOST_LINES = 20
LONGEST_VALUE = 200


@dataclass(frozen=True)
class Operator:
    """How a found value is compared with the one in the rule.

    `label` stands between the two in the sentence. `holds(found, value)`; where nothing is found,
    `of_nothing` answers: what isn't there isn't equal to anything.
    """

    name: str
    label: Any
    holds: Callable[[Any, Any], bool]
    of_nothing: bool = False
    takes_value: bool = True


def _same(found: str, value: str) -> bool:
    return found.casefold() == value.casefold()


def _within(found: str, value: str) -> bool:
    return value.casefold() in found.casefold()


def has_word(found: str, value: str) -> bool:
    """Whether any of the words in `value`, between commas, is a word of its own in `found`."""
    wanted = [each.strip() for each in value.split(",") if each.strip()]
    return any(
        re.search(rf"(?<!\w){re.escape(each)}(?!\w)", found, re.IGNORECASE) for each in wanted
    )


OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.TEXT: (
        Operator("contains", say("contains"), _within),
        Operator("word", say("has one of the words"), has_word),
        Operator("is", say("is"), _same),
        Operator("not", say("is not"), lambda f, v: not _same(f, v), of_nothing=True),
        Operator(
            "without", say("doesn't contain"), lambda f, v: not _within(f, v), of_nothing=True
        ),
        Operator("begins", say("begins with"), lambda f, v: f.casefold().startswith(v.casefold())),
        Operator("empty", say("is empty"), lambda f, v: not f, of_nothing=True, takes_value=False),
        Operator("filled", say("is filled in"), lambda f, v: bool(f), takes_value=False),
    ),
    Kind.NUMBER: (
        Operator("over", say("is over"), lambda f, v: f > v),
        Operator("least", say("is at least"), lambda f, v: f >= v),
        Operator("equal", say("is"), lambda f, v: f == v),
        Operator("unequal", say("is not"), lambda f, v: f != v, of_nothing=True),
        Operator("most", say("is at most"), lambda f, v: f <= v),
        Operator("under", say("is under"), lambda f, v: f < v),
    ),
    Kind.DATE: (
        Operator("before", say("is before"), lambda f, v: f < v),
        Operator("on", say("is on"), lambda f, v: f == v),
        Operator("after", say("is after"), lambda f, v: f > v),
        Operator("empty", say("is empty"), lambda f, v: False, of_nothing=True, takes_value=False),
        Operator("filled", say("is filled in"), lambda f, v: True, takes_value=False),
    ),
    Kind.CHOICE: (
        Operator("is", say("is"), lambda f, v: f == v),
        Operator("not", say("is not"), lambda f, v: f != v, of_nothing=True),
    ),
    Kind.MANY: (
        Operator("has", say("have"), lambda f, v: v in f),
        Operator("lacks", say("don't have"), lambda f, v: v not in f, of_nothing=True),
    ),
    Kind.YES_NO: (
        Operator("yes", say("is true"), lambda f, v: bool(f), takes_value=False),
        Operator("no", say("is not true"), lambda f, v: not f, of_nothing=True, takes_value=False),
    ),
}


def operator(kind: Kind, name: str) -> Operator | None:
    """An operator of a kind, by its name."""
    return next((each for each in OPERATORS[kind] if each.name == name), None)


def read_value(kind: Kind, text: str, field: str) -> Any:
    """A rule's value, typed. Refused, with the field."""
    text = text.strip()
    if kind is Kind.NUMBER:
        return _number(text, field)
    if kind is Kind.DATE:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Refused(say("Choose a day."), field) from None
    if not text:
        raise Refused(say("Fill in what it is compared with."), field)
    return text[:LONGEST_VALUE]


def _number(text: str, field: str) -> Decimal:
    """`500000`, `500.000` and `500,000` are one: three digits behind a mark are thousands."""
    plain = re.sub(r"[.,\s\u00a0](?=\d{3}(\D|$))", "", text).replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise Refused(say("Give a number."), field) from None
    if not number.is_finite() or abs(number) > Decimal(10) ** 15:
        raise Refused(say("Give a number."), field)
    return number


def check(
    tree: Mapping[str, Any], trigger: Trigger, known: Mapping[str, Condition], field: str = "if"
) -> None:
    """Refuse a tree that can't be asked of what the trigger brings; the field is `if.0.1`."""
    if sum(1 for _ in lines_of(tree)) > MOST_LINES:
        raise Refused(say("Up to %(most)s conditions.", most=MOST_LINES), field)
    for at, item in enumerate(tree.get("items", [])):
        where = f"{field}.{at}"
        if "items" in item:
            check(item, trigger, known, where)
            continue
        asked = known.get(item["condition"])
        if asked is None:
            raise Refused(say("Choose what to compare."), where)
        if asked.of.value != "contact" and asked.of not in trigger.has:
            raise Refused(
                say(
                    "When %(trigger)s, there is no %(condition)s to look at.",
                    trigger=trigger.label,
                    condition=asked.label,
                ),
                where,
            )
        chosen = operator(asked.kind, item["operator"])
        if chosen is None:
            raise Refused(say("Choose how to compare."), where)
        if chosen.takes_value:
            read_value(asked.kind, item.get("value", ""), where)


def lines_of(tree: Mapping[str, Any]) -> Any:
    """Every line of a tree."""
    for item in tree.get("items", []):
        if "items" in item:
            yield from lines_of(item)
        else:
            yield item


def evaluate(
    tree: Mapping[str, Any], scene: Scene, known: Mapping[str, Condition]
) -> dict[str, Any]:
    """The tree with what was `found`: each line and each group says whether it `holds`.

    Every line is asked, also where the first has decided: the history shows them all.
    """
    items = [
        evaluate(item, scene, known) if "items" in item else _line(item, scene, known)
        for item in tree.get("items", [])
    ]
    is_any = tree.get("join") == "any"
    answers = [item["holds"] for item in items]
    holds = (any(answers) if is_any else all(answers)) if answers else True
    return {"join": "any" if is_any else "all", "items": items, "holds": holds}


def _line(line: Mapping[str, Any], scene: Scene, known: Mapping[str, Condition]) -> dict[str, Any]:
    asked = known.get(line["condition"])
    if asked is None or not scene.has(asked.of):
        return {**line, "found": None, "holds": False}  # its plugin is off
    chosen = operator(asked.kind, line["operator"])
    if chosen is None:
        return {**line, "found": None, "holds": False}
    found = asked.read(scene)
    if found is None:
        return {**line, "found": None, "holds": chosen.of_nothing}
    told = {**line, "found": plain(found)}
    if asked.currency is not None:
        told["currency"] = asked.currency(scene)
    value = None
    if chosen.takes_value:
        try:
            value = read_value(asked.kind, line.get("value", ""), "")
        except Refused:
            return {**told, "holds": False}
    return {**told, "holds": bool(chosen.holds(found, value))}


def plain(found: Any) -> Any:
    """What JSON can hold of a found value."""
    if isinstance(found, set | frozenset):
        return sorted(found)
    if isinstance(found, bool):
        return found
    return str(found)[:LONGEST_VALUE]
