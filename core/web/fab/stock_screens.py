"""FAB's own screen of accounts, without what breaks on a wrong address.

Upstream answers an action that doesn't exist with a 500, for nobody too, runs one for rows
that aren't there, and serves files by name from a folder that we don't have.
"""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask_appbuilder.security import views as stock

from core.web.fab.access import has_access, is_allowed, to_login
from core.web.fab.routes import expose


class CheckedActions:
    """Actions and deletion by POST, on rows that exist."""

    exclude_route_methods = {"download"}

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self: Any, pk: str) -> Any:
        if not pk.isdecimal() or not self.datamodel.get(pk):
            abort(404)
        return super().delete(pk)  # type: ignore[misc]  # a mixin before ModelView

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self: Any, name: str, pk: str) -> Any:
        if refusal := self._refused(name, [pk]):
            return refusal
        return super().action(name, pk)  # type: ignore[misc]  # a mixin before ModelView

    @expose("/action_post", methods=["POST"])
    def action_post(self: Any) -> Any:
        if refusal := self._refused(request.form.get("action", ""), request.form.getlist("rowid")):
            return refusal
        return super().action_post()  # type: ignore[misc]  # a mixin before ModelView

    def _refused(self: Any, name: str, keys: list[str]) -> Any:
        """The login page for nobody; 404 for no such action or row, 403 without permission."""
        if self.appbuilder.sm.acting_user() is None:
            return to_login()
        if name not in self.actions:
            abort(404)
        if not is_allowed(self, self.get_action_permission_name(name)):
            abort(403)
        if not keys or any(not key.isdecimal() or not self.datamodel.get(key) for key in keys):
            abort(404)
        return None


# named as upstream's: addresses and permissions are made of the class's name
class UserDBModelView(CheckedActions, stock.UserDBModelView):
    """People's accounts, for the operator; a person's own page is on it too."""
