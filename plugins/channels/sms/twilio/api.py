"""Calls to Twilio's REST API."""

from __future__ import annotations

import base64
import contextlib
from typing import Any
from urllib.parse import quote, urlsplit

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.sms.twilio.errors import CHANNEL, refusal_of
from plugins.channels.sms.twilio.settings import DEFAULT_API_URL

SECONDS = 20.0


def call(
    account: Account, http: OutboundClient, method: str, path: str, **request: Any
) -> dict[str, Any]:
    """Call a path below the account and return its answer.

    Raises SendFailed with a class, or OutcomeUnknown where the answer says neither yes nor no.
    """
    response = http.request(
        method,
        f"{base_url(account)}/2010-04-01/Accounts/{quote(sid_of(account), safe='')}{path}",
        headers=credentials(account),
        allow_hosts=(host_of(account),),
        **{"total": SECONDS, **request},
    )
    answer = object_of(response)
    if not 200 <= response.status_code < 300:
        raise refusal_of(response, answer)
    if answer is None:
        raise OutcomeUnknown("garbage", say("Twilio answered oddly."))
    return answer


def base_url(account: Account) -> str:
    """Where the API is, without a trailing slash."""
    return str(account.settings.get("api_url") or DEFAULT_API_URL).rstrip("/")


def host_of(account: Account) -> str:
    """The host that may see the token."""
    return urlsplit(base_url(account)).hostname or ""


def sid_of(account: Account) -> str:
    return str(account.settings.get("account_sid") or "")


def credentials(account: Account) -> dict[str, str]:
    """HTTP basic authentication. Raises SendFailed without a token."""
    token = account.secrets.get("auth_token", "")
    if not token:
        raise SendFailed(CHANNEL, "no_token", say("No Auth Token is set for this channel."))
    pair = f"{sid_of(account)}:{token}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def object_of(response: Any) -> dict[str, Any] | None:
    """The JSON object of an answer; None where it is something else."""
    with contextlib.suppress(ValueError, RecursionError):
        answer = response.json()
        if isinstance(answer, dict):
            return answer
    return None
