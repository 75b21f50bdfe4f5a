"""What the app posts: one event each.

Source: docs.sms-gate.app, "Webhooks". Since 2026 events name `sender` and `recipient`; older ones
`phoneNumber`, which is the other party's. The id of a message that came in is made of its content
and isn't unique: ours is made of the phone, the sender, the time and the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from core.api import (
    Account,
    BadItem,
    Counted,
    InboundMessage,
    InboundStatus,
    Item,
    MalformedBody,
    MessageKind,
    MessageState,
    careful,
    say,
)
from plugins.channels.sms.android.errors import meaning_of
from plugins.channels.sms.numbers import person_of

Json = dict[str, Any]


def load(body: bytes) -> Json:
    """Decode an event; raises MalformedBody with the reason."""
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
        yield _read(account, document)
    except careful.Unreadable as error:
        yield BadItem(str(error), careful.keepable(document))


def _read(account: Account, document: Json) -> Item:
    read = EVENTS.get(document["event"])
    if read is None:
        return Counted(document["event"].replace(":", "_")[:40])
    device = careful.optional_string(document, "deviceId")
    wanted = account.settings.get("device_id")
    if wanted and device != wanted:
        return Counted("other_device")
    payload = careful.mapping(document, "payload")
    sim = account.settings.get("sim_number")
    if sim and payload.get("simNumber") is not None and str(payload["simNumber"]) != sim:
        return Counted("other_sim")
    return read(account, device, payload)


def _received(account: Account, device: str, payload: Json) -> Item:
    text = careful.string(payload, "message", limit=careful.MAX_TEXT)
    return _message(account, device, payload, text)


def _mms(account: Account, device: str, payload: Json) -> Item:
    """The app hands no files of an MMS over: somebody has to look at the phone."""
    subject = careful.optional_string(payload, "subject", limit=careful.MAX_TEXT)
    return _message(account, device, payload, subject, raw=payload)


def _message(
    account: Account, device: str, payload: Json, text: str, raw: Json | None = None
) -> Item:
    sender = careful.optional_string(payload, "sender") or careful.string(payload, "phoneNumber")
    person = person_of(sender, account.region)
    if person is None:
        return Counted("no_person")  # a bank's name, a short code: nobody who could be answered
    return InboundMessage(
        provider_id=identifier_of(device, sender, str(payload.get("receivedAt")), text),
        addresses=(person,),
        kind=MessageKind.TEXT if raw is None else MessageKind.PLACEHOLDER,
        sent_at=careful.iso_moment(payload, "receivedAt"),
        text=text,
        raw=raw or {},
    )


def identifier_of(device: str, sender: str, at: str, text: str) -> str:
    """What we call a message that came in: the same event told again has the same."""
    content = "\x1f".join((device, sender, at, text)).encode()
    return "sms-" + hashlib.sha256(content).hexdigest()[:40]


def _state(state: MessageState, time: str) -> Callable[[Account, str, Json], Item]:
    def read(account: Account, device: str, payload: Json) -> Item:
        identifier = careful.string(payload, "messageId")
        at = careful.iso_moment(payload, time)
        if state is not MessageState.FAILED:
            return InboundStatus(identifier, state, at, opaque=identifier)
        words = careful.optional_string(payload, "reason", limit=careful.MAX_TEXT)
        if time == "cancelledAt":
            words = say("Somebody cancelled it at the gateway.")
        error_class, reason = meaning_of(words)
        return InboundStatus(
            identifier,
            state,
            at,
            opaque=identifier,
            error_class=error_class,
            error_code=words.partition(" ")[0][:40],
            error_reason=reason,
        )

    return read


EVENTS: dict[str, Callable[[Account, str, Json], Item]] = {
    "sms:received": _received,
    "sms:sent": _state(MessageState.SENT, "sentAt"),
    "sms:delivered": _state(MessageState.DELIVERED, "deliveredAt"),
    "sms:failed": _state(MessageState.FAILED, "failedAt"),
    "sms:cancelled": _state(MessageState.FAILED, "cancelledAt"),
    "mms:received": _mms,
}
"""What is registered at the gateway, too."""

NEEDED = ("sms:received", "sms:sent", "sms:delivered", "sms:failed")
"""Without these a channel is deaf; the others came with later versions of the app."""
