"""A chat message: who wrote it, in which session, and what it holds.

Replies go to the session; the buyer's own number, which orders bear too, is kept beside it, so that
chat and orders are one customer's.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from core.api import (
    Account,
    Address,
    IdentityKind,
    InboundMessage,
    Item,
    Media,
    MessageKind,
    careful,
    say,
)
from plugins.channels.lazada.moments import moment

SELLER = 2
"""`from_account_type`: 1 is a buyer, 2 a seller."""

TEXT, PICTURE, EMOJI, VIDEO = 1, 3, 4, 6
CARDS = {
    10006: (say("Shared product"), say("Shared product %(id)s"), "item_id"),
    10007: (say("Shared order"), say("Shared order %(id)s"), "order_id"),
    10008: (say("Shared voucher"), say("Shared voucher %(id)s"), "promotion_id"),
}
ID = re.compile(r"[0-9]{1,24}")
SESSION_ID = re.compile(r"[0-9A-Za-z_\-]{1,120}")


def read_message(account: Account, data: dict[str, Any], told_at: datetime) -> Item:
    """What one message means. Raises careful.Unreadable."""
    is_echo = str(data.get("from_account_type")) == str(SELLER)
    session = careful.string(data, "session_id")
    if not SESSION_ID.fullmatch(session):
        raise careful.Unreadable(say("%(key)s is not an id.", key="session_id"))
    buyer = careful.identifier(data, "to_account_id" if is_echo else "from_account_id")
    if not ID.fullmatch(buyer):
        raise careful.Unreadable(say("%(key)s is not an id.", key="account_id"))
    kind, text, media = _content(data)
    return InboundMessage(
        provider_id=careful.identifier(data, "message_id"),
        addresses=(
            Address(IdentityKind.LAZADA_BUYER, session),
            Address(IdentityKind.LAZADA_BUYER, buyer),
        ),
        kind=kind,
        sent_at=moment(data, "send_time") if data.get("send_time") else told_at,
        text=text,
        media=media,
        is_echo=is_echo,
        raw=data if kind is MessageKind.PLACEHOLDER else {},
    )


def _content(data: dict[str, Any]) -> tuple[MessageKind, str, tuple[Media, ...]]:
    template = str(data.get("template_id"))
    number = int(template) if template.isascii() and template.isdigit() and len(template) < 9 else 0
    if number not in CARDS and number not in (TEXT, PICTURE, EMOJI, VIDEO):
        return MessageKind.PLACEHOLDER, "", ()
    content = _decoded(data)
    if number in (TEXT, EMOJI):
        return MessageKind.TEXT, careful.string(content, "txt", limit=careful.MAX_TEXT), ()
    if number in CARDS:
        bare, words, key = CARDS[number]
        named = content.get(key) or content.get(_camel(key))
        is_named = isinstance(named, int | str)
        return MessageKind.PLACEHOLDER, say(words, id=str(named)[:180]) if is_named else bare, ()
    kind = MessageKind.IMAGE if number == PICTURE else MessageKind.VIDEO
    keys = ("img_url", "imgUrl") if number == PICTURE else ("video_url", "videoUrl")
    url = next((content[key] for key in keys if content.get(key)), None)
    if not isinstance(url, str) or not url.startswith(("https://", "http://")) or len(url) > 4096:
        return MessageKind.PLACEHOLDER, "", ()
    return kind, "", (Media(kind, url=url),)


def _decoded(data: dict[str, Any]) -> dict[str, Any]:
    """`content` is JSON in a string; an object is taken as it is."""
    content = data.get("content")
    if isinstance(content, str):
        try:
            content = careful.decode(content.encode("utf-8", "replace"))
        except ValueError as error:
            raise careful.Unreadable(say("%(key)s is not JSON.", key="content")) from error
    if not isinstance(content, dict):
        raise careful.Unreadable(say("%(key)s is missing or not an object.", key="content"))
    careful.refuse_unstorable(content)
    return content


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part.title() for part in rest)
