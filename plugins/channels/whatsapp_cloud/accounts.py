"""Changes of the phone's address book, and errors that belong to no message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from core.api import ChannelChanged, ContactPushed, Counted, Fact, Item
from plugins.channels.whatsapp_cloud.errors import ERRORS
from plugins.channels.whatsapp_cloud.reading import (
    MAX_NAME,
    MAX_TEXT,
    Unreadable,
    address,
    mapping,
    moment,
    optional_string,
    string,
)

HISTORY_DECLINED = "2593109"


def read_contact(item: dict[str, Any]) -> Iterator[Item]:
    """Yield an address-book change of `smb_app_state_sync`: added, edited (Meta says *add* for that
    too, its partners *edit*) or removed, then without a name.
    """
    if item.get("type") != "contact":
        yield Counted("state_sync")
        return
    action = string(item, "action")
    if action not in {"add", "edit", "remove"}:
        raise Unreadable(f"{action[:40]!r} is no known change of an address book.")
    contact = mapping(item, "contact")
    name = optional_string(contact, "full_name", limit=MAX_TEXT) or optional_string(
        contact, "first_name", limit=MAX_TEXT
    )
    yield ContactPushed(
        address=address(string(contact, "phone_number")),
        at=moment(mapping(item, "metadata")),
        name=name[:MAX_NAME],
        is_removed=action == "remove",
        raw=item,
    )


def read_errors(errors: Any, at: datetime, value: dict[str, Any]) -> ChannelChanged:
    """Errors that belong to no message: a declined history, or trouble with the number."""
    error = ERRORS.first(errors)
    what = "history_declined" if error.code == HISTORY_DECLINED else "error"
    reason = f"{error.reason} ({error.code})" if error.code else error.reason
    facts = (Fact("history", f"Declined: {reason}", is_bad=True),) if what != "error" else ()
    return ChannelChanged(what=what, reason=reason, at=at, facts=facts, raw=value)


def entry_moment(entry: dict[str, Any]) -> datetime:
    """When Meta sent the entry; now, where it doesn't say."""
    try:
        return moment(entry, "time")
    except Unreadable:
        return datetime.now(UTC)
