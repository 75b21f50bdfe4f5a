"""A webhook body of Meta's, taken apart: every entry, change, message and status of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.api import Account, ChannelChanged, Counted, Fact, Item, meta
from plugins.channels.whatsapp_cloud import templates
from plugins.channels.whatsapp_cloud.accounts import entry_moment, read_contact, read_errors
from plugins.channels.whatsapp_cloud.events import read_event
from plugins.channels.whatsapp_cloud.history import progress_of, read_old
from plugins.channels.whatsapp_cloud.messages import read_message
from plugins.channels.whatsapp_cloud.people import Origin, read_profiles
from plugins.channels.whatsapp_cloud.reading import (
    Unreadable,
    mapping,
    optional_string,
    refuse_unstorable,
    string,
)
from plugins.channels.whatsapp_cloud.statuses import read_status

OBJECT = "whatsapp_business_account"


@dataclass(frozen=True)
class Change:
    """One change: whose account it is for, and its value."""

    account: Account
    entry: dict[str, Any]
    field: str
    value: dict[str, Any]

    def is_own(self, number: Any) -> bool:
        """True for the account's own number, as the channel or this change's metadata writes it."""
        metadata = self.value.get("metadata")
        stated = metadata.get("display_phone_number") if isinstance(metadata, dict) else ""
        digits = _digits(number)
        return digits != "" and digits in {_digits(self.account.own_address), _digits(stated)}


def check(body: bytes) -> None:
    """Raise MalformedBody unless this is a WhatsApp Business Account's JSON."""
    meta.load(body, OBJECT)


def parse(account: Account, body: bytes) -> Iterator[Item]:
    """Yield every item in order. What can't be read is a BadItem and harms nothing beside it."""
    return meta.entries(body, OBJECT, lambda entry: _changes(account, entry))


def _changes(account: Account, entry: dict[str, Any]) -> Iterator[Item]:
    yield from meta.each(entry, "changes", lambda raw: _change(account, entry, raw), is_whole=False)


def _change(account: Account, entry: dict[str, Any], raw: dict[str, Any]) -> Iterator[Item]:
    change = Change(account, entry, string(raw, "field"), mapping(raw, "value"))
    refuse_unstorable(change.field)  # its name is stored with what it tells
    read = FIELDS.get(change.field, _event)
    yield from read(change)


def _messages(change: Change) -> Iterator[Item]:
    value = change.value
    if not any(value.get(key) for key in ("messages", "statuses", "errors")):
        raise Unreadable("The change holds no message, status or error.")
    if not _is_own_number(change):
        yield from _foreign(value, "messages", "statuses")
        return
    origin = Origin(profiles=read_profiles(value.get("contacts")))
    yield from meta.each(value, "messages", lambda item: read_message(item, origin))
    yield from meta.each(value, "statuses", read_status)
    if value.get("errors") and not value.get("messages") and not value.get("statuses"):
        refuse_unstorable(value)
        yield read_errors(value["errors"], entry_moment(change.entry), value)


def _echoes(change: Change) -> Iterator[Item]:
    if not _is_own_number(change):
        yield from _foreign(change.value, "message_echoes")
        return
    origin = Origin(profiles=read_profiles(change.value.get("contacts")), is_echo=True)
    yield from meta.each(change.value, "message_echoes", lambda item: read_message(item, origin))


def _state_sync(change: Change) -> Iterator[Item]:
    if not _is_own_number(change):
        yield from _foreign(change.value, "state_sync")
        return
    yield from meta.each(change.value, "state_sync", read_contact)
    if change.value.get("state_sync"):
        yield _progress(change, "contacts", (Fact("contacts", "Arriving"),))


def _history(change: Change) -> Iterator[Item]:
    if not _is_own_number(change):
        yield from _foreign(change.value, "history", "messages")
        return
    yield from meta.each(
        change.value, "history", lambda chunk: _chunk(change, chunk), is_whole=False
    )
    yield from _old_messages(change, change.value)  # files that come after their placeholders


def _chunk(change: Change, chunk: dict[str, Any]) -> Iterator[Item]:
    if chunk.get("errors"):
        refuse_unstorable(chunk)
        yield read_errors(chunk["errors"], entry_moment(change.entry), chunk)
    yield from meta.each(
        chunk, "threads", lambda thread: _old_messages(change, thread), is_whole=False
    )
    if facts := progress_of(chunk):
        yield _progress(change, "history", facts)


def _old_messages(change: Change, thread: dict[str, Any]) -> Iterator[Item]:
    """A thread is named after the other party; `to` stands on messages of the owner's only."""
    received = Origin(
        profiles=read_profiles(change.value.get("contacts")),
        is_history=True,
        thread=optional_string(thread, "id"),
    )
    sent = replace(received, is_echo=True)

    def read(item: dict[str, Any]) -> Iterator[Item]:
        context = item.get("history_context")
        is_marked = isinstance(context, dict) and context.get("from_me") is True
        is_own = is_marked or bool(item.get("to")) or change.is_own(item.get("from"))
        return read_old(item, sent if is_own else received)

    yield from meta.each(thread, "messages", read)


def _progress(change: Change, what: str, facts: tuple[Fact, ...]) -> ChannelChanged:
    return ChannelChanged(
        what=what, reason=facts[0].value, at=entry_moment(change.entry), facts=facts
    )


def _event(change: Change) -> Iterator[Item]:
    """Any other field tells about the account, the number or a template."""
    value, settings = change.value, change.account.settings
    refuse_unstorable(value)
    if settings.get("waba_id") and change.entry.get("id") != settings["waba_id"]:
        yield Counted("other_account")
        return
    number = value.get("display_phone_number")
    if number is not None and not change.is_own(number):
        yield Counted("other_number")
        return
    if value.get("metadata") is not None and not _is_own_number(change):
        yield Counted("other_number")
        return
    at = entry_moment(change.entry)
    if change.field in TEMPLATE_FIELDS:
        yield from TEMPLATE_FIELDS[change.field](value, at)
        return
    yield read_event(change.field, value, at)


TEMPLATE_FIELDS: dict[str, Callable[[dict[str, Any], datetime], Iterator[Item]]] = {
    "message_template_status_update": templates.read_status,
    "message_template_quality_update": templates.read_quality,
    "template_category_update": templates.read_category,
}

FIELDS: dict[str, Callable[[Change], Iterator[Item]]] = {
    "messages": _messages,
    "smb_message_echoes": _echoes,
    "smb_app_state_sync": _state_sync,
    "history": _history,
}


def _foreign(value: dict[str, Any], *keys: str) -> Iterator[Item]:
    """Count what a body signed for us carries for another number; nothing of it is kept."""
    for key in keys:
        elements = value.get(key)
        for _ in elements if isinstance(elements, list) else ():
            yield Counted("other_number")


def _is_own_number(change: Change) -> bool:
    """True when the change is for the account's own number. A signature proves the app only."""
    own = change.account.settings.get("phone_number_id")
    return string(mapping(change.value, "metadata"), "phone_number_id") == own


def _digits(value: Any) -> str:
    return "".join(c for c in value if c.isdigit()) if isinstance(value, str) else ""
