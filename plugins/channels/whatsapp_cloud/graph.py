"""Calls to the Graph API: the bearer, the hosts it may go to, and what a refusal means."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote, urlsplit

from core.api import Account, ErrorClass, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.whatsapp_cloud.errors import CHANNEL, CLASSES, PAYLOAD, RETRY, read_error
from plugins.channels.whatsapp_cloud.settings import DEFAULT_GRAPH_URL

MEDIA_HOST = "lookaside.fbsbx.com"  # where Meta's media URLs point
GATEWAY_STATUSES = frozenset({502, 504})
PAIR_RATE = "131056"
PAIR_RATE_PAUSE = 6.0  # seconds between messages to one person, once the burst of 45 is used up


def call(
    account: Account,
    http: OutboundClient,
    method: str,
    path: str,
    *,
    token: str = "",
    **request: Any,
) -> dict[str, Any]:
    """Call `{graph_url}/{path}` and return the JSON object of a 2xx answer.

    `token` stands in for the account's own.

    Raises SendFailed with a class, or OutcomeUnknown when an answer came that says neither yes
    nor no: a 2xx that isn't JSON, or a gateway's 502 or 504 without Meta's own error in it.
    """
    response = http.request(
        method,
        f"{base_url(account)}/{path}",
        headers={"Authorization": f"Bearer {token}"} if token else bearer(account),
        allow_hosts=allowed_hosts(account),
        **request,
    )
    answer = _json(response)
    if 200 <= response.status_code < 300:
        if answer is None:
            raise OutcomeUnknown(
                "garbage",
                say("Meta answered %(status)s without JSON.", status=response.status_code),
            )
        return answer
    raise _refusal(response, answer)


def download(account: Account, http: OutboundClient, url: str, limit: int) -> bytes:
    """Fetch a file of at most `limit` bytes from an address that Meta named.

    Raises as `call` does, and ResponseTooLarge.
    """
    response = http.request(
        "GET",
        url,
        headers=bearer(account),
        allow_hosts=allowed_hosts(account),
        max_bytes=limit,
    )
    if response.status_code != 200:
        raise _refusal(response, _json(response))
    return bytes(response.content)


def base_url(account: Account) -> str:
    """Where the Graph API is for this account, without a trailing slash."""
    return str(account.settings.get("graph_url") or DEFAULT_GRAPH_URL).rstrip("/")


def node(identifier: str) -> str:
    """An id as one segment of a path: an id from a webhook must not choose another endpoint."""
    return quote(identifier, safe="")


def bearer(account: Account) -> dict[str, str]:
    """The authorisation header. Without a token the channel stops here, not at Meta."""
    token = account.secrets.get("access_token", "")
    if not token:
        raise SendFailed(CHANNEL, "no_token", say("No access token is set for this channel."))
    return {"Authorization": f"Bearer {token}"}


def allowed_hosts(account: Account) -> tuple[str, ...]:
    """The hosts that may see the bearer."""
    return (urlsplit(base_url(account)).hostname or "", MEDIA_HOST)


def _refusal(response: Any, answer: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    status = response.status_code
    error = answer.get("error") if answer else None
    if not isinstance(error, dict):
        if status in GATEWAY_STATUSES:
            return OutcomeUnknown(
                "gateway", say("A gateway in front of Meta answered %(status)s.", status=status)
            )
        return SendFailed(
            _class_of_status(status),
            str(status),
            say("Meta answered %(status)s.", status=status),
            _pause(response),
        )
    read = read_error(error)
    error_class, pause = read.error_class, _pause(response)
    if error.get("code") not in CLASSES and error_class == PAYLOAD:
        error_class = _class_of_status(status)
    if read.code == PAIR_RATE and pause is None:
        pause = PAIR_RATE_PAUSE
    return SendFailed(
        error_class, read.code or str(status), read.reason, pause if error_class == RETRY else None
    )


def _class_of_status(status: int) -> ErrorClass:
    if status == 429 or status >= 500:
        return RETRY
    return CHANNEL if status in {401, 403} else PAYLOAD


def _pause(response: Any) -> float | None:
    """Seconds of a Retry-After header. Its other form, a date, is left to the usual back-off."""
    with contextlib.suppress(ValueError, OverflowError):
        seconds = float(response.headers.get("retry-after") or "")
        if 0 <= seconds <= 86_400:
            return seconds
    return None


def _json(response: Any) -> dict[str, Any] | None:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
