"""The rows and columns of the Roles page: permissions of all screens, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from core.desk import Desk
from core.services.roles import Right
from core.services.tenants import RoleName
from core.web.grants import ADMIN_VIEWS, OPERATOR_VIEWS
from core.words import told
from core.words.derived import note

# a screen's permission and its REST twin are one box
COLUMNS: Mapping[str, frozenset[str]] = {
    "see": frozenset({"can_list", "can_show", "can_get", "can_info", "can_index", "can_read"}),
    "create": frozenset({"can_add", "can_post", "can_new", "can_create"}),
    "change": frozenset({"can_edit", "can_put"}),
    "delete": frozenset({"can_delete"}),
    "export": frozenset({"can_export"}),
}
# everybody's own, and what the pages themselves are made of
_NOT_ASKED = frozenset(
    {
        "MenuApi",
        "OpenApi",
        "OwnNameView",
        "OwnPasswordView",
        "ResetMyPasswordView",
        "UserInfoEditView",
        "SecurityApi",
        "LimitedSecurityApi",
        "SwaggerView",
        "UtilView",
        "LocaleView",
        "HomeView",
        "IndexView",
    }
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*")
_NAMES: Mapping[str, str] = {
    "UserDBModelView": "Accounts",
    "ResetPasswordView": "Passwords of others",
    "Role": "Roles",
    "Attachment": "Attachments",
    "Identity": "Identities",
    "OrderLine": "Order lines",
}


@dataclass(frozen=True)
class Box:
    """One switch: the rights that it gives and takes together."""

    key: str
    label: str
    rights: frozenset[Right]

    def is_on(self, held: frozenset[Right]) -> bool:
        return self.rights <= held

    def touches(self, rights: frozenset[Right]) -> bool:
        return bool(self.rights & rights)

    def is_partly_on(self, held: frozenset[Right]) -> bool:
        return bool(self.rights & held) and not self.is_on(held)


@dataclass(frozen=True)
class Row:
    """One subject: its boxes by column, None where it has no such thing; its other actions."""

    view: str
    title: str
    columns: Mapping[str, Box | None]
    others: tuple[Box, ...]

    def boxes(self) -> Iterable[Box]:
        yield from (box for box in self.columns.values() if box is not None)
        yield from self.others


def grid(role: str, desk: Desk) -> list[tuple[str, list[Row]]]:
    """(group, rows) for a role: what an operator alone can do is the operator's only."""
    groups: dict[str, list[Row]] = {}
    for view, permissions in _permissions().items():
        if view in _NOT_ASKED or (view in OPERATOR_VIEWS and role != RoleName.OPERATOR):
            continue
        groups.setdefault(_group(view, desk), []).append(_row(view, permissions))
    order = [_("Work"), _("Settings"), _("Installation")]
    named = sorted(groups, key=lambda g: (order.index(g) if g in order else len(order), g))
    return [(name, sorted(groups[name], key=lambda row: row.title)) for name in named]


def _permissions() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for view in current_app.appbuilder.baseviews:  # type: ignore[attr-defined]  # FAB sets it
        if view.base_permissions:
            found.setdefault(view.class_permission_name, set()).update(view.base_permissions)
    return found


def _row(view: str, permissions: set[str]) -> Row:
    rest = permissions - frozenset().union(*COLUMNS.values())
    columns = {
        name: Box(f"{view}:{name}", name, _rights(view, wanted & permissions))
        if wanted & permissions
        else None
        for name, wanted in COLUMNS.items()
    }
    others = tuple(Box(f"{view}:{each}", _action(each), _rights(view, {each})) for each in rest)
    return Row(view, _title(view), columns, tuple(sorted(others, key=lambda box: box.label)))


def _rights(view: str, permissions: Iterable[str]) -> frozenset[Right]:
    return frozenset((permission, view) for permission in permissions)


def note_words() -> None:
    """Let the words that the grid makes of permissions and views be found for translation."""
    given = frozenset().union(*COLUMNS.values())
    for view in current_app.appbuilder.baseviews:  # type: ignore[attr-defined]  # FAB sets it
        if view.class_permission_name in _NOT_ASKED or not view.base_permissions:
            continue
        note(_english_title(view.class_permission_name), type(view).__module__)
        for permission in set(view.base_permissions) - given:
            note(_english_action(permission), type(view).__module__)


def _action(permission: str) -> str:
    return str(_(_english_action(permission)))


def _english_action(permission: str) -> str:
    return permission.removeprefix("can_").replace("_", " ").capitalize()


def _title(view: str) -> str:
    return str(_(_english_title(view)))


def _english_title(view: str) -> str:
    """As the menu names the page, else the view's name as words."""
    if view in _NAMES:
        return _NAMES[view]
    pages: dict[str, Any] = current_app.appbuilder.sm._pages_by_menu()  # type: ignore[attr-defined]
    for name, (_permission, page) in pages.items():
        if page == view:
            return str(name)
    first, *more = _WORDS.findall(view) or [view]
    return " ".join([str(first), *(str(word).lower() for word in more)])


def _group(view: str, desk: Desk) -> str:
    owners = desk.host.ownership.owners_of_view(view)
    if None not in owners:
        return str(told(desk.host.title(min(filter(None, owners)))))
    if view in OPERATOR_VIEWS:
        return str(_("Installation"))
    return str(_("Settings") if view in ADMIN_VIEWS else _("Work"))
