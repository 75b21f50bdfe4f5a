"""Testing a connection: the gateway, its credentials, the phone, the webhook; in this order."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed
from plugins.channels.whatsapp_qr.gateway import base_url, call, device_path, results_of
from plugins.channels.whatsapp_qr.pairing import is_unknown_device, pairing_state
from plugins.channels.whatsapp_qr.people import is_same_line


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    try:
        info = results_of(call(account, http, "GET", "app/info", is_device_scoped=False, total=8.0))
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(f"The gateway at {base_url(account)} answers", False, _advice(error))
        return
    version = info.get("version") if isinstance(info.get("version"), str) else ""
    yield Finding(f"The gateway answers: GOWA {version}".rstrip(), True)
    state = pairing_state(account, http)
    if not state.is_paired:
        yield Finding("A phone is paired", False, f"{state.reason} Press Pair and scan.")
        return
    if not is_same_line(state.own_address, account.own_address):
        advice = (
            f"The phone that is paired has {state.own_address}: unpair it and scan with the phone "
            f"of {account.own_address}, or change the own number."
        )
        yield Finding(f"The phone has the number {account.own_address}", False, advice)
        return
    yield Finding(f"The phone of {account.own_address} is paired", True)
    yield _webhook(account, webhook_url, http)


def _webhook(account: Account, url: str, http: OutboundClient) -> Finding:
    what = "The gateway delivers messages here"
    try:
        path = device_path(account, "/webhook")
        found = results_of(call(account, http, "GET", path, is_device_scoped=False, total=8.0))
    except (SendFailed, OutcomeUnknown) as error:
        return Finding(what, False, _advice(error))
    if found.get("webhook_url") != url:
        return Finding(what, False, "It delivers elsewhere, or nowhere: press Pair to set it.")
    secret = found.get("webhook_secret")
    own = account.secrets.get("webhook_secret", "")
    if not isinstance(secret, str) or not hmac.compare_digest(secret.encode(), own.encode()):
        return Finding(what, False, "It signs with another secret: press Pair to set it.")
    return Finding(what, True)


def _advice(error: SendFailed | OutcomeUnknown) -> str:
    if is_unknown_device(error):
        return "The gateway doesn't know this device: press Pair."
    if error.code in ("401", "403"):
        return f"{error.reason} Compare them with GOWA's --basic-auth."
    if isinstance(error, OutcomeUnknown) or error.code == "unreachable":
        return f"{error.reason} Is GOWA running there?"
    return error.reason
