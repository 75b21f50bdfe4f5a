"""Working hours: ranges of a day on the tenant's clock, some of them past midnight."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from core.api import Refused

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def is_working(hours: Sequence[Mapping[str, Any]], local: datetime) -> bool:
    """Whether a moment lies in one of the ranges; no range at all is always."""
    return not hours or any(_covers(each, local) for each in hours)


def between(begin: str, end: str, clock: str) -> bool:
    """Whether `clock` lies from `begin` up to `end`, both `HH:MM`; past midnight where it must."""
    if begin <= end:
        return begin <= clock < end
    return clock >= begin or clock < end


def checked(days: Sequence[int], begin: str, end: str) -> list[dict[str, Any]]:
    """Hours from a form: none where no day is chosen. Refused, with the field."""
    if not days:
        return []
    if not all(0 <= day <= 6 for day in days):
        raise Refused(_("Choose days of the week."), "days")
    for value, name in ((begin, "begin"), (end, "end")):
        if not _TIME.fullmatch(value):
            raise Refused(_("Give a time like 09:00."), name)
    if begin == end:
        raise Refused(_("The end must differ from the beginning."), "end")
    return [{"days": sorted(set(days)), "from": begin, "to": end}]


def _covers(each: Mapping[str, Any], local: datetime) -> bool:
    begin, end, clock = str(each["from"]), str(each["to"]), local.strftime("%H:%M")
    day = local.weekday()
    if begin > end and clock < end:
        day = (day - 1) % 7  # the night belongs to the day that it began on
    return day in each["days"] and between(begin, end, clock)
