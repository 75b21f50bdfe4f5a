"""Two numbers kept in the database that tell every process what it may still believe.

The security version changes with any role or permission: cached permissions of another
version are thrown away. A user's session version changes at logout and password reset:
a cookie or token of another version is logged out. Both come with the user, in one query.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

from flask_appbuilder.security.sqla.models import (
    Group,
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
)
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.orm import Session

from core.models import SecurityVersion, UserState


class Versions(Protocol):
    """Where the two numbers live."""

    def columns(self, user_id: Any) -> tuple[Any, Any]:
        """(security version, session version of `user_id`) as scalar SQL expressions."""
        ...

    def bump_security(self, session: Any) -> None:
        """Make every process forget its permissions, in the caller's transaction."""
        ...

    def bump_session(self, session: Any, user_id: int) -> None:
        """Log this user out everywhere, in the caller's transaction."""
        ...


class StoredVersions:
    """The default: `security_version`, one row, and each person's `user_state`.

    The value is a moment in nanoseconds: two rolled-back and repeated changes never share one, as
    they would with a counter. Nobody's row is version 0.
    """

    def columns(self, user_id: Any) -> tuple[Any, Any]:
        security = select(SecurityVersion.version).where(SecurityVersion.id == 1)
        session = select(UserState.session_version).where(UserState.user_id == user_id)
        return (
            func.coalesce(security.scalar_subquery(), 0),
            func.coalesce(session.scalar_subquery(), 0),
        )

    def bump_security(self, session: Any) -> None:
        _put(session, SecurityVersion.__table__, "id", 1, "version")

    def bump_session(self, session: Any, user_id: int) -> None:
        _put(session, UserState.__table__, "user_id", user_id, "session_version")


def _put(session: Any, table: Any, key: str, value: int, column: str) -> None:
    # on the connection: a tenant's session rightly refuses Core statements
    connection = session.connection(bind_arguments={"mapper": User.__mapper__})
    now = {column: time.time_ns()}
    changed = connection.execute(update(table).where(table.c[key] == value).values(now))
    if changed.rowcount == 0:
        connection.execute(insert(table).values({key: value, **now}))


_WATCHED = (Role, Permission, PermissionView, ViewMenu, Group)


def watch_security(versions: Versions) -> None:
    """Bump the security version in any flush that changes roles or permissions.

    Safe to call again: only the last `versions` is asked.
    """
    _current[0] = versions
    if not event.contains(Session, "before_flush", _before_flush):
        event.listen(Session, "before_flush", _before_flush)


_current: list[Versions] = [StoredVersions()]


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    for row in (*session.new, *session.deleted, *session.dirty):
        if isinstance(row, _WATCHED) and session.is_modified(row) | (row not in session.dirty):
            _current[0].bump_security(session)
            return
