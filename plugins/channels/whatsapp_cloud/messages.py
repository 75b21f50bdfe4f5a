"""One element of `messages`, `message_echoes` or a history thread, in our words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from core.api import (
    AddressChanged,
    Counted,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    Item,
    Media,
    MessageKind,
)
from plugins.channels.whatsapp_cloud.people import Origin, other_party
from plugins.channels.whatsapp_cloud.reading import (
    MAX_NAME,
    MAX_TEXT,
    Unreadable,
    address,
    mapping,
    moment,
    optional_mapping,
    optional_string,
    sequence,
    string,
)

POLL_ERROR = 131051  # "unsupported message type": how polls arrive where no type is named

MEDIA = {
    kind.value: kind
    for kind in (
        MessageKind.IMAGE,
        MessageKind.VIDEO,
        MessageKind.AUDIO,
        MessageKind.DOCUMENT,
        MessageKind.STICKER,
    )
}


def read_message(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    """Yield what one message means; usually one item. Raises Unreadable."""
    if item.get("group_id"):
        yield Counted("group")
        return
    read = KINDS.get(string(item, "type"), _placeholder)
    yield from read(item, origin)


def _text(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    body = string(mapping(item, "text"), "body", limit=MAX_TEXT)
    yield _message(item, origin, MessageKind.TEXT, text=body)


def _media(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    kind = MEDIA[item["type"]]
    file = mapping(item, kind.value)
    media = Media(
        kind=kind,
        provider_id=string(file, "id"),
        url=optional_string(file, "url", limit=2048),
        mime_type=optional_string(file, "mime_type"),
        sha256=optional_string(file, "sha256"),
        filename=optional_string(file, "filename", limit=1024)[:MAX_NAME],
    )
    caption = optional_string(file, "caption", limit=MAX_TEXT)
    yield _message(item, origin, kind, text=caption, media=(media,))


def _button(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    text = string(mapping(item, "button"), "text", limit=MAX_TEXT)
    yield _message(item, origin, MessageKind.TEXT, text=text, raw=item)


def _interactive(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    answer = mapping(item, "interactive")
    for key in ("button_reply", "list_reply"):
        if answer.get(key) is not None:
            title = string(mapping(answer, key), "title", limit=MAX_TEXT)
            yield _message(item, origin, MessageKind.TEXT, text=title, raw=item)
            return
    yield from _placeholder(item, origin)


def _reaction(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    reaction = mapping(item, "reaction")
    yield InboundReaction(
        provider_id=string(item, "id"),
        target_id=string(reaction, "message_id"),
        emoji=optional_string(reaction, "emoji", limit=64),
        addresses=other_party(item, origin).addresses,
        at=moment(item),
        is_echo=origin.is_echo,
    )


def _edit(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    edit = mapping(item, "edit")
    content = mapping(edit, "message")
    kind = string(content, "type")
    text = (
        string(mapping(content, "text"), "body", limit=MAX_TEXT)
        if kind == "text"
        else optional_string(optional_mapping(content, kind), "caption", limit=MAX_TEXT)
    )
    yield InboundEdit(target_id=string(edit, "original_message_id"), at=moment(item), text=text)


def _revoke(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    target = string(mapping(item, "revoke"), "original_message_id")
    yield InboundEdit(target_id=target, at=moment(item), is_revoked=True)


def _system(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    """A new number, a new BSUID, or both at once. A system message is nobody's words: no message.

    `customer_changed_number` and `new_wa_id` are the names of Graph API v11 and earlier.
    """
    system = mapping(item, "system")
    what, at = string(system, "type"), moment(item)
    if what == "customer_identity_changed":  # perhaps a recycled number: counted, never merged
        yield Counted("identity_changed")
        return
    if what not in {"user_changed_number", "customer_changed_number", "user_changed_user_id"}:
        yield Counted("system")
        return
    moves = (
        (
            optional_string(item, "from"),
            optional_string(system, "wa_id") or optional_string(system, "new_wa_id"),
        ),
        (optional_string(system, "previous_user_id"), optional_string(system, "user_id")),
    )
    changes = [(old, new) for old, new in moves if old and new and old != new]
    if not changes:
        raise Unreadable("The address change names no old and new address.")
    for old, new in changes:
        yield AddressChanged(old=address(old), new=address(new), at=at)


def _unsupported(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    """What the Cloud API withholds. `unsupported.type` names it where Meta says (2026)."""
    named = optional_string(optional_mapping(item, "unsupported"), "type")
    codes = [error.get("code") for error in sequence(item, "errors") if isinstance(error, dict)]
    if named.startswith("poll") or (not named and POLL_ERROR in codes):
        yield Counted("poll")
    elif named in {"location", "contacts"}:
        yield Counted(named)
    else:
        yield from _placeholder(item, origin)


def _counted(what: str) -> Callable[[dict[str, Any], Origin], Iterator[Item]]:
    def read(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
        yield Counted(what)

    return read


def _placeholder(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    yield _message(item, origin, MessageKind.PLACEHOLDER, raw=item)


KINDS: dict[str, Callable[[dict[str, Any], Origin], Iterator[Item]]] = {
    "text": _text,
    **dict.fromkeys(MEDIA, _media),
    "button": _button,
    "interactive": _interactive,
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
    "unsupported": _unsupported,
    "location": _counted("location"),
    "contacts": _counted("contacts"),
    "poll": _counted("poll"),
    "poll_creation": _counted("poll"),
    "poll_update": _counted("poll"),
}


def _message(
    item: dict[str, Any],
    origin: Origin,
    kind: MessageKind,
    *,
    text: str = "",
    media: tuple[Media, ...] = (),
    raw: dict[str, Any] | None = None,
) -> InboundMessage:
    party = other_party(item, origin)
    return InboundMessage(
        provider_id=string(item, "id"),
        addresses=party.addresses,
        kind=kind,
        sent_at=moment(item),
        text=text,
        name=party.name,
        reply_to=optional_string(optional_mapping(item, "context"), "id"),
        media=media,
        is_echo=origin.is_echo,
        is_history=origin.is_history,
        opaque=optional_string(item, "biz_opaque_callback_data", limit=512),
        raw=raw or {},
    )
