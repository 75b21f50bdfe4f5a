"""Items that could not be read: kept once each, with the reason, until a person has looked."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select

from core.errors import Refused
from core.inbound import BadItem
from core.jobs.failure import describe
from core.models import BadInboundItem, Channel
from core.services import channels
from core.services.taken_in import take_in
from core.shop_orders import FetchesOrders
from core.tenancy.session import TenantSession
from core.words import say

MAX_KEPT_CHARACTERS = 20_000


def keep_bad_item(session: TenantSession, channel: Channel, reason: str, raw: Any) -> None:
    """Keep `raw` under its digest; the same item again only raises its count."""
    text = _as_json(raw)
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = session.scalar(
        select(BadInboundItem).where(
            BadInboundItem.channel_id == channel.id, BadInboundItem.digest == digest
        )
    )
    if row is not None:
        row.count += 1
    else:
        kept = json.loads(text) if len(text) <= MAX_KEPT_CHARACTERS else text[:MAX_KEPT_CHARACTERS]
        session.add(
            BadInboundItem(channel_id=channel.id, digest=digest, reason=reason[:300], raw=kept)
        )
    session.flush()


def body_of(item: BadInboundItem) -> bytes | None:
    """The whole body that could not be read, or None: only one item of it was kept, or a part."""
    if not isinstance(item.raw, str):
        return None
    whole = hashlib.sha256(_as_json(item.raw).encode()).hexdigest() == item.digest
    return item.raw.encode() if whole else None


def order_of(session: TenantSession, item: BadInboundItem) -> str:
    """The id of the order that could not be fetched, where that is what was kept; else ""."""
    kept = item.raw.get("order") if isinstance(item.raw, dict) and len(item.raw) == 1 else None
    if not isinstance(kept, str):
        return ""
    adapter = session.desk.host.adapters.get(item.channel.kind)
    return kept if isinstance(adapter, FetchesOrders) else ""


def read_again(session: TenantSession, item: BadInboundItem) -> None:
    """Hand the body to the reader again, behind what waits there: its plugin was mended meanwhile.

    An order that could not be fetched is asked for again. Refused where it still can't be read.
    What is in it was maybe stored in part: every item is idempotent.
    """
    order_id = order_of(session, item)
    if order_id:
        from core.services.market import fetch_again  # which keeps its bad items here

        fetch_again(session, item.channel, order_id)
        session.delete(item)
        return
    body = body_of(item)
    if body is None:
        raise Refused(say("Only a part of this was kept: it can't be read again."))
    channel = item.channel
    adapter = channels.adapter_of(session, channel)
    try:
        items = list(adapter.parse(channels.account_of(session, channel), body))
    except Exception as error:  # `parse` promises not to raise; its plugin may break that
        raise Refused(say("It still can't be read: %(error)s", error=describe(error))) from error
    if not items:  # one item alone isn't what a provider sends
        raise Refused(say("Only a part of this was kept: it can't be read again."))
    bad = next((one for one in items if isinstance(one, BadItem)), None)
    if bad is not None:
        raise Refused(say("It still can't be read: %(reason)s", reason=bad.reason))
    session.delete(item)
    take_in(session, channel, [body])


def _as_json(raw: Any) -> str:
    """`raw` as JSON that a column takes, whatever is in it."""
    try:
        return json.dumps(_storable(raw), sort_keys=True, default=str, allow_nan=False)
    except (ValueError, TypeError, RecursionError):  # bounds, odd keys, nesting, endless digits
        return json.dumps("(an item that can't be shown)")


def _storable(value: Any) -> Any:
    """PostgreSQL stores no null character and no half of a surrogate pair, in text or in JSON."""
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\x00", "\N{SYMBOL FOR NULL}")
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value
