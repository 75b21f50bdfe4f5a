"""New access: for the code that the seller brought, or for the refresh token."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from core.api import (
    Account,
    OutboundClient,
    OutcomeUnknown,
    Renewed,
    SendFailed,
    json_object,
    now,
    say,
)
from plugins.channels.tiktok_shop.calls import Json, call, cipher_of
from plugins.channels.tiktok_shop.errors import CHANNEL, RETRY, refusal_of
from plugins.channels.tiktok_shop.settings import DEFAULT_AUTH


def renew_access(account: Account, http: OutboundClient) -> Renewed | None:
    """Trade the authorisation code, else the refresh token; None where there is neither.

    Raises SendFailed, OutcomeUnknown. The shop's cipher is asked for along with it; where TikTok
    had no time for that, the access is said to end now, and all of it is asked again soon.
    """
    code = account.secrets.get("auth_code", "")
    refresh = account.secrets.get("refresh_token", "")
    if not code and not refresh:
        return None
    if code:
        found = _trade(account, http, "get", {"auth_code": code, "grant_type": "authorized_code"})
    else:
        found = _trade(
            account,
            http,
            "refresh",
            {"refresh_token": refresh, "grant_type": "refresh_token"},
        )
    token, until = found.get("access_token"), found.get("access_token_expire_in")
    if not isinstance(token, str) or not token or not isinstance(until, int):
        raise SendFailed(CHANNEL, "garbage", say("TikTok Shop gave no access token."))
    next_refresh = found.get("refresh_token")
    cipher = _cipher(account, http, token)
    return Renewed(
        secrets={
            "auth_code": "",
            "access_token": token,
            "refresh_token": next_refresh if isinstance(next_refresh, str) else refresh,
            **({"shop_cipher": cipher} if cipher else {}),
        },
        until=now() if cipher is None else datetime.fromtimestamp(until, UTC),
    )


def shops(account: Account, http: OutboundClient, token: str = "") -> list[Json]:
    """The shops that this access reaches. Raises SendFailed, OutcomeUnknown."""
    path = "/authorization/202309/shops"  # the only version there is
    found = call(account, http, "GET", path, is_of_shop=False, token=token, total=15.0)
    listed = found.get("shops")
    return [shop for shop in listed if isinstance(shop, dict)] if isinstance(listed, list) else []


def _trade(account: Account, http: OutboundClient, what: str, given: dict[str, str]) -> Json:
    base = str(account.settings.get("auth_url") or DEFAULT_AUTH).rstrip("/")
    answer = http.request(
        "GET",
        f"{base}/api/v2/token/{what}",
        params={
            "app_key": str(account.settings.get("app_key", "")),
            "app_secret": account.secrets.get("app_secret", ""),
            **given,
        },
        allow_hosts=(urlsplit(base).hostname or "",),
        total=20.0,
    )
    found = json_object(answer)
    if answer.status_code != 200 or found is None or found.get("code") != 0:
        raise refusal_of(answer, found)
    data = found.get("data")
    return data if isinstance(data, dict) else {}


def _cipher(account: Account, http: OutboundClient, token: str) -> str | None:
    """The cipher of the account's shop, to keep; "" keeps what there is. None: ask again soon.

    Its absence is no reason to lose the new tokens.
    """
    try:
        found = shops(account, http, token)
    except (SendFailed, OutcomeUnknown) as error:
        is_later = isinstance(error, OutcomeUnknown) or error.error_class == RETRY
        return None if is_later and not cipher_of(account) else ""
    wanted = str(account.settings.get("shop_id", ""))
    own = next((shop for shop in found if str(shop.get("id")) == wanted), {})
    cipher = own.get("cipher")
    return f"{wanted}:{cipher}" if isinstance(cipher, str) and cipher else ""
