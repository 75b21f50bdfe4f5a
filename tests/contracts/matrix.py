"""The table of `docs/roles.md`: which role may do what, as it stands in a fresh database.

Write it anew with `python -m tests.contracts.matrix`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import select

from core.services.tenants import RoleName
from core.testing.world import World, build_world

HEAD = """# What each role may do

Written from the permissions of a fresh installation by `python -m tests.contracts.matrix`; a test
compares the two. An operator may give a role more or less under *Operator → Roles*; what a
person took from a role stays taken.

A plugin's screens are listed with the core's. Menu entries are shown where the page behind them
is open.

"""


def as_document(world: World) -> str:
    """The whole file."""
    held = _held(world)
    roles = [role.value for role in RoleName]
    views = sorted({view for _, view in held})
    lines = ["| | " + " | ".join(roles) + " |", "|---" * (len(roles) + 1) + "|"]
    for view in views:
        cells = [_cell(held, role, view) for role in roles]
        lines.append(f"| **{view}** | " + " | ".join(cells) + " |")
    return HEAD + "\n".join(lines) + "\n"


def _cell(held: dict[tuple[str, str], set[str]], role: str, view: str) -> str:
    names = sorted(name.removeprefix("can_") for name in held.get((role, view), ()))
    return ", ".join(names) or "–"  # noqa: RUF001  # a dash, as lists show it


def _held(world: World) -> dict[tuple[str, str], set[str]]:
    link = assoc_permissionview_role
    asked = (
        select(Role.name, Permission.name, ViewMenu.name)
        .join(link, link.c.role_id == Role.id)
        .join(PermissionView, PermissionView.id == link.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(Permission.name != "menu_access")
    )
    found: dict[tuple[str, str], set[str]] = {}
    with world.desk.database.system(write=False) as session:
        for role, permission, view in session.execute(asked):
            found.setdefault((role, view), set()).add(permission)
    return found


if __name__ == "__main__":
    from core.config import Settings
    from plugins import BUILTIN

    with tempfile.TemporaryDirectory() as home:
        made = build_world(Settings(home=Path(home)), BUILTIN)
        Path("docs/roles.md").write_text(as_document(made))
        made.close()
