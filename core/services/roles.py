"""What a role may do, as the operator changes it. A right is FAB's (permission, view).

The six roles are fixed: memberships name them, and a plugin's rules know them. What is taken here
stays taken: `sapa migrate` speaks for new rights only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import Select, delete, insert, select

from core.audit import current_actor
from core.errors import NotFound
from core.models import AuditEntry, Membership, Tenant
from core.services.tenants import TENANT_ROLES, RoleName
from core.tenancy.session import SystemSession
from core.words import say

Right = tuple[str, str]


def find_role(session: SystemSession, name: str) -> Role:
    """One of the six. Raises NotFound."""
    role = session.scalar(select(Role).where(Role.name == name)) if name in set(RoleName) else None
    if role is None:
        raise NotFound(say("There is no such role."))
    return role


def rights_of(session: SystemSession, role: Role) -> frozenset[Right]:
    """Everything that the role may do now."""
    link = assoc_permissionview_role
    held = link.c.permission_view_id == PermissionView.id
    rows = session.execute(_rights().join(link, held).where(link.c.role_id == role.id))
    return frozenset((row[1], row[2]) for row in rows)


def every_right(session: SystemSession) -> frozenset[Right]:
    """All that a role could be given."""
    return frozenset((row[1], row[2]) for row in session.execute(_rights()))


def set_rights(session: SystemSession, role: Role, wanted: Collection[Right]) -> int:
    """Give the role exactly these rights; how many changed. Every tenant's trail says which.

    The caller says that permissions changed (`bump_security`): it knows who caches them.
    """
    before = rights_of(session, role)
    ids = {(row[1], row[2]): row[0] for row in session.execute(_rights())}
    given, taken = set(wanted) & ids.keys() - before, before - set(wanted)
    link = assoc_permissionview_role
    if taken:
        gone = [ids[right] for right in taken]
        session.execute(
            delete(link).where(link.c.role_id == role.id, link.c.permission_view_id.in_(gone))
        )
    if given:
        rows = [{"role_id": role.id, "permission_view_id": ids[right]} for right in sorted(given)]
        session.execute(insert(link), rows)
    if given or taken:
        _tell_tenants(session, role, given, taken)
    return len(given) + len(taken)


def holders(session: SystemSession) -> dict[str, int]:
    """How many people hold each role, in whichever tenant."""
    found: dict[str, set[int]] = {role: set() for role in TENANT_ROLES}
    members = select(Membership.user_id, Membership.roles).where(Membership.is_active)
    for user_id, names in session.execute(members):
        for name in set(names) & found.keys():
            found[name].add(user_id)
    operators = select(User.id).where(User.active, User.roles.any(Role.name == RoleName.OPERATOR))
    counted = Counter({name: len(people) for name, people in found.items()})
    counted[RoleName.OPERATOR] = len(session.scalars(operators).all())
    return dict(counted)


def _rights() -> Select[int, str, str]:
    return (
        select(PermissionView.id, Permission.name, ViewMenu.name)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )


def _tell_tenants(
    session: SystemSession, role: Role, given: Collection[Right], taken: Collection[Right]
) -> None:
    """A role belongs to no tenant, but binds the people of each."""
    actor = current_actor()
    for tenant_id in session.scalars(select(Tenant.id)).all():
        session.add(
            AuditEntry(
                tenant_id=tenant_id,
                user_id=actor.user_id,
                actor=actor.name[:80],
                action="change",
                noun="role",
                row_id=role.id,
                label=role.name,
                changes={"given": [None, _words(given)], "taken": [_words(taken), None]},
            )
        )
    session.flush()


def _words(rights: Collection[Right]) -> list[str]:
    return sorted(f"{view}: {permission.removeprefix('can_')}" for permission, view in rights)
