"""The operator's Roles page: one role at a time, what it may do in words."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from core.host.declarations import ViewDecl
from core.services import roles
from core.services.roles import Right
from core.services.tenants import RoleName
from core.tenancy.session import SystemSession
from core.web.fab import expose, has_access
from core.web.grants import GRANTS
from core.web.pages.operator import MENU, OperatorPage
from core.web.pages.role_grid import COLUMNS, Row, grid
from core.web.request import desk

# without these nobody could give anything back
KEPT: frozenset[Right] = frozenset(
    (permission, "Role") for permission in ("can_list", "can_show", "can_edit")
)


class RolesView(OperatorPage):
    """`/roles/`: what each of the six roles may do."""

    route_base = "/roles"
    class_permission_name = "Role"
    method_permission_name = {"index": "list", "show": "show", "save": "edit", "reset": "edit"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        return redirect(url_for("RolesView.show", name=RoleName.ADMIN.value))

    @expose("/<name>/")
    @has_access
    def show(self, name: str) -> Any:
        def look(session: SystemSession) -> Any:
            role = roles.find_role(session, name)
            held = roles.rights_of(session, role)
            return self.render_template(
                "sapa/operator/roles.html",
                title=_("Roles"),
                role=role.name,
                roles=[each.value for each in RoleName],
                holders=roles.holders(session),
                held=held,
                kept=KEPT if role.name == RoleName.OPERATOR else frozenset(),
                groups=grid(role.name, desk()),
                columns=list(COLUMNS),
                is_default=held == _default(role.name, roles.every_right(session)),
            )

        return self.seen(look)

    @expose("/<name>/save", methods=["POST"])
    @has_access
    def save(self, name: str) -> Any:
        ticked = set(request.form.getlist("rights"))

        def change(session: SystemSession) -> int:
            role = roles.find_role(session, name)
            rows = [row for _group, rows in grid(role.name, desk()) for row in rows]
            wanted = _wanted(roles.rights_of(session, role), rows, ticked)
            return self._set(session, role, wanted)

        return self._changed(name, self.written(change))

    @expose("/<name>/reset", methods=["POST"])
    @has_access
    def reset(self, name: str) -> Any:
        def change(session: SystemSession) -> int:
            role = roles.find_role(session, name)
            return self._set(session, role, _default(role.name, roles.every_right(session)))

        return self._changed(name, self.written(change))

    def _set(self, session: SystemSession, role: Any, wanted: frozenset[Right]) -> int:
        if role.name == RoleName.OPERATOR:
            wanted |= KEPT
        changed = roles.set_rights(session, role, wanted)
        if changed:
            current_app.appbuilder.sm.versions.bump_security(session)  # type: ignore[attr-defined]
        return changed

    def _changed(self, name: str, count: int) -> Any:
        if count:
            flash(
                ngettext("Saved: %(num)d right changed.", "Saved: %(num)d rights changed.", count),
                "success",
            )
        else:
            flash(_("Nothing was changed."), "info")
        return redirect(url_for("RolesView.show", name=name))


def _wanted(held: frozenset[Right], rows: list[Row], ticked: set[str]) -> frozenset[Right]:
    """What is held, changed by the boxes that were changed: a half one left alone stays half."""
    wanted = set(held)
    for box in (box for row in rows for box in row.boxes()):
        if (box.key in ticked) == box.is_on(held):
            continue
        wanted = wanted | box.rights if box.key in ticked else wanted - box.rights
    return frozenset(wanted)


def _default(role: str, every: frozenset[Right]) -> frozenset[Right]:
    return frozenset(right for right in every if GRANTS[role](*right))


PAGES = (ViewDecl(view=RolesView, name="Roles", icon="shield-lock", category=MENU),)
