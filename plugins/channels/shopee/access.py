"""New access: for the code that the seller brought, or for the refresh token, each good once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.api import Account, OutboundClient, Renewed, SendFailed, now, say
from plugins.channels.shopee.calls import call
from plugins.channels.shopee.errors import CHANNEL


def renew_access(account: Account, http: OutboundClient) -> Renewed | None:
    """Trade the authorisation code, else the refresh token; None where there is neither.

    Raises SendFailed, OutcomeUnknown. Access lasts four hours, a refresh token thirty days.
    """
    code = account.secrets.get("auth_code", "")
    refresh = account.secrets.get("refresh_token", "")
    if not code and not refresh:
        return None
    body: dict[str, Any] = {
        "partner_id": _number(account, "partner_id"),
        "shop_id": _number(account, "shop_id"),
        **({"code": code} if code else {"refresh_token": refresh}),
    }
    path = "auth/token/get" if code else "auth/access_token/get"
    asked_at = now()
    found = call(account, http, "POST", path, body=body, is_of_shop=False, total=20.0)
    token, next_refresh = found.get("access_token"), found.get("refresh_token")
    seconds = found.get("expire_in")
    if not isinstance(token, str) or not token or not isinstance(seconds, int):
        raise SendFailed(CHANNEL, "garbage", say("Shopee gave no access token."))
    return Renewed(
        secrets={
            "auth_code": "",
            "access_token": token,
            "refresh_token": next_refresh if isinstance(next_refresh, str) else "",
        },
        until=asked_at + timedelta(seconds=seconds),
    )


def _number(account: Account, key: str) -> int:
    text = str(account.settings.get(key, ""))
    return int(text) if text.isdigit() else 0
