"""When a smart reply speaks, on the business's clock: always, in some hours, or outside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from babel import Locale
from babel.dates import get_day_names

from core.api import Refused, say

ALWAYS, WITHIN, OUTSIDE = "always", "within", "outside"
MODES: Mapping[str, Any] = {
    ALWAYS: say("at any time"),
    WITHIN: say("only in these hours"),
    OUTSIDE: say("only outside these hours"),
}
DAYS = frozenset("0123456")
"""Monday is 0."""

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def checked(hours: Mapping[str, Any]) -> dict[str, Any]:
    """Hours as they are stored. Refused, field `hours`, where they can't be read."""
    mode = hours.get("mode") or ALWAYS
    if mode not in MODES:
        raise Refused(say("Choose when it answers."), "hours")
    if mode == ALWAYS:
        return {"mode": ALWAYS}
    days = sorted({int(day) for day in hours.get("days") or () if str(day) in DAYS})
    begin, end = str(hours.get("from") or ""), str(hours.get("to") or "")
    if not days:
        raise Refused(say("Choose at least one day."), "hours")
    if not (_TIME.fullmatch(begin) and _TIME.fullmatch(end)):
        raise Refused(say("Give times like 09:00."), "hours")
    if begin == end:
        raise Refused(say("The end must differ from the beginning."), "hours")
    return {"mode": mode, "days": days, "from": begin, "to": end}


def is_quiet(hours: Mapping[str, Any], local: datetime) -> bool:
    """Whether it must be silent at a local time."""
    mode = hours.get("mode", ALWAYS)
    return mode != ALWAYS and _covers(hours, local) is not (mode == WITHIN)


def told(hours: Mapping[str, Any], locale: Locale) -> Any:
    """The hours in words: "only outside these hours: Mon, Tue, 09:00 to 17:00"."""
    mode = hours.get("mode", ALWAYS)
    if mode == ALWAYS:
        return MODES[ALWAYS]
    names = get_day_names("abbreviated", locale=locale)
    return say(
        "%(mode)s: %(days)s, %(begin)s to %(end)s",
        mode=MODES[mode],
        days=", ".join(names[day] for day in hours["days"]),
        begin=hours["from"],
        end=hours["to"],
    )


def _covers(hours: Mapping[str, Any], local: datetime) -> bool:
    begin, end, at = hours["from"], hours["to"], local.strftime("%H:%M")
    if begin < end:
        return local.weekday() in hours["days"] and begin <= at < end
    # past midnight: the night belongs to the day that it began on
    evening = local.weekday() in hours["days"] and at >= begin
    yesterday = (local - timedelta(days=1)).weekday() in hours["days"]
    return evening or (yesterday and at < end)
