"""What each role may do, kept in the process as a frozenset and versioned.

Upstream asks the database at each check: 41 queries for one list page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import select

Pairs = frozenset[tuple[str, str]]  # (permission, view), as has_access is asked


class PermissionCache:
    """Pairs by role id, all of one security version.

    Threads share it without a lock: the whole state is one tuple that is replaced, never
    changed, so a reader sees one version or the other.
    """

    def __init__(self) -> None:
        self._state: tuple[int, dict[int, Pairs], dict[str, int | None]] = (-1, {}, {})
        self._roles: tuple[int, dict[str, Role]] = (-1, {})

    def of_roles(self, session: Any, version: int, role_ids: Iterable[int]) -> Pairs:
        """Everything these roles may do at `version`; one query for those not yet known."""
        wanted = set(role_ids)
        _, known, names = self._at(version)
        missing = wanted - known.keys()
        if missing:
            loaded: dict[int, set[tuple[str, str]]] = {role_id: set() for role_id in missing}
            for role_id, permission, view in session.execute(_pairs(missing)):
                loaded[role_id].add((permission, view))
            known = {**known, **{k: frozenset(v) for k, v in loaded.items()}}
            self._state = (version, known, names)
        return frozenset().union(*(known[role_id] for role_id in wanted))

    def roles(self, session: Any, version: int) -> dict[str, Role]:
        """Every role by name, detached: for its id and its name. One query a version."""
        if self._roles[0] != version:
            rows = session.execute(select(Role.id, Role.name)).all()
            self._roles = (version, {name: Role(id=role_id, name=name) for role_id, name in rows})
        return self._roles[1]

    def role_id(self, session: Any, version: int, name: str) -> int | None:
        """The id of the role called `name`, or None; asked once a version."""
        _, known, names = self._at(version)
        if name not in names:
            found: int | None = session.execute(
                select(Role.id).where(Role.name == name)
            ).scalar_one_or_none()
            names = {**names, name: found}
            self._state = (version, known, names)
        return names[name]

    def _at(self, version: int) -> tuple[int, dict[int, Pairs], dict[str, int | None]]:
        state = self._state
        return state if state[0] == version else (version, {}, {})


def _pairs(role_ids: set[int]) -> Any:
    link = assoc_permissionview_role
    return (
        select(link.c.role_id, Permission.name, ViewMenu.name)
        .join(PermissionView, PermissionView.id == link.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(link.c.role_id.in_(role_ids))
    )
