"""The criteria that ship: label, keyword, channel, language, time of day (C6)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from core.api import Arrival, Channel, Label, Refused, TenantSession
from plugins.routing.hours import between
from plugins.routing.languages import LANGUAGES, language_of

LONGEST = 200
_RANGE = re.compile(r"\s*(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s*")  # noqa: RUF001 - typed


class OfLabel:
    """The customer wears a label."""

    name, label = "label", lazy_gettext("Label")
    hint = lazy_gettext("The customer has this label.")

    def choices(self, session: TenantSession) -> Sequence[tuple[str, str]]:
        names = session.scalars(select(Label.name).order_by(Label.name))
        return [(name.casefold(), name) for name in names]

    def check(self, value: str) -> str:
        return _given(value).casefold()

    def matches(self, arrival: Arrival, value: str) -> bool:
        return value in arrival.labels


class Keyword:
    """The first message holds one of some words."""

    name, label = "keyword", lazy_gettext("Keyword")
    hint = lazy_gettext("The first message has one of these words: price, promo, harga.")

    def choices(self, session: TenantSession) -> None:
        return None

    def check(self, value: str) -> str:
        words = [" ".join(word.split()) for word in _given(value).split(",")]
        return ", ".join(word for word in words if word)

    def matches(self, arrival: Arrival, value: str) -> bool:
        text = arrival.message.body.casefold() if arrival.message is not None else ""
        words = (word.strip().casefold() for word in value.split(","))
        return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words if word)


class OfChannel:
    """The conversation is on a device."""

    name, label = "channel", lazy_gettext("Device")
    hint = lazy_gettext("The customer wrote to this device.")

    def choices(self, session: TenantSession) -> Sequence[tuple[str, str]]:
        living = select(Channel.id, Channel.name).where(Channel.archived_at.is_(None))
        return [(str(row.id), row.name) for row in session.execute(living.order_by(Channel.name))]

    def check(self, value: str) -> str:
        if not (value.isascii() and value.isdigit()):
            raise Refused(_("Choose a device."), "rules")
        return value

    def matches(self, arrival: Arrival, value: str) -> bool:
        return str(arrival.conversation.channel_id) == value


class OfLanguage:
    """The first message is written in a language, as far as its small words tell."""

    name, label = "language", lazy_gettext("Language")
    hint = lazy_gettext("The first message is written in this language.")

    def choices(self, session: TenantSession) -> Sequence[tuple[str, str]]:
        return [(code, str(words)) for code, words in LANGUAGES.items()]

    def check(self, value: str) -> str:
        if value not in LANGUAGES:
            raise Refused(_("Choose a language."), "rules")
        return value

    def matches(self, arrival: Arrival, value: str) -> bool:
        return arrival.message is not None and language_of(arrival.message.body) == value


class TimeOfDay:
    """It arrives between two times on the tenant's clock."""

    name, label = "time", lazy_gettext("Time of day")
    hint = lazy_gettext("It arrives between two times: 18:00-06:00.")

    def choices(self, session: TenantSession) -> None:
        return None

    def check(self, value: str) -> str:
        found = _RANGE.fullmatch(value)
        times = [part.zfill(5) for part in found.groups()] if found else []
        if not times or any(not "00:00" <= time <= "23:59" or time[3] > "5" for time in times):
            raise Refused(_("Give two times like 18:00-06:00."), "rules")
        return "-".join(times)

    def matches(self, arrival: Arrival, value: str) -> bool:
        begin, _dash, end = value.partition("-")
        return between(begin, end, arrival.local_time.strftime("%H:%M"))


def _given(value: str) -> str:
    value = value.strip()
    if not 1 <= len(value) <= LONGEST:
        raise Refused(_("Give a value for each rule."), "rules")
    return value


CRITERIA = (OfLabel(), Keyword(), OfChannel(), OfLanguage(), TimeOfDay())
