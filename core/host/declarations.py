"""What start-up hooks return. The core registers it, so it knows who owns what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.events import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, kw_only=True)
class ViewDecl:
    """A screen: an `AdminView` or `Page` class. Without a `name` it has no menu entry.

    `name` is the entry's identity in the menu, `label` what people read (translated), `category`
    the section it stands in. `icon` is a Tabler icon name such as `users`.
    """

    view: type[Any]
    name: str = ""
    label: str = ""
    icon: str = ""
    category: str = ""
    category_label: str = ""
    category_icon: str = ""


@dataclass(frozen=True, kw_only=True)
class ApiDecl:
    """A REST resource: an `AdminApi` class."""

    api: type[Any]


@dataclass(frozen=True, kw_only=True)
class MenuLink:
    """A menu entry that leads to an address of this application rather than to a view."""

    name: str
    href: str
    label: str = ""
    icon: str = ""
    category: str = ""
    category_label: str = ""
    category_icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Handler(Generic[E]):
    """`run(session, event)` for each event of a type, as a job of its own with retries.

    One handler for each type and plugin. It may run more than once until it succeeds; what it
    writes through `session` counts once.
    """

    event: type[E]
    run: Callable[[Any, E], None]


@dataclass(frozen=True, kw_only=True)
class InboxAction:
    """A button on a conversation. It posts to `href`, or (`method="get"`) opens it.

    `confirm` is a question to ask before; "" asks nothing.
    """

    name: str
    label: str
    href: str
    icon: str = ""
    method: str = "post"
    confirm: str = ""


@dataclass(frozen=True, kw_only=True)
class InboxTool:
    """A button in the inbox's header. With `is_dialog` what `href` answers opens as a dialog.

    `permission` is (permission, view): who may not, sees no button.
    """

    name: str
    label: str
    href: str
    permission: tuple[str, str]
    icon: str = ""
    is_dialog: bool = True
