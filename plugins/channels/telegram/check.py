"""Testing a connection: the token, the webhook, what Telegram couldn't deliver. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from core.api import Account, Fact, Finding, OutboundClient, OutcomeUnknown, SendFailed, now, say
from plugins.channels.telegram.bot_api import call
from plugins.channels.telegram.errors import CHANNEL
from plugins.channels.telegram.parse import UPDATES
from plugins.channels.telegram.webhook import info

RECENT = timedelta(hours=1)
"""An error of a delivery that is older than this says little about now."""


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    try:
        bot = _bot(account, http)
        webhook = info(account, http)
    except (SendFailed, OutcomeUnknown) as error:
        yield _fault(error)
        return
    yield Finding(say("Telegram takes the token: the bot is %(name)s", name=name_of(bot)), True)
    yield _delivery(webhook, webhook_url)
    if webhook.get("url") == webhook_url:
        yield _updates(webhook)
        yield _last_error(webhook)


def read_facts(account: Account, http: OutboundClient) -> tuple[Fact, ...]:
    """The bot's name, and what waits. Raises SendFailed, OutcomeUnknown."""
    bot, webhook = _bot(account, http), info(account, http)
    problem = last_error(webhook)
    waiting = webhook.get("pending_update_count")
    return (
        Fact("verified_name", name_of(bot)),
        Fact("waiting_updates", str(waiting if isinstance(waiting, int) else 0)),
        Fact("alert", problem or say("None"), is_bad=bool(problem)),
    )


def name_of(bot: dict[str, Any]) -> str:
    """`Toko Melati (@tokomelati_bot)`."""
    name, username = bot.get("first_name"), bot.get("username")
    shown = name[:100] if isinstance(name, str) else ""
    return f"{shown} (@{username[:40]})" if isinstance(username, str) else shown or "?"


def last_error(webhook: dict[str, Any]) -> str:
    """Why Telegram could not deliver within the last hour; "" where it could."""
    at, words = webhook.get("last_error_date"), webhook.get("last_error_message")
    if isinstance(at, bool) or not isinstance(at, int) or not isinstance(words, str):
        return ""
    if not 0 <= at < 4_000_000_000 or datetime.fromtimestamp(at, UTC) < now() - RECENT:
        return ""
    return words[:200]


def _bot(account: Account, http: OutboundClient) -> dict[str, Any]:
    found = call(account, http, "getMe", json={}, total=8.0)
    return found if isinstance(found, dict) else {}


def _fault(error: SendFailed | OutcomeUnknown) -> Finding:
    if isinstance(error, SendFailed) and error.error_class == CHANNEL:
        return Finding(
            say("Telegram takes the bot token"),
            False,
            say(
                "%(reason)s Copy it anew: @BotFather > /mybots > your bot > API Token.",
                reason=error.reason,
            ),
        )
    advice = say("%(reason)s Try again in a minute.", reason=error.reason)
    return Finding(say("Telegram answers"), False, advice)


def _delivery(webhook: dict[str, Any], webhook_url: str) -> Finding:
    what = say("Telegram delivers messages here")
    if webhook.get("url") == webhook_url:
        return Finding(what, True)
    if not webhook_url.startswith("https://"):
        return Finding(
            what,
            False,
            say("It delivers to https addresses only: set SAPA_BASE_URL to one, then press Save."),
        )
    return Finding(
        what,
        False,
        say("It delivers elsewhere, or nowhere: open Settings and press Save to set it."),
    )


def _updates(webhook: dict[str, Any]) -> Finding:
    what = say("Messages, edits, reactions and blocks are delivered")
    allowed = webhook.get("allowed_updates")
    missing = set(UPDATES) - set(allowed if isinstance(allowed, list) else ())
    if not missing:
        return Finding(what, True)
    return Finding(
        what,
        False,
        say(
            "%(missing)s are not: open Settings and press Save to set it.",
            missing=", ".join(sorted(missing)),
        ),
    )


def _last_error(webhook: dict[str, Any]) -> Finding:
    what = say("Nothing was left undelivered")
    problem = last_error(webhook)
    if not problem:
        return Finding(what, True)
    return Finding(
        what,
        False,
        say(
            "Telegram says: %(problem)s. %(count)s updates wait; it tries again by itself.",
            problem=problem,
            count=webhook.get("pending_update_count") or 0,
        ),
    )
