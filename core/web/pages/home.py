"""`/`: on to where this person's working day happens."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_appbuilder import IndexView
from flask_login import current_user

from core.web.fab import expose
from core.web.fab.access import to_login
from core.web.sidebar import Item, sidebar


class HomeView(IndexView):
    """The first page of the menu that this person may open: the Inbox, the orders, the tenants."""

    @expose("/")
    def index(self) -> Any:
        if not current_user.is_authenticated:
            return to_login()
        first = first_link(sidebar())
        if first is None:
            return self.render_template("sapa/nowhere.html"), 403
        return redirect(first.url)


def first_link(items: list[Item]) -> Item | None:
    """The first leaf of the menu, in its order."""
    leaves = (leaf for item in items for leaf in (item.children or [item]))
    return next(leaves, None)
