"""A message in the chat: who wrote it, and what it holds."""

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

ID = re.compile(r"[0-9]{1,24}")
CARDS = {
    "item": (say("Shared product"), say("Shared product %(id)s"), "item_id"),
    "product": (say("Shared product"), say("Shared product %(id)s"), "item_id"),
    "order": (say("Shared order"), say("Shared order %(id)s"), "order_sn"),
    "voucher": (say("Shared voucher"), say("Shared voucher %(id)s"), "voucher_id"),
}
URLS = {
    "image": (MessageKind.IMAGE, ("url", "image_url", "file_server_url")),
    "image_with_text": (MessageKind.IMAGE, ("image_url", "url")),
    "video": (MessageKind.VIDEO, ("video_url", "url")),
}


def read_message(account: Account, message: dict[str, Any], told_at: datetime) -> Item:
    """What one message means. Raises careful.Unreadable."""
    is_echo = _is_ours(account, message)
    buyer = _buyer(message, "to_id" if is_echo else "from_id")
    kind, text, media = _content(message)
    made = message.get("created_timestamp")
    return InboundMessage(
        provider_id=careful.identifier(message, "message_id"),
        addresses=(Address(IdentityKind.SHOPEE_USER, buyer),),
        kind=kind,
        sent_at=careful.unix_moment(message, "created_timestamp") if made else told_at,
        text=text,
        name=careful.optional_string(message, "from_user_name")[: careful.MAX_NAME],
        reply_to=_quoted(message),
        media=media,
        is_echo=is_echo,
        raw=message if kind is MessageKind.PLACEHOLDER else {},
    )


def _is_ours(account: Account, message: dict[str, Any]) -> bool:
    """Whether the shop wrote it: its user, where an admin entered that, else its shop.

    A push names the writer's shop as `from_shop_id` or `shop_id`; a buyer has one of his own, or 0.
    """
    own_user = str(account.settings.get("own_user_id") or "")
    if own_user:
        return str(message.get("from_id")) == own_user
    shop = message.get("from_shop_id") or message.get("shop_id")
    return shop is not None and str(shop) == str(account.settings.get("shop_id", ""))


def _content(message: dict[str, Any]) -> tuple[MessageKind, str, tuple[Media, ...]]:
    kind = careful.string(message, "message_type", limit=60)
    if kind not in URLS and kind not in CARDS and kind not in ("text", "sticker"):
        return MessageKind.PLACEHOLDER, "", ()
    content = careful.mapping(message, "content")
    if kind == "text":
        return MessageKind.TEXT, careful.string(content, "text", limit=careful.MAX_TEXT), ()
    if kind in CARDS:
        bare, words, key = CARDS[kind]
        named = careful.identifier(content, key) if content.get(key) else ""
        return MessageKind.PLACEHOLDER, say(words, id=named) if named else bare, ()
    if kind == "sticker":
        return MessageKind.PLACEHOLDER, say("Sticker"), ()
    shown, keys = URLS[kind]
    url = next((content[key] for key in keys if content.get(key)), None)
    if not isinstance(url, str) or len(url) > 4096:
        raise careful.Unreadable(say("The file has no address."))
    caption = careful.optional_string(content, "text", limit=careful.MAX_TEXT)
    if not url.startswith(("https://", "http://")):  # a name at a host that isn't told
        return MessageKind.PLACEHOLDER, caption, ()
    return shown, caption, (Media(shown, url=url),)


def _quoted(message: dict[str, Any]) -> str:
    quoted = careful.optional_mapping(message, "quoted_msg")
    return careful.identifier(quoted, "message_id") if quoted.get("message_id") else ""


def _buyer(message: dict[str, Any], key: str) -> str:
    found = careful.identifier(message, key)
    if not ID.fullmatch(found):
        raise careful.Unreadable(say("%(key)s is not an id.", key=key))
    return found
