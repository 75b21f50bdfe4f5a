"""Calls to the Bot API. The token stands in the address: it goes to that host only, and no log."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote, urlsplit

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.telegram.errors import CHANNEL, PAYLOAD, refusal_of
from plugins.channels.telegram.settings import DEFAULT_API_URL

SECONDS = 20.0
"""How long a call without a file may take."""


def call(account: Account, http: OutboundClient, method: str, **request: Any) -> Any:
    """Call one method and return its `result`; `request` as the outbound client takes it.

    Raises SendFailed with a class, or OutcomeUnknown where the answer says neither yes nor no.
    """
    response = http.request(
        "POST",
        f"{base_url(account)}/bot{_token(account)}/{method}",
        allow_hosts=_hosts(account),
        **{"total": SECONDS, **request},
    )
    answer = _object(response)
    if 200 <= response.status_code < 300:
        if answer is None or answer.get("ok") is not True or "result" not in answer:
            raise OutcomeUnknown("garbage", say("Telegram answered oddly."))
        return answer["result"]
    raise refusal_of(response, answer)


def download(account: Account, http: OutboundClient, path: str, limit: int) -> bytes:
    """Fetch a file that getFile named. Raises as `call` does, and ResponseTooLarge."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise SendFailed(PAYLOAD, "media", say("Telegram names no file."))
    response = http.request(
        "GET",
        f"{base_url(account)}/file/bot{_token(account)}/" + "/".join(map(quote, parts)),
        allow_hosts=_hosts(account),
        max_bytes=limit,
        total=SECONDS * 3,
    )
    if response.status_code != 200:
        raise refusal_of(response, _object(response))
    return bytes(response.content)


def base_url(account: Account) -> str:
    """Where the Bot API is, without a trailing slash."""
    return str(account.settings.get("api_url") or DEFAULT_API_URL).rstrip("/")


def _hosts(account: Account) -> tuple[str, ...]:
    return (urlsplit(base_url(account)).hostname or "",)


def _token(account: Account) -> str:
    token = account.secrets.get("bot_token", "")
    if not token:
        raise SendFailed(CHANNEL, "no_token", say("No bot token is set for this channel."))
    return quote(token, safe=":")


def _object(response: Any) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        answer = response.json()
        if isinstance(answer, dict):
            return answer
    return None
