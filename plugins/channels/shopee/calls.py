"""Calls to the Open Platform: signed in the query, answered with HTTP 200 whatever they mean."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, json_object, say
from plugins.channels.shopee.errors import CHANNEL, refusal_of
from plugins.channels.shopee.settings import DEFAULT_API, DEFAULT_HOSTS
from plugins.channels.shopee.signature import of_call

Json = dict[str, Any]


def call(
    account: Account,
    http: OutboundClient,
    method: str,
    path: str,
    *,
    query: dict[str, str] | None = None,
    body: Json | None = None,
    files: Any = None,
    is_of_shop: bool = True,
    total: float | None = None,
) -> Json:
    """Call `/api/v2/{path}` and return the whole answer of a success.

    `is_of_shop` False: a call of the app itself (tokens, pushes), signed without token and shop.
    Raises SendFailed with a class, or OutcomeUnknown for an answer that says neither yes nor no.
    """
    path = f"/api/v2/{path}"
    moment, partner = str(int(time.time())), str(account.settings.get("partner_id", ""))
    signed = {"partner_id": partner, "timestamp": moment}
    parts = [partner, path, moment]
    if is_of_shop:
        token, shop = access_token(account), str(account.settings.get("shop_id", ""))
        signed |= {"access_token": token, "shop_id": shop}
        parts += [token, shop]
    signed["sign"] = of_call(account.secrets.get("partner_key", ""), *parts)
    answer = http.request(
        method,
        f"{api_url(account)}{path}",
        params={**(query or {}), **signed},
        json=body,
        files=files,
        allow_hosts=(urlsplit(api_url(account)).hostname or "",),
        total=total,
    )
    found = json_object(answer)
    if 200 <= answer.status_code < 300:
        if found is None or not isinstance(found.get("error", ""), str):
            raise OutcomeUnknown("garbage", say("Shopee answered with no JSON object."))
        if found.get("error", "") in ("", "-"):  # the pages on pushes write a dash for none
            return found
    raise refusal_of(answer, found)


def response_of(found: Json) -> Json:
    """What a call is about: the object `response` of its answer."""
    inner = found.get("response")
    return inner if isinstance(inner, dict) else {}


def access_token(account: Account) -> str:
    """The shop's token. Without one the channel stops here, not at Shopee."""
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
