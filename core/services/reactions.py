"""Reacting to a customer's message with an emoji, where the channel can carry it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from core.adapter import Accepted, Account, Adapter, OutboundMessage
from core.errors import Refused
from core.inbound import Address, MessageKind
from core.jobs.outbox import enqueue
from core.jobs.spec import RetryAt, after
from core.live import tell
from core.models import Direction, Job, Message, Sender
from core.outbound import OutboundClient, SendFailed
from core.services import channels
from core.services.channel_accounts import crowd_of
from core.services.may_send import is_served, is_window_open, why_shut
from core.tenancy.session import TenantSession
from core.words import say

US = "us"
LONGEST = 16


def react(session: TenantSession, message: Message, emoji: str) -> None:
    """Put our one reaction on a message, replace it, or with "" take it away.

    It shows at once; when the provider refuses it, the one before comes back. Refused: a channel
    that carries none, a message that isn't the customer's, a closed window.
    """
    channel = message.channel
    if len(emoji) > LONGEST or any(letter.isalnum() and letter.isascii() for letter in emoji):
        raise Refused(say("Choose one of the emojis."), "emoji")
    if not channels.adapter_of(session, channel).capabilities.reactions:
        raise Refused(say("%(channel)s carries no reactions.", channel=channel.name), "emoji")
    if not is_served(session, channel):
        raise Refused(
            say("%(channel)s can't send: its plugin is off.", channel=channel.name), "emoji"
        )
    if message.direction is Direction.INTERNAL or not message.provider_id or message.is_deleted:
        raise Refused(say("This message can't be reacted to."), "emoji")
    if not is_window_open(message.conversation):
        shut = why_shut(channel, channels.adapter_of(session, channel).capabilities, Sender.AGENT)
        raise Refused(shut, "emoji")
    before = _seen(session, message)
    _set(session, message, emoji)
    enqueue(
        session,
        "core.react",
        {"message_id": message.id, "emoji": emoji, "before": before},
        lane=f"conversation:{message.conversation_id}",
        crowd=crowd_of(message.channel_id),
    )


def _seen(session: TenantSession, message: Message) -> str:
    """Our reaction as the customer sees it: what is still on its way hasn't reached them."""
    lane = f"conversation:{message.conversation_id}"
    waiting = session.scalars(
        select(Job.payload).where(Job.lane == lane, Job.actor == "core.react").order_by(Job.id)
    )
    for payload in waiting:
        if payload["message_id"] == message.id:
            return str(payload["before"])
    return message.reactions.get(US, "")


def _set(session: TenantSession, message: Message, emoji: str) -> None:
    reactions = {who: sign for who, sign in message.reactions.items() if who != US}
    message.reactions = {**reactions, US: emoji} if emoji else reactions
    session.flush()
    tell(
        session,
        "message",
        conversation=message.conversation_id,
        channel=message.channel_id,
        message=message.id,
    )


@dataclass(frozen=True)
class Claimed:
    """What the provider call needs."""

    adapter: Adapter
    account: Account
    message: OutboundMessage
    http: OutboundClient


class ReactCall:
    """The provider call. It needs no mark: the same reaction twice is one reaction."""

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        message = session.get(Message, payload["message_id"])
        if message is None or message.reactions.get(US, "") != payload["emoji"]:
            return None  # another one was chosen meanwhile, and has its own job
        identity = message.conversation.identity
        return Claimed(
            adapter=channels.adapter_of(session, message.channel),
            account=channels.account_of(session, message.channel),
            message=OutboundMessage(
                to=Address(identity.kind, identity.address),
                opaque=str(uuid4()),
                kind=MessageKind.TEXT,
                text=payload["emoji"],
                reaction_to=message.provider_id or "",
            ),
            http=session.desk.outbound,
        )

    def call(self, claimed: Claimed) -> Accepted:
        return claimed.adapter.send(claimed.account, claimed.message, claimed.http)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, result: Accepted
    ) -> None:
        """Nothing to keep: the message shows it already."""

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(after(error.retry_after), error.reason)
        take_back(session, payload)
        return None


def take_back(session: TenantSession, payload: dict[str, Any], reason: str = "") -> None:
    """The provider didn't take it: the customer sees the one before, and so do we."""
    message = session.get(Message, payload["message_id"])
    if message is not None and message.reactions.get(US, "") == payload["emoji"]:
        _set(session, message, payload.get("before", ""))


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that it needs: that of its channel's kind."""
    message = session.get(Message, payload["message_id"])
    if message is None:
        return "core"
    return session.desk.host.owner_of_kind(message.channel.kind)
