"""Testing a connection: the access, the shop, its pushes; reads only."""

from __future__ import annotations

from collections.abc import Iterator

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.shopee.calls import call, response_of

CODES = {3: say("order status"), 10: say("chat")}


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    shop = str(account.settings.get("shop_id", ""))
    try:
        found = call(account, http, "GET", "shop/get_shop_info", total=15.0)
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(say("Shopee takes the access token"), False, error.reason)
        return
    name = found.get("shop_name")
    yield Finding(
        say("Shopee takes the access token of %(shop)s", shop=name if name else shop), True
    )
    url = str(account.settings.get("push_url") or "") or webhook_url
    what = say("Shopee delivers messages here")
    try:
        path = "push/get_app_push_config"
        answer = call(account, http, "GET", path, is_of_shop=False, total=15.0)
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(what, False, error.reason)
        return
    config = response_of(answer)
    yield Finding(
        what,
        config.get("callback_url") == url,
        say("Enter %(url)s under Push Mechanism > Set Push.", url=url),
    )
    status = config.get("live_push_status")
    if status not in (None, "Normal"):
        yield Finding(
            say("Shopee's pushes are on"),
            False,
            say("Shopee says %(status)s: press Resume under Push Mechanism.", status=str(status)),
        )
    switched_on = config.get("push_config_on_list")
    for code, title in CODES.items():
        if isinstance(switched_on, list):
            yield Finding(
                say("The push of %(what)s is on", what=title),
                code in switched_on,
                say("Switch it on under Push Mechanism > Set Push."),
            )
