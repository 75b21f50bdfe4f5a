"""New access: for the code that the seller brought, or for the refresh token."""

from __future__ import annotations

from datetime import timedelta

from core.api import Account, OutboundClient, Renewed, SendFailed, now, say
from plugins.channels.lazada.calls import call
from plugins.channels.lazada.errors import CHANNEL
from plugins.channels.lazada.settings import DEFAULT_AUTH


def renew_access(account: Account, http: OutboundClient) -> Renewed | None:
    """Trade the authorisation code, else the refresh token; None where there is neither.

    Raises SendFailed, OutcomeUnknown.
    """
    code = account.secrets.get("auth_code", "")
    refresh = account.secrets.get("refresh_token", "")
    if not code and not refresh:
        return None
    base = str(account.settings.get("auth_url") or DEFAULT_AUTH).rstrip("/")
    api = "/auth/token/create" if code else "/auth/token/refresh"
    given = {"code": code} if code else {"refresh_token": refresh}
    asked_at = now()
    found = call(account, http, "POST", api, given, base=base, is_of_shop=False, total=20.0)
    token, next_refresh = found.get("access_token"), found.get("refresh_token")
    seconds = found.get("expires_in")
    if isinstance(seconds, str) and seconds.isdigit():
        seconds = int(seconds)
    if not isinstance(token, str) or not token or not isinstance(seconds, int):
        raise SendFailed(CHANNEL, "garbage", say("Lazada gave no access token."))
    return Renewed(
        secrets={
            "auth_code": "",
            "access_token": token,
            "refresh_token": next_refresh if isinstance(next_refresh, str) else refresh,
        },
        until=asked_at + timedelta(seconds=seconds),
    )
