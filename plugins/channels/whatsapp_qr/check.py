"""Testing a connection: the gateway, its credentials, the phone, the webhook; in this order."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.whatsapp_qr.gateway import base_url, call, device_path, results_of
from plugins.channels.whatsapp_qr.pairing import is_unknown_device, pairing_state
from plugins.channels.whatsapp_qr.people import is_same_line


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    try:
        info = results_of(call(account, http, "GET", "app/info", is_device_scoped=False, total=8.0))
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(
            say("The gateway at %(account)s answers", account=base_url(account)),
            False,
            _advice(error),
        )
        return
    version = info.get("version") if isinstance(info.get("version"), str) else ""
    yield Finding(say("The gateway answers: GOWA %(version)s", version=version or "?"), True)
    state = pairing_state(account, http)
    if not state.is_paired:
        yield Finding(
            say("A phone is paired"),
            False,
            say("%(reason)s Press Pair and scan.", reason=state.reason),
        )
        return
    if not is_same_line(state.own_address, account.own_address):
        advice = say(
            "The phone that is paired has %(own_address)s: unpair it and scan with the phone "
            "of %(wanted)s, or change the own number.",
            own_address=state.own_address,
            wanted=account.own_address,
        )
        yield Finding(
            say("The phone has the number %(own_address)s", own_address=account.own_address),
            False,
            advice,
        )
        return
    yield Finding(
        say("The phone of %(own_address)s is paired", own_address=account.own_address), True
    )
    yield _webhook(account, webhook_url, http)


def _webhook(account: Account, url: str, http: OutboundClient) -> Finding:
    what = say("The gateway delivers messages here")
    try:
        path = device_path(account, "/webhook")
        found = results_of(call(account, http, "GET", path, is_device_scoped=False, total=8.0))
    except (SendFailed, OutcomeUnknown) as error:
        return Finding(what, False, _advice(error))
    if found.get("webhook_url") != url:
        return Finding(what, False, say("It delivers elsewhere, or nowhere: press Pair to set it."))
    secret = found.get("webhook_secret")
    own = account.secrets.get("webhook_secret", "")
    if not isinstance(secret, str) or not hmac.compare_digest(secret.encode(), own.encode()):
        return Finding(what, False, say("It signs with another secret: press Pair to set it."))
    return Finding(what, True)


def _advice(error: SendFailed | OutcomeUnknown) -> str:
    if is_unknown_device(error):
        return say("The gateway doesn't know this device: press Pair.")
    if error.code in ("401", "403"):
        return say("%(reason)s Compare them with GOWA's --basic-auth.", reason=error.reason)
    if isinstance(error, OutcomeUnknown) or error.code == "unreachable":
        return say("%(reason)s Is GOWA running there?", reason=error.reason)
    return error.reason
