"""A webhook body of GOWA's: one event each, dispatched by its name.

Source: GOWA's docs/webhook-payload.md and the code that writes it (v9). `device_id` is the JID of
the phone, `session_id` the device's name at the gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.api import (
    Account,
    BadItem,
    Counted,
    InboundEdit,
    InboundReaction,
    InboundStatus,
    Item,
    MalformedBody,
    MessageState,
    careful,
    say,
)
from plugins.channels.whatsapp_qr.gateway import device_id
from plugins.channels.whatsapp_qr.messages import read_message
from plugins.channels.whatsapp_qr.people import chat_of, is_same_line, number_of


@dataclass(frozen=True)
class Event:
    """One event: for whose phone, and what."""

    account: Account
    name: str
    document: dict[str, Any]
    payload: dict[str, Any]

    @property
    def at(self) -> datetime:
        """When it happened: the payload says, or for receipts the event itself."""
        return careful.iso_moment(self.payload if "timestamp" in self.payload else self.document)


def load(body: bytes) -> dict[str, Any]:
    """Decode a body of GOWA's shape; raises MalformedBody with the reason."""
    try:
        document = careful.decode(body)
    except ValueError as error:
        raise MalformedBody("The body is not JSON that can be read.") from error
    if not isinstance(document, dict) or not isinstance(document.get("event"), str):
        raise MalformedBody("The body names no event.")
    if "payload" not in document:
        raise MalformedBody("The event has no payload.")
    return document


def parse(account: Account, body: bytes) -> Iterator[Item]:
    """Yield what one event means. What can't be read is a BadItem."""
    try:
        document = load(body)
    except MalformedBody as error:
        yield BadItem(str(error), careful.keepable(body.decode("utf-8", "replace")))
        return
    try:
        careful.refuse_unstorable(document)
        yield from list(_read(account, document))
    except careful.Unreadable as error:
        yield BadItem(str(error), careful.keepable(document.get("payload")))


def _read(account: Account, document: dict[str, Any]) -> Iterator[Item]:
    if not _is_own(account, document):
        yield Counted("other_number")
        return
    name = careful.string(document, "event")
    read = EVENTS.get(name)
    if read is None:
        yield Counted(COUNTED.get(name, name.partition(".")[0])[:40])
        return
    payload = careful.mapping(document, "payload")
    yield from read(Event(account, name, document, payload))


def _is_own(account: Account, document: dict[str, Any]) -> bool:
    """True for the channel's own phone. The signature proves the gateway, not the number."""
    session = careful.optional_string(document, "session_id")
    if session and session != device_id(account):
        return False
    number = number_of(careful.optional_string(document, "device_id"))
    return not number or not account.own_address or is_same_line(number, account.own_address)


def _message(event: Event) -> Iterator[Item]:
    chat = chat_of(event.payload, event.account.own_address)
    if chat.counted:
        yield Counted(chat.counted)
        return
    yield read_message(event.payload, chat)


def _reaction(event: Event) -> Iterator[Item]:
    chat = chat_of(event.payload, event.account.own_address)
    if chat.counted:
        yield Counted(chat.counted)
        return
    yield InboundReaction(
        provider_id=careful.string(event.payload, "id"),
        target_id=careful.string(event.payload, "reacted_message_id"),
        emoji=careful.optional_string(event.payload, "reaction", limit=64),
        addresses=chat.addresses,
        at=event.at,
        is_echo=event.payload.get("is_from_me") is True,
    )


def _edited(event: Event) -> Iterator[Item]:
    chat = chat_of(event.payload, event.account.own_address)
    if chat.counted:
        yield Counted(chat.counted)
        return
    yield InboundEdit(
        target_id=careful.string(event.payload, "original_message_id"),
        at=event.at,
        text=careful.optional_string(event.payload, "body", limit=careful.MAX_TEXT),
    )


def _revoked(event: Event) -> Iterator[Item]:
    chat = chat_of(event.payload, event.account.own_address)
    if chat.counted:
        yield Counted(chat.counted)
        return
    target = careful.string(event.payload, "revoked_message_id")
    yield InboundEdit(target_id=target, at=event.at, is_revoked=True)


RECEIPTS = {
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.PLAYED,
}


def _ack(event: Event) -> Iterator[Item]:
    """Receipts, one for each id. Those of our own other devices (`read-self` …) say nothing new."""
    if not careful.string(event.payload, "chat_id").endswith(("@s.whatsapp.net", "@lid")):
        yield Counted("receipt")
        return
    state = RECEIPTS.get(careful.string(event.payload, "receipt_type"))
    if state is None:
        yield Counted("receipt")
        return
    at = event.at
    for identifier in careful.sequence(event.payload, "ids"):
        if not isinstance(identifier, str) or not 0 < len(identifier) <= careful.MAX_ID:
            yield BadItem(say("A receipt names no message."), event.payload)
            continue
        yield InboundStatus(provider_id=identifier, state=state, at=at)


EVENTS: dict[str, Callable[[Event], Iterator[Item]]] = {
    "message": _message,
    "message.reaction": _reaction,
    "message.edited": _edited,
    "message.revoked": _revoked,
    "message.ack": _ack,
}

COUNTED = {
    "message.deleted": "deleted_for_me",  # on the owner's phone only; the customer still has it
    "chat_presence": "typing",
    "call.offer": "call",
}
