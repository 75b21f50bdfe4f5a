"""FAB's menu without what leads nowhere, at the price of one look at the permissions.

Upstream keeps a category whose every entry is closed to the user, and separators around
nothing; it names an entry once more for each category before it, and asks for all permissions
again in each category.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import current_app
from flask_appbuilder.menu import Menu
from flask_babel import gettext

SEPARATOR = "-"


class PrunedMenu(Menu):
    """`get_data()` gives only what this user can open; render from it."""

    def get_flat_name_list(self, menu: Any = None, result: Any = None) -> list[str]:
        """The name of every entry, once; `result` is upstream's, which we don't need."""
        names: list[str] = []
        for item in self.menu if menu is None else menu:
            names += [item.name, *self.get_flat_name_list(item.childs)]
        return names

    def get_data(self, menu: Any = None) -> list[Any]:
        """Entries as upstream gives them: dicts with `name`, `icon`, `label`, `url` or `childs`."""
        security = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB sets it
        allowed = security.get_user_menu_access(self.get_flat_name_list())
        return self._entries(self.menu if menu is None else menu, allowed)

    def _entries(self, menu: list[Any], allowed: Collection[str]) -> list[Any]:
        kept: list[Any] = []
        for item in menu:
            if not item.should_render():
                continue
            if item.name == SEPARATOR:
                if kept and kept[-1] != SEPARATOR:
                    kept.append(SEPARATOR)
            elif item.name in allowed and (entry := self._entry(item, allowed)):
                kept.append(entry)
        while kept and kept[-1] == SEPARATOR:
            kept.pop()
        return kept

    def _entry(self, item: Any, allowed: Collection[str]) -> dict[str, Any]:
        """One entry; empty for a category of nothing and a link to nowhere."""
        leads = (
            {"childs": self._entries(item.childs, allowed)}
            if item.childs
            else {"url": item.get_url()}
        )
        if not any(leads.values()):
            return {}
        label = gettext(str(item.label))
        return {"name": item.name, "icon": item.icon, "label": label, **leads}
