"""The sidebar's tree: FAB's menu as this user may see it, without empty categories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request
from flask_babel import lazy_gettext as _

OTHERS = "*"

# the menu, top to bottom; below a category its children, in the same list
ORDER = (
    "Inbox",
    "Today",
    "Customers",
    "Contacts",
    "Labels",
    "Sales",
    "Board",
    "Orders",
    "Cards",
    "Tasks",
    "Modules",
    OTHERS,
    "Records",
    "Conversations",
    "Messages",
    "Assignments",
    "Unreadable items",
    "Team",
    "People",
    "Divisions",
    "Settings",
    "Channels",
    "Plugins",
    "Templates",
    "API tokens",
    "Jobs",
    "Audit trail",
    "Operator",
    "Tenants",
    "Plans",
    "System jobs",
    "List Users",
    "Roles",
)

# FAB's own entries: named for what they show, and what nobody here needs
RENAMED = {"List Users": _("Accounts")}
HIDDEN: frozenset[str] = frozenset()


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
    permissions and plugin switches are decided there. What a plugin adds comes between ours and
    Settings, in the order in which it registered.
    """
    menu = current_app.appbuilder.menu  # type: ignore[attr-defined] # FAB hangs itself on the app
    items = [item for entry in menu.get_data() if (item := read(entry))]
    items = sorted(gathered(items), key=lambda item: place(item))
    mark_active(items, request.path)
    return items


def read(entry: Any) -> Item | None:
    """One entry of `get_data()`; None for separators, empty categories and dead links."""
    if entry == "-":
        return None
    name = entry["name"]
    if name in HIDDEN:
        return None
    label = RENAMED.get(name, entry["label"])
    item = Item(name, str(label), entry["icon"] or "", str(entry.get("url") or ""))
    item.children = [child for raw in entry.get("childs", []) if (child := read(raw))]
    item.children.sort(key=lambda child: place(child))
    return item if item.url or item.children else None


def gathered(items: list[Item]) -> list[Item]:
    """FAB's category of accounts, as part of ours."""
    accounts = next((item for item in items if item.name == "Security"), None)
    operator = next((item for item in items if item.name == "Operator"), None)
    if accounts is None or operator is None:
        return items
    operator.children += accounts.children
    operator.children.sort(key=lambda child: place(child))
    return [item for item in items if item is not accounts]


def place(item: Item) -> int:
    """Where an item stands among its neighbours; ours are named, others stand in `OTHERS`."""
    return ORDER.index(item.name if item.name in ORDER else OTHERS)


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
