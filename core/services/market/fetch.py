"""Fetching an order that a marketplace's webhook named: the push bears an id and hardly more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.inbound import BadItem, OrderPushed
from core.jobs.outbox import enqueue
from core.jobs.spec import RetryAt, after
from core.models import Channel, ChannelState
from core.outbound import OutcomeUnknown, SendFailed
from core.services.bad_items import keep_bad_item
from core.services.channel_accounts import crowd_of
from core.services.channel_life import break_channel
from core.services.lines import Line, line_of
from core.services.market.bring import bring_order
from core.shop_orders import FetchesOrders, ShopOrder
from core.tenancy.session import TenantSession
from core.words import say

LONGEST_ID = 120  # what the order's column takes


@dataclass(frozen=True)
class Claimed:
    """One order to ask for."""

    line: Line
    adapter: FetchesOrders
    order_id: str


class FetchOrderCall:
    """A question, repeated safely. Its lane is the order's, so a later answer is never overtaken
    by an earlier one: what is fetched is always what the order is now."""

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return None
        line = line_of(session, channel)
        if not isinstance(line.adapter, FetchesOrders):
            return None
        return Claimed(line, line.adapter, payload["order"])

    def call(self, claimed: Claimed) -> ShopOrder:
        return claimed.adapter.fetch_order(
            claimed.line.account, claimed.order_id, claimed.line.http
        )

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, result: ShopOrder
    ) -> None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is not None and channel.archived_at is None:
            bring_order(session, channel, result)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        """Not now: again. Refused for the account: the channel stops, the order is asked for again.

        Refused for itself: kept beside the items that could not be read, with the reason.
        """
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, error.reason)
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(after(error.retry_after), error.reason)
        channel = session.get(Channel, payload["channel_id"])
        if channel is None:
            return None
        reason = error.reason if isinstance(error, SendFailed) else say("The adapter failed.")
        if isinstance(error, SendFailed) and error.error_class == "channel":
            if channel.state is not ChannelState.BROKEN:  # told once, not at each attempt
                break_channel(session, channel, reason)
            return RetryAt(None, reason)
        _keep(session, channel, claimed.order_id, reason)
        return None


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The last attempt is used up: a person finds the order's id among what could not be read."""
    channel = session.get(Channel, payload["channel_id"])
    if channel is not None:
        _keep(session, channel, payload["order"], reason)


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that a fetch needs: that of its channel's kind."""
    channel = session.get(Channel, payload["channel_id"])
    return session.desk.host.owner_of_kind(channel.kind) if channel is not None else "core"


def fetch_soon(session: TenantSession, channel: Channel, item: OrderPushed) -> None:
    """Ask for the order that was pushed, in its lane."""
    if not 0 < len(item.order_id) <= LONGEST_ID:
        raise ValueError("An order needs its id.")
    fetch_again(session, channel, item.order_id)


def fetch_again(session: TenantSession, channel: Channel, order_id: str) -> None:
    """Ask for an order by its id, behind what its lane asks already."""
    enqueue(
        session,
        "core.fetch_order",
        {"channel_id": channel.id, "order": order_id},
        lane=f"market:{channel.id}:{order_id}"[:100],
        crowd=crowd_of(channel.id),
    )


def _keep(session: TenantSession, channel: Channel, order_id: str, reason: str) -> None:
    told = say("Order %(id)s could not be fetched: %(reason)s", id=order_id, reason=reason)
    item = BadItem(told, {"order": order_id})
    keep_bad_item(session, channel, item.reason, item.raw)
