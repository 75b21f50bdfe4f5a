"""An update of Telegram's: one for each call, dispatched by the one field that it bears.

Source: "Update" and the types below it, core.telegram.org/bots/api.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from core.api import (
    Address,
    BadItem,
    Counted,
    IdentityKind,
    InboundEdit,
    InboundReaction,
    Item,
    MalformedBody,
    WishTold,
    careful,
)
from plugins.channels.telegram.ids import message_id, number
from plugins.channels.telegram.messages import read_message, text_of

Json = dict[str, Any]


def load(body: bytes) -> Json:
    """Decode an update; raises MalformedBody with the reason."""
    try:
        document = careful.decode(body)
    except ValueError as error:
        raise MalformedBody("The body is not JSON that can be read.") from error
    if not isinstance(document, dict) or not isinstance(document.get("update_id"), int):
        raise MalformedBody("The body is no update of Telegram's: it has no update_id.")
    return document


def parse(body: bytes) -> Iterator[Item]:
    """Yield what one update means. What can't be read is a BadItem."""
    try:
        document = load(body)
    except MalformedBody as error:
        yield BadItem(str(error), careful.keepable(body.decode("utf-8", "replace")))
        return
    try:
        careful.refuse_unstorable(document)
        yield from list(_read(document))
    except careful.Unreadable as error:
        yield BadItem(str(error), careful.keepable(document))


def _read(document: Json) -> Iterator[Item]:
    for name in document:
        if name in UPDATES:
            content = careful.mapping(document, name)
            other = _group(careful.mapping(content, "chat"))
            yield from (Counted(other),) if other else UPDATES[name](content)
            return
    named = [name for name in document if name != "update_id"]
    yield Counted(named[0][:40] if named else "update")


def _group(chat: Json) -> str:
    """What a chat is that isn't one person's; "" for a person's. Groups make no customers."""
    kind = careful.string(chat, "type")
    if kind == "private":
        return ""
    return "group" if kind in ("group", "supergroup") else "channel"


def _message(message: Json) -> Iterator[Item]:
    yield from read_message(message)


def _edited(message: Json) -> Iterator[Item]:
    chat = number(careful.mapping(message, "chat"), "id")
    if message.get("location") is not None:
        yield Counted("location")  # a live one moves by edits
        return
    yield InboundEdit(
        target_id=message_id(chat, number(message, "message_id")),
        at=careful.unix_moment(message, "edit_date"),
        text=text_of(message),
    )


def _reaction(update: Json) -> Iterator[Item]:
    """The reactions as they are now. One that is a picture of Telegram's own can't be shown."""
    chat = number(careful.mapping(update, "chat"), "id")
    at = careful.unix_moment(update, "date")
    target = message_id(chat, number(update, "message_id"))
    signs = [
        careful.string(sign, "emoji", limit=64)
        for sign in careful.sequence(update, "new_reaction")
        if isinstance(sign, dict) and sign.get("type") == "emoji"
    ]
    yield InboundReaction(
        provider_id=f"{target}:reaction:{int(at.timestamp())}",
        target_id=target,
        emoji=signs[0] if signs else "",
        addresses=(Address(IdentityKind.TELEGRAM, str(chat)),),
        at=at,
    )


def _member(update: Json) -> Iterator[Item]:
    """In a private chat the bot's own standing changes when it is blocked, or taken back."""
    chat = number(careful.mapping(update, "chat"), "id")
    status = careful.string(careful.mapping(update, "new_chat_member"), "status")
    if status not in ("kicked", "member"):
        yield Counted("my_chat_member")
        return
    yield WishTold(
        address=Address(IdentityKind.TELEGRAM, str(chat)),
        at=careful.unix_moment(update, "date"),
        is_out=status == "kicked",
    )


UPDATES: dict[str, Callable[[Json], Iterator[Item]]] = {
    "message": _message,
    "edited_message": _edited,
    "message_reaction": _reaction,
    "my_chat_member": _member,
}
"""What setWebhook asks for, too: nothing else is delivered."""
