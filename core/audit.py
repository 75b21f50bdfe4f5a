"""The audit trail's one door: who is acting, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import inspect

from core.models import AuditEntry, TenantMixin
from core.tenancy.session import TenantSession


@dataclass(frozen=True)
class Actor:
    """Who does what is being done: a person, a token, a plugin's job, the system."""

    name: str
    user_id: int | None = None
    membership_id: int | None = None


SYSTEM = Actor("system")
_actor: ContextVar[Actor] = ContextVar("sapa_actor", default=SYSTEM)


def current_actor() -> Actor:
    return _actor.get()


def set_actor(actor: Actor) -> None:
    """Set the actor for the rest of this context. For the request cycle; elsewhere `acting_as`."""
    _actor.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def record(
    session: TenantSession,
    action: str,
    row: TenantMixin,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    """Write one entry in the caller's transaction. `changes` is `{field: (before, after)}`."""
    actor = current_actor()
    session.add(
        AuditEntry(
            user_id=actor.user_id,
            actor=actor.name[:80],
            action=action,
            noun=type(row).__name__.lower(),
            row_id=row.id,
            label=str(row)[:160],
            changes={
                name: [_plain(old), _plain(new)] for name, (old, new) in (changes or {}).items()
            },
        )
    )


def changed_fields(row: TenantMixin) -> dict[str, tuple[Any, Any]]:
    """What the session would write for `row`: `{field: (before, after)}`."""
    found = {}
    for attribute in inspect(row).mapper.column_attrs:
        history = inspect(row).attrs[attribute.key].history
        if history.has_changes() and attribute.key != "updated_at":
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            if before != after:
                found[attribute.key] = (before, after)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | Decimal):
        return str(value)
    if isinstance(value, str | int | float | bool | list | dict) or value is None:
        return value
    return str(value)
