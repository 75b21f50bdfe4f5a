"""Actions on rows: by POST only, on rows that the session shows, with the permission.

Upstream runs a single action by GET, ignores the view's base filters for the ids, and
answers an unknown action with a 500.
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request

from core.errors import Malformed, NotFound, Refused
from core.web.fab.access import is_allowed
from core.web.fab.routes import expose
from core.web.fab.screen import Screen
from core.words import say


class PostedActions(Screen):
    """POST /action/<name>/<pk> and /action_post."""

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        chosen = self._chosen_action(name, "single")
        return self._acted(chosen, self._item(pk))

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        chosen = self._chosen_action(request.form.get("action", ""), "multiple")
        raw = request.form.getlist("rowid")
        if not raw:
            raise Malformed(say("Choose at least one row first."))
        items = self.datamodel.get_all(raw, self._base_filters)
        if items is None:
            raise NotFound(say("One of these records is no longer there. Reload the list."))
        return self._acted(chosen, items)

    def _chosen_action(self, name: str, kind: str) -> Any:
        chosen = self.actions.get(name)
        if chosen is None or not getattr(chosen, kind):
            abort(404)
        if not is_allowed(self, self.get_action_permission_name(name)):
            abort(403)
        return chosen

    def _acted(self, chosen: Any, what: Any) -> Any:
        try:
            with self.refusals():
                return chosen.func(what)
        except Refused as refused:
            flash(refused.message, "danger")
            return redirect(self.get_redirect())
