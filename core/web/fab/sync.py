"""Permissions of all registered views and menus, brought into the database in bulk.

Upstream does it at every boot, a query for each step: 8,500 for fifty views, and four
processes that start on an empty database together crash three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import Connection, delete, insert, select

Grants = Mapping[str, Callable[[str, str], bool]]


def sync_permissions(appbuilder: Any, grants: Grants | None = None) -> tuple[int, int]:
    """Add missing and remove obsolete permissions; returns (added, removed). Commits.

    `grants` maps a role's name to the rule that says whether it gets (permission, view);
    absent roles are created. A rule speaks for new permissions and new roles only, so what
    a person took from a role stays taken. The admin role always has everything.
    """
    sm = appbuilder.sm
    session = sm.session
    # on the connection: a tenant's session rightly refuses Core statements
    connection = session.connection(bind_arguments={"mapper": User.__mapper__})
    wanted = _wanted(appbuilder)
    roles, new_roles = _roles(
        connection, [sm.auth_role_admin, sm.auth_role_public, *(grants or {})]
    )
    permissions = _ids(connection, Permission, {p for p, _ in wanted})
    views = _ids(connection, ViewMenu, {v for _, v in wanted})
    known = _known(connection)
    removed = _remove(connection, known, wanted)
    missing = sorted(wanted - known.keys())
    _many(
        connection,
        PermissionView.__table__,
        [{"permission_id": permissions[p], "view_menu_id": views[v]} for p, v in missing],
    )
    pair_ids = {pair: i for pair, i in _known(connection).items() if pair in wanted}
    fresh = set(missing)
    link = assoc_permissionview_role
    held = {
        tuple(row) for row in connection.execute(select(link.c.role_id, link.c.permission_view_id))
    }
    rules: dict[str, Callable[[str, str], bool]] = dict(grants or {})
    rows = [
        {"role_id": roles[name], "permission_view_id": pair_ids[pair]}
        for name, rule in rules.items()
        for pair in sorted(wanted if name in new_roles else fresh)
        if rule(*pair) and (roles[name], pair_ids[pair]) not in held
    ]
    admin = roles[sm.auth_role_admin]
    if sm.auth_role_admin not in rules:
        rows += [
            {"role_id": admin, "permission_view_id": pair_ids[pair]}
            for pair in sorted(wanted)
            if (admin, pair_ids[pair]) not in held
        ]
    _many(connection, link, rows)
    if missing or removed or rows:
        sm.versions.bump_security(session)
    session.commit()
    return len(missing), removed


def _wanted(appbuilder: Any) -> set[tuple[str, str]]:
    wanted = {
        (p, v.class_permission_name) for v in appbuilder.baseviews for p in v.base_permissions
    }
    items = list(appbuilder.menu.get_list())
    while items:
        item = items.pop()
        items.extend(item.childs)
        if item.name != "-":
            wanted.add(("menu_access", item.name))
    return wanted


def _ids(connection: Connection, model: Any, names: set[str]) -> dict[str, int]:
    table = model.__table__
    found = {name: i for i, name in connection.execute(select(table.c.id, table.c.name))}
    missing = sorted(names - found.keys())
    if missing:
        _many(connection, table, [{"name": name} for name in missing])
        found = {name: i for i, name in connection.execute(select(table.c.id, table.c.name))}
    return found


def _roles(connection: Connection, names: list[str]) -> tuple[dict[str, int], set[str]]:
    table = Role.__table__
    before = set(connection.execute(select(table.c.name)).scalars())
    return _ids(connection, Role, set(names)), set(names) - before


def _known(connection: Connection) -> dict[tuple[str, str], int]:
    pair = PermissionView.__table__
    rows = connection.execute(
        select(pair.c.id, Permission.name, ViewMenu.name)
        .join(Permission, Permission.id == pair.c.permission_id)
        .join(ViewMenu, ViewMenu.id == pair.c.view_menu_id)
    )
    return {(permission, view): i for i, permission, view in rows}


def _remove(
    connection: Connection, known: dict[tuple[str, str], int], wanted: set[tuple[str, str]]
) -> int:
    """Drop what a registered view no longer has; other views belong to plugins not loaded now."""
    registered = {view for _, view in wanted}
    gone = [i for pair, i in known.items() if pair[1] in registered and pair not in wanted]
    if gone:
        link, table = assoc_permissionview_role, PermissionView.__table__
        connection.execute(delete(link).where(link.c.permission_view_id.in_(gone)))
        connection.execute(delete(table).where(table.c.id.in_(gone)))
    return len(gone)


def _many(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
