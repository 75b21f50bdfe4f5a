"""FAB's menu without what leads nowhere.

Upstream keeps a category whose every entry is closed to the user, and separators around
nothing; and it names an entry once more for each category before it, which twice over made
hundreds of names to ask permissions for.
"""

from __future__ import annotations

from typing import Any

from flask_appbuilder.menu import Menu


class PrunedMenu(Menu):
    """`get_data()` gives only what this user can open; render from it."""

    def get_flat_name_list(self, menu: Any = None, result: Any = None) -> list[str]:
        """The name of every entry, once; `result` is upstream's, which we don't need."""
        names: list[str] = []
        for item in self.menu if menu is None else menu:
            names += [item.name, *self.get_flat_name_list(item.childs)]
        return names

    def get_data(self, menu: Any = None) -> list[Any]:
        if menu is not None and not menu:
            return []  # upstream takes an empty category for "the whole menu"
        kept: list[Any] = []
        for item in super().get_data(menu):
            if item == "-":
                if kept and kept[-1] != "-":
                    kept.append(item)
            elif item.get("childs") != [] and item.get("url") != "":
                kept.append(item)
        while kept and kept[-1] == "-":
            kept.pop()
        return kept
