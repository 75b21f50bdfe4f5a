"""Reading what a form sent: numbers, lists of ids, and what was typed, to show it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import flash, redirect, request
from flask_babel import gettext as _

from core.api import Refused, web_session

R = TypeVar("R")


def text(name: str) -> str:
    """A text, without what no database keeps."""
    return request.form.get(name, "").replace("\x00", "")


def number(name: str, words: str = "") -> int | None:
    """A whole number; None: left empty. Refused, with the field."""
    raw = text(name).strip()
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10):
        raise Refused(words or _("Give a whole number."), name)
    return int(raw)


def ids(name: str) -> list[int]:
    """The ids that were chosen."""
    found = request.form.getlist(name)
    return [int(raw) for raw in found if raw.isascii() and raw.isdigit() and len(raw) < 10]


def saved(
    work: Callable[[], Any], again: Callable[[dict[str, list[str]]], Any], where: str, words: str
) -> Any:
    """Commit `work` and go on to `where`; refused, show the form again with what was typed."""
    try:
        work()
    except Refused as refused:
        web_session().rollback()
        return again(refused.errors or {"": [str(refused)]}), refused.status
    web_session().commit()
    flash(words, "success")
    return redirect(where)
