"""Calls to the gateway's API: the Cloud server's, your own server's, or the phone's itself."""

from __future__ import annotations

import base64
import contextlib
from typing import Any
from urllib.parse import urlsplit

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.sms.android.errors import ALREADY_THERE, CHANNEL, refusal_of
from plugins.channels.sms.android.settings import CLOUD_URL

SECONDS = 20.0


def call(account: Account, http: OutboundClient, method: str, path: str, **request: Any) -> Any:
    """Call `{server}/{path}` and return the answer's JSON, None where it is empty.

    Raises SendFailed with a class, OutcomeUnknown where the answer says neither yes nor no, and
    AlreadyThere.
    """
    response = http.request(
        method,
        f"{base_url(account)}/{path}",
        headers=_credentials(account),
        allow_hosts=(urlsplit(base_url(account)).hostname or "",),
        **{"total": SECONDS, **request},
    )
    answer = _json(response)
    if response.status_code == ALREADY_THERE:
        raise AlreadyThere
    if not 200 <= response.status_code < 300:
        raise refusal_of(response, answer if isinstance(answer, dict) else None)
    if answer is None and response.content.strip():
        raise OutcomeUnknown("garbage", say("The gateway answered oddly."))
    return answer


class AlreadyThere(Exception):
    """The gateway has a message of this id: an earlier attempt of ours arrived."""


def base_url(account: Account) -> str:
    """Where the API is, without a trailing slash."""
    return str(account.settings.get("api_url") or CLOUD_URL).rstrip("/")


def _credentials(account: Account) -> dict[str, str]:
    password = account.secrets.get("password", "")
    if not password:
        raise SendFailed(CHANNEL, "no_password", say("No password is set for this channel."))
    pair = f"{account.settings.get('username', '')}:{password}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def _json(response: Any) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return response.json()
    return None
