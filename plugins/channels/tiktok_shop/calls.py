"""Calls to the Partner API: signed, with the shop's token, answered in an envelope with a code."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote, urlsplit

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, json_object, say
from plugins.channels.tiktok_shop.errors import CHANNEL, refusal_of
from plugins.channels.tiktok_shop.settings import DEFAULT_API, DEFAULT_HOSTS, DEFAULT_VERSION
from plugins.channels.tiktok_shop.signature import of_call

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
    token: str = "",
    total: float | None = None,
) -> Json:
    """Call `path` and return the `data` of a success.

    `is_of_shop`: the call bears the shop's cipher; some refuse it. `token` stands in for the
    account's own. Raises SendFailed with a class, or OutcomeUnknown for an answer that says neither
    yes nor no.
    """
    signed = {
        **(query or {}),
        "app_key": str(account.settings.get("app_key", "")),
        "timestamp": str(int(time.time())),
    }
    cipher = cipher_of(account)
    if is_of_shop and cipher:
        signed["shop_cipher"] = cipher
    raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    signed["sign"] = of_call(account.secrets.get("app_secret", ""), path, signed, raw)
    headers = {"x-tts-access-token": token or access_token(account)}
    if body is not None:
        headers["Content-Type"] = "application/json"
    answer = http.request(
        method,
        f"{api_url(account)}{path}",
        params=signed,
        content=raw or None,
        files=files,
        headers=headers,
        allow_hosts=(urlsplit(api_url(account)).hostname or "",),
        total=total,
    )
    found = json_object(answer)
    is_good = 200 <= answer.status_code < 300
    if is_good and (found is None or not isinstance(found.get("code"), int)):
        raise OutcomeUnknown("garbage", say("TikTok Shop answered without a code."))
    if not is_good or found is None or found["code"] != 0:
        raise refusal_of(answer, found)
    data = found.get("data")
    return data if isinstance(data, dict) else {}


def cipher_of(account: Account) -> str:
    """The cipher of the account's shop, or "" where none is known.

    `<shop>:<cipher>` is what TikTok told us for a shop: no other shop's is ever sent. One that a
    person typed in stands alone.
    """
    kept = account.secrets.get("shop_cipher", "")
    shop, colon, cipher = kept.partition(":")
    if not (colon and shop.isdigit()):
        return kept
    return cipher if shop == str(account.settings.get("shop_id", "")) else ""


def access_token(account: Account) -> str:
    """The shop's token. Without one the channel stops here, not at TikTok."""
    token = account.secrets.get("access_token", "")
    if not token:
        reason = say("The shop is not authorised yet: enter an authorisation code.")
        raise SendFailed(CHANNEL, "no_token", reason)
    return token


def api_url(account: Account) -> str:
    """Where the API is for this account, without a trailing slash."""
    return str(account.settings.get("api_url") or DEFAULT_API).rstrip("/")


def versioned(account: Account, family: str, rest: str) -> str:
    """A path of a family of calls, in the version that the account uses."""
    version = str(account.settings.get("api_version") or DEFAULT_VERSION)
    return f"/{family}/{version}/{rest}"


def segment(identifier: str) -> str:
    """An id as one segment of a path: an id from a webhook must not choose another endpoint."""
    return quote(identifier, safe="")


def media_hosts(account: Account) -> tuple[str, ...]:
    """The hosts that a file may be fetched from; the API's own stands for a simulator's."""
    listed = str(account.settings.get("media_hosts") or DEFAULT_HOSTS).split()
    return (*listed, urlsplit(api_url(account)).hostname or "")
