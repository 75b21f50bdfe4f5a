"""FAB's own user and role screens are for the installation's operator, never for a tenant.

They show every person of every tenant, and ResetPasswordView sets anyone's password.
"""

from __future__ import annotations

from typing import Any

OPERATOR = "Operator"

VIEWS = frozenset(
    {
        "UserDBModelView",
        "UserLDAPModelView",
        "UserOAuthModelView",
        "UserRemoteUserModelView",
        "UserSAMLModelView",
        "PermissionModelView",
        "ViewMenuModelView",
        "PermissionViewModelView",
        "UserStatsChartView",
        "RegisterUserModelView",
        "ResetPasswordView",
        # the REST side, by FAB's class_permission_name
        "User",
        "Role",
        "Group",
        "Permission",
        "ViewMenu",
        "PermissionViewMenu",
        "ApiKey",
    }
)
MENUS = frozenset(
    {
        "Security",
        "List Users",
        "User's Statistics",
        "User Registrations",
        "Base Permissions",
        "Views/Menus",
        "Permission on Views/Menus",
    }
)
# a person's own page lives on the users' view
OWN_PAGE = frozenset({"can_userinfo", "resetmypassword", "userinfoedit"})


def needs_operator(permission: str, view: str) -> bool:
    """Whether only a role called Operator may do this, whatever other roles were granted."""
    if permission == "menu_access":
        return view in MENUS
    return view in VIEWS and permission not in OWN_PAGE


def is_operator(roles: list[Any]) -> bool:
    """Whether one of these roles is the operator's."""
    return any(role is not None and role.name == OPERATOR for role in roles)
