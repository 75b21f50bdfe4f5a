"""Testing a connection: the access, the shop, its webhooks; reads only."""

from __future__ import annotations

from collections.abc import Iterator

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.tiktok_shop.access import shops
from plugins.channels.tiktok_shop.calls import call, cipher_of

EVENTS = ("NEW_MESSAGE", "ORDER_STATUS_CHANGE")


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    what = say("TikTok Shop takes the access token")
    try:
        found = shops(account, http)
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(what, False, error.reason)
        return
    yield Finding(what, True)
    wanted = str(account.settings.get("shop_id", ""))
    own = next((shop for shop in found if str(shop.get("id")) == wanted), None)
    what = say("The app is authorised for shop %(id)s", id=wanted)
    if own is None:
        named = ", ".join(f"{shop.get('name')} ({shop.get('id')})" for shop in found[:5])
        yield Finding(
            what,
            False,
            say("It is authorised for: %(shops)s. Correct the shop ID.", shops=named or "-"),
        )
        return
    yield Finding(what, True)
    yield Finding(
        say("The shop cipher is right"),
        cipher_of(account) == own.get("cipher"),
        say("Enter the shop cipher %(cipher)s.", cipher=str(own.get("cipher"))),
    )
    yield from _webhooks(account, webhook_url, http)


def _webhooks(account: Account, url: str, http: OutboundClient) -> Iterator[Finding]:
    try:
        found = call(account, http, "GET", "/event/202309/webhooks", total=15.0).get("webhooks")
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(say("TikTok Shop delivers messages here"), False, error.reason)
        return
    listed = found if isinstance(found, list) else []
    addresses = {
        each.get("event_type"): each.get("address") for each in listed if isinstance(each, dict)
    }
    for event in EVENTS:
        yield Finding(
            say("TikTok Shop delivers %(event)s here", event=event),
            addresses.get(event) == url,
            say("Enter %(url)s under Manage webhook for this event.", url=url),
        )
