"""A body of the Messenger Platform, taken apart: every entry, event, echo and receipt of it.

Shapes: Meta's webhook reference of the Messenger Platform and of Instagram Messaging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from core.adapter import Account
from core.careful import (
    MAX_TEXT,
    Unreadable,
    mapping,
    optional_mapping,
    optional_string,
    refuse_unstorable,
    sequence,
    string,
)
from core.inbound import (
    ChannelChanged,
    Counted,
    InboundEdit,
    InboundReaction,
    InboundStatus,
    InboundWatermark,
    Item,
    MessageState,
)
from core.meta import envelope
from core.meta.dialect import Dialect
from core.meta.messages import read_message, read_postback
from core.meta.moments import moment
from core.meta.sides import Sides, sides_of
from core.words import say

# an entry's change that is an event all the same: how Meta's dashboard sends its test
EVENT_FIELDS = frozenset(
    {"messages", "messaging_postbacks", "message_reactions", "messaging_seen", "message_edit"}
)
EMOJIS = {
    "love": "❤️",
    "like": "👍",
    "dislike": "👎",
    "smile": "😆",
    "sad": "😢",
    "wow": "😮",
    "angry": "😠",
}


def parse(dialect: Dialect, account: Account, body: bytes) -> Iterator[Item]:
    """Yield every item in order. What can't be read is a BadItem and harms nothing beside it."""
    return envelope.entries(body, dialect.what, lambda entry: _entry(dialect, account, entry))


def _entry(dialect: Dialect, account: Account, entry: dict[str, Any]) -> Iterator[Item]:
    """`standby` holds what is said while another app leads the talk: it is said all the same."""
    own = dialect.own_id(account)
    if string(entry, "id") != own:
        yield from _foreign(entry)
        return
    for key in ("messaging", "standby"):
        yield from envelope.each(entry, key, lambda event: _event(dialect, own, event))
    yield from envelope.each(entry, "changes", lambda change: _change(dialect, own, change))


def _event(dialect: Dialect, own: str, event: dict[str, Any]) -> Iterator[Item]:
    if event.get("policy_enforcement") is not None:
        yield _policy(event)
        return
    sides = sides_of(dialect, own, event)
    if sides is None:
        yield Counted("other_account")
        return
    for key, read in READERS.items():
        if event.get(key) is not None:
            yield from read(event, sides)
            return
    yield Counted(next((key for key in COUNTED if key in event), "event"))


def _change(dialect: Dialect, own: str, change: dict[str, Any]) -> Iterator[Item]:
    value, field = change.get("value"), change.get("field")
    if (
        isinstance(field, str)
        and field in EVENT_FIELDS
        and isinstance(value, dict)
        and "sender" in value
    ):
        yield from _event(dialect, own, value)
        return
    yield Counted("change")


def _foreign(entry: dict[str, Any]) -> Iterator[Item]:
    """Count what a body signed for us carries for another page; nothing of it is kept."""
    for key in ("messaging", "standby", "changes"):
        elements = entry.get(key)
        for _ in elements if isinstance(elements, list) else ():
            yield Counted("other_account")


def _delivery(event: dict[str, Any], sides: Sides) -> Iterator[Item]:
    """Meta names some messages, and says of all before a moment that they arrived."""
    delivery = mapping(event, "delivery")
    until = moment(delivery, "watermark")
    for mid in sequence(delivery, "mids"):
        if not isinstance(mid, str) or not mid:
            raise Unreadable(say("%(key)s is not a text.", key="mids"))
        yield InboundStatus(provider_id=mid, state=MessageState.DELIVERED, at=until)
    yield InboundWatermark(
        addresses=(sides.other,), state=MessageState.DELIVERED, at=until, until=until
    )


def _read(event: dict[str, Any], sides: Sides) -> Iterator[Item]:
    """Messenger says until when, Instagram (`messaging_seen`) up to which message."""
    read, at = mapping(event, "read"), moment(event)
    mid = optional_string(read, "mid")
    if not mid:
        yield InboundWatermark(
            addresses=(sides.other,),
            state=MessageState.READ,
            at=at,
            until=moment(read, "watermark"),
        )
        return
    yield InboundStatus(provider_id=mid, state=MessageState.READ, at=at)
    yield InboundWatermark(
        addresses=(sides.other,), state=MessageState.READ, at=at, provider_id=mid
    )


def _reaction(event: dict[str, Any], sides: Sides) -> Iterator[Item]:
    reaction = mapping(event, "reaction")
    mid, at = string(reaction, "mid"), moment(event)
    action = string(reaction, "action")
    emoji = optional_string(reaction, "emoji", limit=64)
    if not emoji:
        emoji = EMOJIS.get(optional_string(reaction, "reaction"), "👍")
    yield InboundReaction(
        provider_id=f"{mid}/{at.timestamp()}",
        target_id=mid,
        emoji="" if action == "unreact" else emoji,
        addresses=(sides.other,),
        at=at,
        is_echo=sides.is_echo,
    )


def _edit(event: dict[str, Any], sides: Sides) -> Iterator[Item]:
    edit = mapping(event, "message_edit")
    yield InboundEdit(
        target_id=string(edit, "mid"),
        at=moment(event),
        text=string(edit, "text", limit=MAX_TEXT),
    )


def _policy(event: dict[str, Any]) -> ChannelChanged:
    """Meta blocked the page for breaking a policy, or let it write again."""
    policy = optional_mapping(event, "policy_enforcement")
    refuse_unstorable(policy)
    is_blocked = string(policy, "action") == "block"
    reason = optional_string(policy, "reason", limit=MAX_TEXT)[:400]
    if is_blocked:
        reason = say(
            "Meta blocked the page for breaking a policy: %(reason)s See Page > Page quality.",
            reason=reason,
        )
    return ChannelChanged(
        what="policy_enforcement",
        reason=reason or say("Meta lifted the block."),
        at=moment(event),
        is_down=is_blocked,
        is_up=not is_blocked,
        raw=event,
    )


READERS: dict[str, Callable[[dict[str, Any], Sides], Iterator[Item]]] = {
    "message": read_message,
    "postback": read_postback,
    "message_edit": _edit,
    "reaction": _reaction,
    "delivery": _delivery,
    "read": _read,
}
COUNTED = (
    "referral",
    "optin",
    "account_linking",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
)
