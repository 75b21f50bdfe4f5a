"""What start-up hooks return. The core registers it, so it knows who owns what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
    writes through `session` counts once. `run_many` instead of `run` gets up to 50 events of one
    tenant at once, one by one where the whole fails: for what a sync brings by the thousand.
    """

    event: type[E]
    run: Callable[[Any, E], None] | None = None
    run_many: Callable[[Any, list[E]], None] | None = None

    def __post_init__(self) -> None:
        if (self.run is None) == (self.run_many is None):
            raise ValueError(f"Handler of {self.event.__name__}: give it either run or run_many.")


@dataclass(frozen=True, kw_only=True)
class InboxAction:
    """A button on a conversation. It posts to `href`, or (`method="get"`) opens it.

    `method="panel"` shows what `href` answers in the panel on the right. `confirm` is a question
    to ask before; "" asks nothing.
    """

    name: str
    label: str
    href: str
    icon: str = ""
    method: str = "post"
    confirm: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A card beside a customer: a title above what `href`, a page of the plugin, answers.

    `href` comes from `url_for`. Its page shows a fragment, or answers 204 and the card goes. Cards
    stand by `order`, then `name`, which is the plugin's own word for this card. `icon` is a Tabler
    icon name.
    """

    name: str
    title: str
    href: str
    icon: str = ""
    order: int = 50


@dataclass(frozen=True, kw_only=True)
class FieldCandidate:
    """A member's value for one field of a merged customer's profile.

    `is_verified`: a channel has proven this address. `is_main`: the main channel is this contact's.
    `source` says who set it: person, device, import, provider or "" where nobody knows.
    `updated_at` is when the contact last changed.
    """

    contact_id: int
    value: str
    is_verified: bool
    is_main: bool
    source: str
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class MergeRule:
    """A way to choose among the members' values: the one with the highest `rank` is shown.

    `rank` looks at its candidate alone, and two may tie: then the main channel's contact wins,
    then the oldest. `title` is for people.
    """

    name: str
    title: Any
    rank: Callable[[FieldCandidate], Any]


@dataclass(frozen=True, kw_only=True)
class DeviceFact:
    """What a plugin says of one channel in the table *My devices*: a cell below `title`.

    `badge` is a word with a Tabler colour, `text` and `at` (when it last happened) stand below it.
    """

    channel_id: int
    title: str
    badge: str = ""
    colour: str = "secondary"
    text: str = ""
    at: Any = None


@dataclass(frozen=True, kw_only=True)
class ListAction:
    """A button above a list that leads to a page of the plugin's. `icon` is a Tabler icon name."""

    label: str
    href: str
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageNote:
    """A line below a message in the inbox. With `href` a button; what it answers is a dialog."""

    text: str
    href: str = ""
    icon: str = ""


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
