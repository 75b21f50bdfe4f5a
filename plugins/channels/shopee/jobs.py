"""Filling gaps: pushes that Shopee could not deliver are asked for, taken in, then confirmed.

The list is the app's, for all its shops, and asked for without a shop's token: a paused shop and
one without access get theirs. A page with a stranger's shop is taken in once and left to whoever
else uses the app; for a day where other pages wait behind it, as Shopee keeps all for three.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.api import (
    Channel,
    JobSpec,
    Line,
    OutcomeUnknown,
    Periodic,
    RetryAt,
    SendFailed,
    TenantSession,
    careful,
    enqueue,
    line_of,
    now,
    periodic,
    say,
    take_in,
)
from plugins.channels.shopee.calls import Json, call, response_of

LEFT_TO_OTHERS = 24 * 3600
"""Seconds that a stranger's push is left to its shop's own program while others wait behind it."""

STANDING = "lost pushes"
"""The fact that tells of a page that was read and not confirmed."""


@dataclass(frozen=True)
class Lost:
    """One page of lost pushes: their bodies by shop, and up to which number they go.

    Shop "": those that name none. `newest`: when the last one of each shop was pushed, Unix time.
    """

    bodies: Mapping[str, list[bytes]]
    newest: Mapping[str, int]
    last: int
    has_more: bool


class FetchLost:
    """A question, repeated safely: every item is idempotent."""

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Line | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return None
        return line_of(session, channel)

    def call(self, line: Line) -> Lost:
        answer = call(
            line.account,
            line.http,
            "GET",
            "push/get_lost_push_message",
            is_of_shop=False,
            total=30.0,
        )
        found = response_of(answer)
        listed = found.get("push_message_list")
        bodies: dict[str, list[bytes]] = {}
        newest: dict[str, int] = {}
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, dict):
                body = body_of(entry)
                shop, at = shop_of(entry, body), entry.get("timestamp")
                bodies.setdefault(shop, []).append(body)
                newest[shop] = max(newest.get(shop, 0), at if isinstance(at, int) else 0)
        last = found.get("last_message_id")
        last = last if isinstance(last, int) else 0
        return Lost(bodies, newest, last, bool(found.get("has_next_page")))

    def complete(
        self, session: TenantSession, payload: dict[str, Any], line: Line, result: Lost
    ) -> None:
        """Take in what is ours, and confirm in a job of its own: after this has committed.

        What names no shop is handed to the shop that asked, where a person finds it as unreadable.
        """
        asking = session.get(Channel, payload["channel_id"])
        if asking is None or asking.archived_at is not None:
            return
        own = _channels_of(session, str(line.account.settings.get("partner_id", "")))
        own[""] = asking
        strangers = sorted(set(result.bodies) - set(own))
        if not _is_news(session, asking, result.last, strangers):
            own = {}  # read before
        for shop, bodies in result.bodies.items():
            if shop in own:
                take_in(session, own[shop], bodies)
        had_time = result.has_more and all(
            now().timestamp() - result.newest[shop] > LEFT_TO_OTHERS for shop in strangers
        )
        if result.last and (had_time or not strangers):
            enqueue(
                session,
                "shopee.confirm_lost",
                {**payload, "last": result.last, "has_more": result.has_more},
            )

    def fail(
        self, session: TenantSession, payload: dict[str, Any], line: Line, error: Exception
    ) -> RetryAt | None:
        """Left to the next tick: Shopee keeps them for three days."""
        return None


class ConfirmLost:
    """Confirmed twice is confirmed once."""

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> tuple[Line, int] | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return None
        return line_of(session, channel), payload["last"]

    def call(self, claimed: tuple[Line, int]) -> None:
        line, last = claimed
        call(
            line.account,
            line.http,
            "POST",
            "push/confirm_consumed_lost_push_message",
            body={"last_message_id": last},
            is_of_shop=False,
            total=30.0,
        )

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Any, result: None
    ) -> None:
        """On to the next page."""
        if payload.get("has_more"):
            _ask(session, payload["channel_id"])

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Any, error: Exception
    ) -> RetryAt | None:
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, error.reason)
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(None, error.reason)
        return None


def shop_of(entry: Json, body: bytes) -> str:
    """Whose a lost push is: the entry says it, else its body; "" where neither does."""
    shop = entry.get("shop_id")
    if not shop:
        try:
            whole = careful.decode(body)
        except ValueError:
            return ""
        shop = whole.get("shop_id") if isinstance(whole, dict) else None
    return str(shop or "")


def body_of(entry: Json) -> bytes:
    """The body of a lost push as it would have come: `data` holds it whole, as JSON in a string."""
    data = entry.get("data")
    if isinstance(data, str):
        try:
            whole = json.loads(data)
        except (ValueError, RecursionError):
            return data.encode("utf-8", "replace")
        if isinstance(whole, dict) and "code" in whole:
            return data.encode("utf-8", "replace")
        data = whole.get("data", whole) if isinstance(whole, dict) else whole
    kept = {key: entry[key] for key in ("shop_id", "code", "timestamp") if key in entry}
    return json.dumps({**kept, "data": data}).encode()


@periodic("shopee.fill_gaps", "*/10 * * * *")
def fill_gaps(session: TenantSession, payload: dict[str, Any]) -> None:
    """Ask once for each app that the tenant's shops use."""
    apps: dict[str, int] = {}
    for channel in _shops(session):
        apps.setdefault(str(channel.settings.get("partner_id", "")), channel.id)
    for channel_id in apps.values():
        _ask(session, channel_id)


def _ask(session: TenantSession, channel_id: int) -> None:
    lane = f"shopee-lost:{channel_id}"
    enqueue(session, "shopee.fetch_lost", {"channel_id": channel_id}, lane=lane)


def _is_news(session: TenantSession, asking: Channel, last: int, strangers: list[str]) -> bool:
    """Whether this page was not read yet. Only one that is left standing comes again.

    It is said among the facts of the shop that asked, which is how it is known again.
    """
    facts = {name: fact for name, fact in asking.facts.items() if name != STANDING}
    if strangers:
        told = say(
            "Read up to number %(last)s. Not connected here: %(shops)s.",
            last=last,
            shops=", ".join(strangers),
        )
        fact = {"value": str(told)[:200], "is_bad": False, "at": now().isoformat()}
        before = asking.facts.get(STANDING)
        if isinstance(before, dict) and before.get("value") == fact["value"]:
            return False
        facts[STANDING] = fact
    if facts != asking.facts:
        asking.facts = facts
        session.flush()
    return True


def _shops(session: TenantSession) -> list[Channel]:
    return list(
        session.scalars(
            select(Channel)
            .where(
                Channel.kind == "shopee",
                Channel.archived_at.is_(None),
            )
            .order_by(Channel.id)
        )
    )


def _channels_of(session: TenantSession, partner: str) -> dict[str, Channel]:
    return {
        str(channel.settings.get("shop_id", "")): channel
        for channel in _shops(session)
        if str(channel.settings.get("partner_id", "")) == partner
    }


JOBS: tuple[JobSpec | Periodic, ...] = (
    fill_gaps,
    JobSpec("shopee.fetch_lost", call=FetchLost(), queue="bulk", max_attempts=1),
    JobSpec("shopee.confirm_lost", call=ConfirmLost(), queue="bulk", max_attempts=6),
)
