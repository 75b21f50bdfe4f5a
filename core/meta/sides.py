"""Whom an event is between: the page or account itself, and the person on the other side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from core.careful import Unreadable, mapping, string
from core.inbound import Address
from core.meta.dialect import Dialect
from core.words import say

SCOPED_ID = re.compile(r"[0-9]{1,32}")  # page-scoped and Instagram-scoped ids are digits


@dataclass(frozen=True)
class Sides:
    """`other` is the person; `is_echo`: the page said it."""

    other: Address
    is_echo: bool


def sides_of(dialect: Dialect, own: str, event: dict[str, Any]) -> Sides | None:
    """Who is on the other side; None where the event isn't between anybody and `own`.

    A signature proves the app, which may serve many pages.
    """
    sender = string(mapping(event, "sender"), "id")
    recipient = string(mapping(event, "recipient"), "id")
    if own not in (sender, recipient):
        return None
    is_echo = sender == own
    other = recipient if is_echo else sender
    if not SCOPED_ID.fullmatch(other):
        raise Unreadable(say("%(value)s is no id of a person.", value=repr(other[:40])))
    return Sides(Address(dialect.kind, other), is_echo)
