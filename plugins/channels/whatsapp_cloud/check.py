"""Testing a connection: token, number, scopes, subscription, webhook fields, app secret.

Each is looked at by itself, reads only, and a fault is said with its cure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.whatsapp_cloud import facts
from plugins.channels.whatsapp_cloud.graph import call, node

TOKEN_CODES = frozenset({"0", "190", "401", "no_token"})
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
FIELDS_NEEDED = ("messages",)
FIELDS_WANTED = (
    "account_update",
    "message_template_status_update",
    "phone_number_quality_update",
)
FIELDS_OF_APP = ("history", "smb_app_state_sync", "smb_message_echoes")
LIMIT = 10.0  # seconds for each question

Answer = dict[str, Any]


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest. Reads only."""
    number = str(account.settings.get("phone_number_id", ""))
    try:
        found = facts.ask(account, http, total=LIMIT)
    except (SendFailed, OutcomeUnknown) as error:
        yield from _fault(error, number)
        return
    yield Finding(say("Meta takes the access token"), True)
    yield _number(account, found)
    yield _registration(found)
    yield _secret(account, http)
    token = _token(account, http)
    if token is not None:
        yield _scopes(token)
    yield _subscription(account, webhook_url, http)
    if token is not None:
        yield from _fields(account, token, webhook_url, found, http)


def _fault(error: SendFailed | OutcomeUnknown, number: str) -> Iterator[Finding]:
    if error.code in TOKEN_CODES:
        advice = say(
            "%(reason)s Make a new one: business.facebook.com > Settings > System users > "
            "Generate token.",
            reason=error.reason,
        )
        yield Finding(say("Meta takes the access token"), False, advice)
        return
    if isinstance(error, OutcomeUnknown) or error.error_class == "retry":
        yield Finding(
            say("Meta answers"),
            False,
            say("%(reason)s Try again in a minute.", reason=error.reason),
        )
        return
    yield Finding(say("Meta takes the access token"), True)
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


def _secret(account: Account, http: OutboundClient) -> Finding:
    """Meta refuses a proof made with another app's secret, so a wrong one shows before a webhook
    is refused for it.
    """
    what = say("The app secret belongs to the app of the token")
    token = account.secrets.get("access_token", "")
    secret = account.secrets.get("app_secret", "")
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    try:
        call(account, http, "GET", f"me?fields=id&appsecret_proof={proof}", total=LIMIT)
    except (SendFailed, OutcomeUnknown) as error:
        if "appsecret_proof" not in error.reason:
            return Finding(what, True)  # something else is wrong, and is said elsewhere
        return Finding(
            what,
            False,
            say(
                "Every webhook would be refused with 401. Copy it anew: App settings > Basic > App "
                "secret > Show, of the app for which the token was made."
            ),
        )
    return Finding(what, True)


def _token(account: Account, http: OutboundClient) -> Answer | None:
    """What Meta knows of the token: its app and its scopes. None where it doesn't say."""
    token = account.secrets.get("access_token", "")
    try:
        answer = call(
            account, http, "GET", "debug_token", params={"input_token": token}, total=LIMIT
        )
    except (SendFailed, OutcomeUnknown):
        return None
    data = answer.get("data")
    return data if isinstance(data, dict) and data.get("app_id") else None


def _scopes(token: Answer) -> Finding:
    given = token.get("scopes")
    given = given if isinstance(given, list) else []
    missing = [scope for scope in SCOPES if scope not in given]
    what = say("The token has the permissions that are needed")
    if missing:
        return Finding(
            what,
            False,
            say(
                "Missing: %(missing)s. Generate the token anew with both ticked: "
                "business.facebook.com > Settings > System users.",
                missing=", ".join(missing),
            ),
        )
    return Finding(what, True)


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


def _fields(
    account: Account, token: Answer, webhook_url: str, found: Answer, http: OutboundClient
) -> Iterator[Finding]:
    """Where the app delivers and what: only an app's own token may read it."""
    app, secret = str(token.get("app_id")), account.secrets.get("app_secret", "")
    try:
        answer = call(
            account,
            http,
            "GET",
            f"{node(app)}/subscriptions",
            token=f"{app}|{secret}",
            total=LIMIT,
        )
    except (SendFailed, OutcomeUnknown):
        return
    rows = answer.get("data")
    row = next(
        (
            each
            for each in (rows if isinstance(rows, list) else [])
            if isinstance(each, dict) and each.get("object") == "whatsapp_business_account"
        ),
        None,
    )
    if row is None:
        yield Finding(
            say("The app has a webhook"),
            False,
            say(
                "WhatsApp > Configuration > Webhook > Edit: enter the webhook address and the "
                "verify token, then Verify and save."
            ),
        )
        return
    if row.get("callback_url") != webhook_url:
        yield Finding(
            say("The app's webhook leads here"),
            False,
            say(
                "It leads to %(address)s; it should be %(wanted)s. Correct it under WhatsApp > "
                "Configuration > Webhook > Edit.",
                address=row.get("callback_url"),
                wanted=webhook_url,
            ),
        )
    on = {
        str(each.get("name")) if isinstance(each, dict) else str(each)
        for each in row.get("fields") or []
    }
    wanted = FIELDS_WANTED + (FIELDS_OF_APP if found.get("is_on_biz_app") is True else ())
    missing = [name for name in (*FIELDS_NEEDED, *wanted) if name not in on]
    what = say("The webhook fields are subscribed")
    if missing:
        advice = say(
            "Missing: %(missing)s. Subscribe to them under WhatsApp > Configuration.",
            missing=", ".join(missing),
        )
        yield Finding(what, set(missing) <= set(FIELDS_WANTED), advice)
        return
    yield Finding(what, True)
