"""A rule, read as one sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import get_locale

from core.api import (
    Condition,
    ConditionKind,
    Refused,
    TenantSession,
    Trigger,
    as_money,
    say,
    say_many,
)
from plugins.automation import catalogue
from plugins.automation.conditions import operator, read_value


@dataclass(frozen=True)
class Speaker:
    """Says rules with what the plugins that are on bring; made once for a page."""

    session: TenantSession

    def rule(
        self,
        trigger: str,
        asks: Mapping[str, Any],
        conditions: Mapping[str, Any],
        steps: Sequence[Mapping[str, Any]],
        delay_minutes: int,
        at_time: str,
    ) -> Any:
        """The whole sentence."""
        known = catalogue.triggers(self.session).get(trigger)
        when = self.trigger(trigger, asks)
        then = self.steps(steps)
        timing = self.timing(known, delay_minutes, at_time)
        if conditions.get("items"):
            return say(
                "When %(trigger)s, if %(conditions)s, %(steps)s, %(timing)s.",
                trigger=when,
                conditions=self.conditions(conditions),
                steps=then,
                timing=timing,
            )
        return say(
            "When %(trigger)s, %(steps)s, %(timing)s.", trigger=when, steps=then, timing=timing
        )

    def trigger(self, name: str, asks: Mapping[str, Any]) -> Any:
        """What happens: "a label is put on a customer (VIP)"."""
        known = catalogue.triggers(self.session).get(name)
        if known is None:
            return say("something happens that no plugin tells of any more")
        told = [
            self.value_of(ask.choices, str(asks.get(ask.name) or "…"), ask.suffix)
            for ask in known.asks
        ]
        if not told:
            return known.label
        return say("%(trigger)s (%(asks)s)", trigger=known.label, asks=together(told))

    def conditions(self, tree: Mapping[str, Any]) -> Any:
        """What must hold, with *and* or *or* between."""
        told = [
            self.conditions(item) if "items" in item else self.line(item)
            for item in tree.get("items", [])
        ]
        if not told:
            return say("always")
        return alternatives(told) if tree.get("join") == "any" else together(told)

    def line(self, line: Mapping[str, Any]) -> Any:
        """One condition: "the total is over 500000"."""
        asked = catalogue.conditions(self.session).get(line["condition"])
        if asked is None:
            return say("something is asked that no plugin knows any more")
        chosen = operator(asked.kind, line["operator"])
        words = chosen.label if chosen else "…"
        if chosen is not None and not chosen.takes_value:
            return say("%(condition)s %(operator)s", condition=asked.label, operator=words)
        return say(
            "%(condition)s %(operator)s %(value)s",
            condition=asked.label,
            operator=words,
            value=self.value(asked, str(line.get("value") or "…")),
        )

    def value(self, asked: Condition, value: str) -> Any:
        """A rule's value, as people write it."""
        if asked.choices is not None:
            return self.value_of(asked.choices, value)
        if asked.kind is ConditionKind.NUMBER:
            return grouped(value)
        if asked.kind is ConditionKind.DATE:
            try:
                return format_date(date.fromisoformat(value), locale=get_locale() or "en")
            except ValueError:
                return value
        return f"“{value}”"

    def found(self, line: Mapping[str, Any]) -> Any:
        """What a line of a verdict found, as people write it; "-" where there was nothing."""
        found, asked = line.get("found"), catalogue.conditions(self.session).get(line["condition"])
        if found is None or found in ("", []):
            return "-"
        if isinstance(found, bool):
            return say("Yes") if found else say("No")
        if isinstance(found, list):
            words = dict(asked.choices(self.session)) if asked and asked.choices else {}
            return ", ".join(str(words.get(each, each)) for each in found)
        if line.get("currency"):
            return amount(str(found), str(line["currency"]))
        return self.value(asked, str(found)) if asked else found

    def value_of(self, choices: Any, value: str, suffix: Any = "") -> Any:
        """The words of a chosen value."""
        if choices is not None:
            return dict(choices(self.session)).get(value, value)
        return say("%(value)s %(unit)s", value=value, unit=suffix) if suffix else value

    def steps(self, steps: Sequence[Mapping[str, Any]]) -> Any:
        """What is done, one after another."""
        known = catalogue.actions(self.session)
        told = []
        for step in steps:
            action = known.get(step["action"])
            told.append(
                action.told(self.session, step["values"])
                if action is not None
                else say("do what no plugin can any more")
            )
        return together(told) if told else "…"

    def timing(self, trigger: Trigger | None, delay_minutes: int, at_time: str) -> Any:
        """At once, later, or on the day at a time."""
        if trigger is not None and trigger.is_dated:
            return say("on that day at %(time)s", time=at_time)
        if not delay_minutes:
            return say("at once")
        return say("%(span)s later", span=span(delay_minutes))


def span(minutes: int) -> Any:
    """`90` minutes as "90 minutes", `120` as "2 hours"."""
    if minutes % 1440 == 0:
        return say_many("%(num)d day", "%(num)d days", minutes // 1440)
    if minutes % 60 == 0:
        return say_many("%(num)d hour", "%(num)d hours", minutes // 60)
    return say_many("%(num)d minute", "%(num)d minutes", minutes)


def together(told: Sequence[Any]) -> Any:
    """`a, b and c`."""
    first, *rest = told
    for at, each in enumerate(rest):
        is_last = at == len(rest) - 1
        first = (
            say("%(one)s and %(other)s", one=first, other=each)
            if is_last
            else say("%(one)s, %(other)s", one=first, other=each)
        )
    return first


def alternatives(told: Sequence[Any]) -> Any:
    """`a, b or c`."""
    first, *rest = told
    for each in rest:
        first = say("%(one)s or %(other)s", one=first, other=each)
    return first


def amount(value: str, currency: str) -> str:
    """`725000.00` of IDR as `Rp 725.000`."""
    try:
        return as_money(Decimal(value), currency, get_locale() or Locale("en"))
    except InvalidOperation:
        return value


def grouped(value: str) -> str:
    """`500000` as the reader's language writes it: `500,000` or `500.000`. Other text stays."""
    try:
        number = read_value(ConditionKind.NUMBER, value, "")
    except Refused:
        return value
    return str(format_decimal(number, locale=get_locale() or "en"))
