"""Changes of the account, the number, its templates and its address book."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from core.api import ChannelChanged, ContactPushed, Counted, Item
from plugins.channels.whatsapp_cloud.errors import first_error
from plugins.channels.whatsapp_cloud.reading import (
    MAX_NAME,
    MAX_TEXT,
    Unreadable,
    address,
    mapping,
    moment,
    optional_mapping,
    optional_string,
    string,
)

HISTORY_DECLINED = "2593109"

# Events after which nothing can be sent. A ban's own state decides further: see `_is_down`.
DOWN = frozenset(
    {"ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "ACCOUNT_RESTRICTION", "PARTNER_REMOVED"}
)


def read_contact(item: dict[str, Any]) -> Iterator[Item]:
    """Yield an address-book change of `smb_app_state_sync`. *add* also means *edited*."""
    if item.get("type") != "contact":
        yield Counted("state_sync")
        return
    action = string(item, "action")
    if action not in {"add", "remove"}:
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


def read_event(field: str, value: dict[str, Any], at: datetime) -> ChannelChanged:
    """Say what happened to the account, the number or a template."""
    event = value.get("event") or value.get("decision") or value.get("type") or ""
    return ChannelChanged(
        what=field[:100],
        reason=_event_reason(event if isinstance(event, str) else "", value),
        at=at,
        is_down=field == "account_update" and _is_down(event, value),
        raw=value,
    )


def read_errors(errors: Any, at: datetime, value: dict[str, Any]) -> ChannelChanged:
    """Errors that belong to no message: a declined history, or trouble with the number."""
    error = first_error(errors)
    what = "history_declined" if error.code == HISTORY_DECLINED else "error"
    reason = f"{error.reason} ({error.code})" if error.code else error.reason
    return ChannelChanged(what=what, reason=reason, at=at, raw=value)


def entry_moment(entry: dict[str, Any]) -> datetime:
    """When Meta sent the entry; now, where it doesn't say."""
    try:
        return moment(entry, "time")
    except Unreadable:
        return datetime.now(UTC)


def _event_reason(event: str, value: dict[str, Any]) -> str:
    """The event with the name it is about and the reason, as far as Meta tells them."""
    keys = ("message_template_name", "reason", "current_limit", "display_phone_number")
    told = [value[key] for key in keys if isinstance(value.get(key), str) and value[key]]
    return ", ".join([event or "changed", *told])[:500]


def _is_down(event: Any, value: dict[str, Any]) -> bool:
    if event == "DISABLED_UPDATE":
        ban = optional_mapping(value, "ban_info")
        return ban.get("waba_ban_state") == "DISABLE"
    return isinstance(event, str) and event in DOWN
