"""What each role may do when its permissions are first made (F9).

A rule looks at (permission, view). It speaks once for each permission that is new; what an operator
takes from a role afterwards stays taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.services.tenants import RoleName
from core.web.fab import operator

# run the installation: plans, tenants, everybody's accounts
OPERATOR_VIEWS = frozenset({"Tenant", "Plan", "Operator", "SystemJob"}) | operator.VIEWS

# the menu's entries of the records: they are for checking other people's work
LEAD_MENU = frozenset({"Records", "Conversations", "Messages", "Assignments", "Unreadable items"})

# run the business: who works here, what is connected, who changed what
ADMIN_VIEWS = frozenset(
    {"Membership", "ApiToken", "Plugins", "AuditEntry", "Channel", "Job", "BadInboundItem"}
    | {"Settings", "Notice", "OrderSource"}
)

# hand work around
LEAD_VIEWS = frozenset(
    {
        "Distribution",
        "Division",
        "Assignment",
        "Module",
        "Template",
        "Label",
        "QuickReply",
        "OptOut",
    }
)

# take records away, and decide by which rules the desk works by itself
LEAD_MAY = frozenset({"can_delete", "can_export", "can_rule"})

# read how others work: for who leads, and for programs with the scope to read
OVERSEEING = "can_oversee"

READING = frozenset(
    {
        OVERSEEING,
        "can_list",
        "can_show",
        "can_get",
        "can_info",
        "can_export",
        "can_index",
        "can_read",
        "menu_access",
    }
)

WAREHOUSE_VIEWS = frozenset({"Order", "OrderLine", "Orders"})
WAREHOUSE_MAY = frozenset({"can_ship", "can_receive", "can_estimate"})

# everybody who is signed in: their own name and password, and what the menu is made of
OWN_VIEWS = frozenset({"ResetMyPasswordView", "UserInfoEditView", "MenuApi"})


def _is_own(permission: str, view: str) -> bool:
    if permission == "menu_access":
        return True  # an entry is shown where the page behind it is open, whatever it is called
    return view in OWN_VIEWS or permission in operator.OWN_PAGE


def _is_restricted(view: str) -> bool:
    return view in OPERATOR_VIEWS or view in ADMIN_VIEWS


def _operator(permission: str, view: str) -> bool:
    # the installation is the operator's; the customers' data is not
    return view in OPERATOR_VIEWS or _is_own(permission, view)


def _admin(permission: str, view: str) -> bool:
    return view not in OPERATOR_VIEWS or _is_own(permission, view)


def _supervisor(permission: str, view: str) -> bool:
    if view in ("Channel", "AuditEntry", "Membership", "Notice"):
        return permission in READING
    return not _is_restricted(view) or _is_own(permission, view)


def _agent(permission: str, view: str) -> bool:
    if permission == "menu_access" and view in LEAD_MENU:
        return False
    if _is_own(permission, view):
        return True
    if _is_restricted(view):
        return view in ("Channel", "Membership") and permission in ("can_get", "can_info")
    if permission == OVERSEEING:
        return False
    if view in LEAD_VIEWS:
        return permission in READING
    return permission not in LEAD_MAY


def _warehouse(permission: str, view: str) -> bool:
    if view in WAREHOUSE_VIEWS:
        return permission in READING or permission in WAREHOUSE_MAY
    return _is_own(permission, view)


def _viewer(permission: str, view: str) -> bool:
    if permission == "menu_access" and view in LEAD_MENU:
        return False
    return _is_own(permission, view) or (permission in READING and not _is_restricted(view))


GRANTS: Mapping[str, Callable[[str, str], bool]] = {
    RoleName.OPERATOR: _operator,
    RoleName.ADMIN: _admin,
    RoleName.SUPERVISOR: _supervisor,
    RoleName.AGENT: _agent,
    RoleName.WAREHOUSE: _warehouse,
    RoleName.VIEWER: _viewer,
}
