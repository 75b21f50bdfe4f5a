"""Logs: one line for each record, saying whose work it was, with secrets masked.

JSON for machines (`SAPA_LOG_FORMAT=json`, the default with Redis and no terminal), text for people.
Every record carries what its thread works for: tenant, request, job, attempt, plugin.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from core.secrets import RedactSecrets, redact
from core.tenancy.context import current_tenant

if TYPE_CHECKING:
    from core.config import Settings

QUIET = {
    "httpx": logging.WARNING,  # names every address at INFO
    "flask_appbuilder": logging.CRITICAL,  # complains at each start of columns that no form shows
    "dramatiq": logging.WARNING,
}
LONGEST = 20_000  # characters of a message or a traceback in one line

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_doing: ContextVar[dict[str, Any]] = ContextVar("sapa_log_context", default={})  # noqa: B039 - replaced, never changed


def set_up_logs(settings: Settings) -> None:
    """Send every record to stderr, in the format of the settings. Replaces what was set up before.

    Call it first thing in a process that serves or works.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if wants_json_lines(settings) else TextLines())
    handler.addFilter(RedactSecrets())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(max(level, root.level))


def wants_json_lines(settings: Settings) -> bool:
    """As set; unset, JSON where Redis and no terminal say that this is a production."""
    if settings.log_format:
        return settings.log_format == "json"
    return not settings.is_embedded and not sys.stderr.isatty()


def begin(**fields: Any) -> None:
    """Say what this thread works on from now on, in place of what it said before."""
    _doing.set({name: value for name, value in fields.items() if value not in (None, "")})


def add(**fields: Any) -> None:
    """Say more of what this thread works on."""
    begin(**{**_doing.get(), **fields})


@contextmanager
def working_on(**fields: Any) -> Iterator[None]:
    """Say it for a block."""
    token = _doing.set({**_doing.get(), **fields})
    try:
        yield
    finally:
        _doing.reset(token)


def context() -> dict[str, Any]:
    """What the running code works on: the fields that a record gets."""
    tenant = current_tenant()
    return _doing.get() if tenant is None else {"tenant": tenant, **_doing.get()}


def of_jobs(actor: str, pairs: Sequence[Sequence[int]]) -> dict[str, Any]:
    """The fields of a message `[[id, attempt], …]` to an actor; a batch gives its first's."""
    job_id, attempt = pairs[0]
    fields: dict[str, Any] = {"actor": actor, "job": job_id, "attempt": attempt}
    if len(pairs) > 1:
        fields["jobs"] = len(pairs)
    return {**fields, "plugin": actor.partition(".")[0]}


def request_id(given: str | None) -> str:
    """The caller's id where it looks like one, else a new one.

    A log is read by machines and people: an id may hold no spaces, quotes or line breaks.
    """
    return given if given and _SANE_ID.fullmatch(given) else uuid4().hex


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, the context, `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:LONGEST],
            **context(),
            **fields_of(record),
        }
        if error := traceback_of(self, record):
            line["error"] = error
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """`2026-11-30 10:20:31 WARNING core.jobs tenant=3 job=12: …`; a record can't forge a second."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {**context(), **fields_of(record)}
        told = "".join(f" {name}={value}" for name, value in fields.items())
        at = datetime.fromtimestamp(record.created).astimezone()
        head = f"{at:%Y-%m-%d %H:%M:%S} {record.levelname} {record.name}{told}"
        text = f"{head}: {record.getMessage()[:LONGEST]}"
        if error := traceback_of(self, record):
            text += f"\n{error}"
        return _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], text)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the call gave as `extra={"fields": {…}}`, texts masked."""
    given = getattr(record, "fields", None) or {}
    return {
        name: redact(value) if isinstance(value, str) else value for name, value in given.items()
    }


def traceback_of(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The masked traceback and stack of a record, "" without."""
    if record.exc_info and not record.exc_text:
        record.exc_text = redact(formatter.formatException(record.exc_info))
    return "\n".join(filter(None, (record.exc_text, record.stack_info)))[-LONGEST:]
