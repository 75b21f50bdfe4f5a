"""Testing a connection: token, number, scopes, subscription, webhook fields, app secret.

Each is looked at by itself, reads only, and a fault is said with its cure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed, meta, say
from plugins.channels.whatsapp_cloud import facts
from plugins.channels.whatsapp_cloud.graph import GRAPH, call, node

SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
TOKENS = "business.facebook.com > Settings > System users"
CONFIGURATION = "WhatsApp > Configuration"
FIELDS_WANTED = (
    "account_update",
    "message_template_status_update",
    "phone_number_quality_update",
)
FIELDS_OF_APP = ("history", "smb_app_state_sync", "smb_message_echoes")
LIMIT = meta.LIMIT

Answer = dict[str, Any]


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest. Reads only."""
    number = str(account.settings.get("phone_number_id", ""))
    try:
        found = facts.ask(account, http, total=LIMIT)
    except (SendFailed, OutcomeUnknown) as error:
        yield from _fault(error, number)
        return
    yield meta.token_taken()
    yield _number(account, found)
    yield _registration(found)
    yield meta.app_secret(GRAPH, account, http)
    token = meta.token_facts(GRAPH, account, http)
    if token is not None:
        yield meta.permissions(token, SCOPES, TOKENS)
    yield _subscription(account, webhook_url, http)
    if token is not None:
        is_app_too = found.get("is_on_biz_app") is True
        expected = meta.Webhook(
            what="whatsapp_business_account",
            url=webhook_url,
            needed=("messages", *(FIELDS_OF_APP if is_app_too else ())),
            wanted=FIELDS_WANTED,
            where=CONFIGURATION,
        )
        yield from meta.webhook(GRAPH, account, token, http, expected)


def _fault(error: SendFailed | OutcomeUnknown, number: str) -> Iterator[Finding]:
    if (found := meta.fault(error, f"{TOKENS} > Generate token")) is not None:
        yield found
        return
    yield meta.token_taken()
    advice = say(
        "%(reason)s Compare %(number)s with the Phone number ID under WhatsApp > API Setup, and "
        "see that the system user has the WhatsApp account.",
        reason=error.reason,
        number=number,
    )
    yield Finding(say("Meta knows the phone number ID"), False, advice)


def _number(account: Account, found: Answer) -> Finding:
    shown = found.get("display_phone_number")
    digits = "".join(c for c in shown if c.isdigit()) if isinstance(shown, str) else ""
    own = account.own_address.removeprefix("+")
    what = say("The phone number ID is that of %(number)s", number=account.own_address)
    if digits and own and digits != own:
        return Finding(
            what,
            False,
            say("It belongs to %(number)s: correct the ID or the own number.", number=shown),
        )
    return Finding(what, True)


def _registration(found: Answer) -> Finding:
    """A number that is verified isn't yet registered: nothing can be sent from it before."""
    what = say("The number is registered with the Cloud API")
    status = found.get("status")
    if not isinstance(status, str) or status in facts.WORKING:
        return Finding(what, True)
    if status in ("BANNED", "RESTRICTED"):
        return Finding(
            what,
            False,
            say(
                "Meta says %(status)s: business.facebook.com > Account quality says why, and "
                "takes a request for review.",
                status=status.lower(),
            ),
        )
    return Finding(
        what,
        False,
        say(
            "Meta says %(status)s: register it under WhatsApp > API Setup (with the six-digit "
            "PIN of its two-step verification), or finish the verification there.",
            status=status.lower(),
        ),
    )


def _subscription(account: Account, webhook_url: str, http: OutboundClient) -> Finding:
    what = say("The app is subscribed to the WhatsApp account")
    waba = str(account.settings.get("waba_id", ""))
    try:
        found = call(account, http, "GET", f"{node(waba)}/subscribed_apps", total=LIMIT)
    except (SendFailed, OutcomeUnknown) as error:
        advice = say(
            "%(reason)s Compare %(waba)s with the WhatsApp Business Account ID.",
            reason=error.reason,
            waba=waba,
        )
        return Finding(what, False, advice)
    rows = found.get("data")
    if not isinstance(rows, list) or not rows:
        advice = say(
            "Meta delivers nothing: press Verify and save under WhatsApp > Configuration, and "
            "switch the account's webhooks on there."
        )
        return Finding(what, False, advice)
    elsewhere = [row.get("override_callback_uri") for row in rows if isinstance(row, dict)]
    others = [address for address in elsewhere if address and address != webhook_url]
    if others and len(others) == len(rows):
        return Finding(
            what,
            False,
            say("Its webhooks go to %(address)s instead: remove the override.", address=others[0]),
        )
    return Finding(what, True)
