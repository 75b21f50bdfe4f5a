"""Decisions in a person's words: one sentence for each, and one for each candidate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.api import say

KINDS: Mapping[str, Any] = {
    "assigned": lazy_gettext("Distributed"),
    "sticky": lazy_gettext("Sticky agent"),
    "idle": lazy_gettext("Idle"),
    "given_up": lazy_gettext("Given up"),
    "manual": lazy_gettext("By hand"),
    "handed_over": lazy_gettext("Handed over"),
}

KIND_COLOURS = {
    "assigned": "green",
    "sticky": "teal",
    "idle": "orange",
    "given_up": "red",
    "manual": "azure",
    "handed_over": "azure",
}


def log_reason(kind: str, name: str) -> str:
    """Why a turn began or ended, in one sentence about an agent: stored in English, told later."""
    if kind == "sticky":
        return say("%(name)s completed this customer's last conversation here.", name=name)
    if kind == "idle":
        return say("%(name)s didn't answer in time.", name=name)
    if kind == "given_up":
        return say("%(name)s didn't answer in time either: a supervisor has to look.", name=name)
    return say("A person gave it to %(name)s.", name=name)


_SENTENCES: Mapping[str, Callable[[str, int, int], str]] = {
    "": lambda name, held, most: _(
        "%(name)s could have got it, and had %(held)d of %(most)d conversations.",
        name=name,
        held=held,
        most=most,
    ),
    "busy": lambda name, held, most: _("%(name)s was busy.", name=name),
    "away": lambda name, held, most: _("%(name)s was away.", name=name),
    "offline": lambda name, held, most: _("%(name)s was offline.", name=name),
    "off_hours": lambda name, held, most: _("%(name)s wasn't at work at that hour.", name=name),
    "not_in_division": lambda name, held, most: _("%(name)s isn't in the division.", name=name),
    "tried": lambda name, held, most: _("%(name)s had it before and didn't answer.", name=name),
    "full": lambda name, held, most: _(
        "%(name)s had no room: %(held)d of %(most)d conversations.",
        name=name,
        held=held,
        most=most,
    ),
    "channel_full": lambda name, held, most: _(
        "%(name)s had no room for more of this device.", name=name
    ),
}


def verdict_sentence(verdict: str, name: str, held: int, most: int) -> str:
    """What a verdict says of a candidate."""
    sentence = _SENTENCES.get(verdict)
    return sentence(name, held, most) if sentence else name
