"""Testing a connection: the token, the number, the account, and whether the app is subscribed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed
from plugins.channels.whatsapp_cloud.graph import call, node

TOKEN_CODES = frozenset({"0", "190", "401", "no_token"})


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest. Reads only."""
    number = str(account.settings.get("phone_number_id", ""))
    fields = "display_phone_number,verified_name,quality_rating"
    try:
        found = call(account, http, "GET", f"{node(number)}?fields={fields}", total=10.0)
    except (SendFailed, OutcomeUnknown) as error:
        yield from _fault(error, number)
        return
    yield Finding("Meta takes the access token", True)
    yield _number(account, found)
    yield _subscription(account, http)


def _fault(error: SendFailed | OutcomeUnknown, number: str) -> Iterator[Finding]:
    if error.code in TOKEN_CODES:
        advice = (
            f"{error.reason} Make a new one: business.facebook.com > Settings > System users > "
            "Generate token."
        )
        yield Finding("Meta takes the access token", False, advice)
        return
    if isinstance(error, OutcomeUnknown) or error.error_class == "retry":
        yield Finding("Meta answers", False, f"{error.reason} Try again in a minute.")
        return
    yield Finding("Meta takes the access token", True)
    advice = (
        f"{error.reason} Compare {number} with the Phone number ID under WhatsApp > API Setup, and "
        "see that the system user has the WhatsApp account."
    )
    yield Finding("Meta knows the phone number ID", False, advice)


def _number(account: Account, found: dict[str, Any]) -> Finding:
    shown = found.get("display_phone_number")
    digits = "".join(c for c in shown if c.isdigit()) if isinstance(shown, str) else ""
    own = account.own_address.removeprefix("+")
    what = f"The phone number ID is that of {account.own_address}"
    if digits and own and digits != own:
        return Finding(what, False, f"It belongs to {shown}: correct the ID or the own number.")
    return Finding(what, True)


def _subscription(account: Account, http: OutboundClient) -> Finding:
    what = "The app is subscribed to the WhatsApp account"
    waba = str(account.settings.get("waba_id", ""))
    try:
        found = call(account, http, "GET", f"{node(waba)}/subscribed_apps", total=10.0)
    except (SendFailed, OutcomeUnknown) as error:
        advice = f"{error.reason} Compare {waba} with the WhatsApp Business Account ID."
        return Finding(what, False, advice)
    if not found.get("data"):
        advice = "Meta delivers nothing: press Verify and save under WhatsApp > Configuration."
        return Finding(what, False, advice)
    return Finding(what, True)
