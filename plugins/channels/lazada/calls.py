"""Calls to the Open Platform: signed in the query, answered with HTTP 200 and a code."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, json_object, say
from plugins.channels.lazada.errors import CHANNEL, code_of, refusal_of
from plugins.channels.lazada.settings import DEFAULT_API, DEFAULT_HOSTS
from plugins.channels.lazada.signature import of_call

Json = dict[str, Any]


def call(
    account: Account,
    http: OutboundClient,
    method: str,
    api: str,
    parameters: dict[str, str],
    *,
    files: Any = None,
    base: str = "",
    is_of_shop: bool = True,
    total: float | None = None,
) -> Json:
    """Call `api` (`/order/get`) and return the whole answer of a success.

    `is_of_shop` False: without the shop's token, as for the tokens themselves; `base` is another
    address. A file is no part of the signature. Raises SendFailed with a class, or OutcomeUnknown.
    """
    signed = {
        "app_key": str(account.settings.get("app_key", "")),
        "timestamp": str(int(time.time() * 1000)),
        "sign_method": "sha256",
        **({"access_token": access_token(account)} if is_of_shop else {}),
    }
    everything = {**parameters, **signed}
    signed["sign"] = of_call(account.secrets.get("app_secret", ""), api, everything)
    is_read = method == "GET"
    base = base or api_url(account)
    answer = http.request(
        method,
        f"{base}{api}",
        params={**parameters, **signed} if is_read else signed,
        data=None if is_read else parameters,
        files=files,
        allow_hosts=(urlsplit(base).hostname or "",),
        total=total,
    )
    found = json_object(answer)
    if 200 <= answer.status_code < 300:
        code = code_of(found)
        if found is None or not code:
            raise OutcomeUnknown("garbage", say("Lazada answered without a code."))
        if code == "0" and found.get("success") not in (False, "false"):
            return found
    raise refusal_of(answer, found)


def data_of(found: Json) -> Json:
    """What a call is about: the object `data` of its answer."""
    inner = found.get("data")
    return inner if isinstance(inner, dict) else {}


def access_token(account: Account) -> str:
    """The shop's token. Without one the channel stops here, not at Lazada."""
    token = account.secrets.get("access_token", "")
    if not token:
        reason = say("The shop is not authorised yet: enter an authorisation code.")
        raise SendFailed(CHANNEL, "no_token", reason)
    return token


def api_url(account: Account) -> str:
    """Where the API is for this account, without a trailing slash."""
    return str(account.settings.get("api_url") or DEFAULT_API).rstrip("/")


def media_hosts(account: Account) -> tuple[str, ...]:
    """The hosts that a file may be fetched from; the API's own stands for a simulator's."""
    listed = str(account.settings.get("media_hosts") or DEFAULT_HOSTS).split()
    return (*listed, urlsplit(api_url(account)).hostname or "")
