"""Testing a connection: credentials, account, number, webhook. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.api import Account, Fact, Finding, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.sms.twilio.api import call
from plugins.channels.sms.twilio.errors import CHANNEL
from plugins.channels.sms.twilio.number import find

LOW = 1.0  # of whatever currency: a handful of messages


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    try:
        found = call(account, http, "GET", ".json", total=8.0)
        number = find(account, http)
    except (SendFailed, OutcomeUnknown) as error:
        yield _fault(error)
        return
    yield Finding(say("Twilio takes the Account SID and Auth Token"), True)
    yield from _account(found)
    what = say("%(number)s is a number of this account", number=account.own_address)
    if number is None:
        advice = say("Compare it with Phone Numbers > Manage > Active numbers.")
        yield Finding(what, False, advice)
        return
    yield Finding(what, True)
    yield _capability(number)
    yield _delivery(number, webhook_url)


def read_facts(account: Account, http: OutboundClient) -> tuple[Fact, ...]:
    """What is left to send with. Raises SendFailed, OutcomeUnknown."""
    found = call(account, http, "GET", "/Balance.json", total=8.0)
    try:
        balance = float(str(found.get("balance")))
    except ValueError:
        return ()
    currency = str(found.get("currency") or "")[:3]
    return (Fact("balance", f"{balance:,.2f} {currency}".strip(), is_bad=balance < LOW),)


def _fault(error: SendFailed | OutcomeUnknown) -> Finding:
    if isinstance(error, SendFailed) and error.error_class == CHANNEL:
        advice = say(
            "%(reason)s Copy both anew from the console's first page.", reason=error.reason
        )
        return Finding(say("Twilio takes the Account SID and Auth Token"), False, advice)
    advice = say("%(reason)s Try again in a minute.", reason=error.reason)
    return Finding(say("Twilio answers"), False, advice)


def _account(found: dict[str, Any]) -> Iterator[Finding]:
    what = say("The account is active")
    if found.get("status") not in ("active", None):
        advice = say("Twilio says %(status)s: see the console.", status=str(found["status"])[:40])
        yield Finding(what, False, advice)
        return
    yield Finding(what, True)
    if found.get("type") == "Trial":
        yield Finding(
            say("The account is no trial"),
            False,
            say("A trial account writes only to numbers that are verified at Twilio."),
        )


def _capability(number: dict[str, Any]) -> Finding:
    able = number.get("capabilities")
    is_able = not isinstance(able, dict) or able.get("sms") is not False
    advice = "" if is_able else say("Choose a number with the capability SMS.")
    return Finding(say("The number sends and takes SMS"), is_able, advice)


def _delivery(number: dict[str, Any], webhook_url: str) -> Finding:
    is_ours = number.get("sms_url") == webhook_url
    advice = say("It delivers elsewhere, or nowhere: open Settings and press Save to set it.")
    return Finding(say("Twilio delivers messages here"), is_ours, "" if is_ours else advice)
