"""Testing a connection: the access and the shop; reads only. No call lists the pushes."""

from __future__ import annotations

from collections.abc import Iterator

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.lazada.calls import call, data_of


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    what = say("Lazada takes the access token")
    try:
        found = data_of(call(account, http, "GET", "/seller/get", {}, total=15.0))
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(what, False, error.reason)
        return
    yield Finding(what, True)
    wanted, told = str(account.settings.get("seller_id", "")), str(found.get("seller_id"))
    yield Finding(
        say("The app is authorised for seller %(id)s", id=wanted),
        wanted == told,
        say("It is authorised for %(id)s: correct the Seller ID.", id=told),
    )
    try:
        call(account, http, "GET", "/im/session/list", _recent(), total=15.0)
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(say("The app may use the chat"), False, error.reason)
        return
    yield Finding(say("The app may use the chat"), True)


def _recent() -> dict[str, str]:
    return {"start_time": "0", "page_size": "1"}
