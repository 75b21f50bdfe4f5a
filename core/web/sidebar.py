"""The sidebar's tree: FAB's menu as this user may see it, without empty categories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request


@dataclass
class Item:
    """A link, or a category when it has children. `active`: we are on it or below it."""

    name: str
    label: str
    icon: str
    url: str = ""
    active: bool = False
    children: list[Item] = field(default_factory=list)


def sidebar() -> list[Item]:
    """Top-level items in menu order.

    From `menu.get_data()`, not from the menu itself: FAB's own navbar forgets `menu_cond`, and
    permissions and plugin switches are decided there.
    """
    items = [item for entry in current_app.appbuilder.menu.get_data() if (item := read(entry))]  # type: ignore[attr-defined] # FAB hangs itself on the app
    mark_active(items, request.path)
    return items


def read(entry: Any) -> Item | None:
    """One entry of `get_data()`; None for separators, empty categories and dead links."""
    if entry == "-":
        return None
    item = Item(
        entry["name"], str(entry["label"]), entry["icon"] or "", str(entry.get("url") or "")
    )
    item.children = [child for raw in entry.get("childs", []) if (child := read(raw))]
    return item if item.url or item.children else None


def mark_active(items: list[Item], path: str) -> None:
    """Mark the link with the longest matching address, and the category around it."""
    links = [(item, parent) for parent in items for item in (parent.children or [parent])]
    fitting = [(len(home(i.url)), i, parent) for i, parent in links if belongs(path, i.url)]
    if not fitting:
        return
    _, best, parent = max(fitting, key=lambda match: match[0])
    best.active = parent.active = True


def home(url: str) -> str:
    """`/contactview/list/` stands for everything under `/contactview/`."""
    return url.split("?")[0].removesuffix("list/")


def belongs(path: str, url: str) -> bool:
    """Whether `path` is that page or below it; `/` stands for itself only."""
    place = home(url)
    if place in ("", "/"):
        return path == place
    return path == place or path.startswith(place if place.endswith("/") else place + "/")
