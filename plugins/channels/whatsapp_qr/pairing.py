"""Pairing a phone: a device at the gateway, its webhook, a code to scan, and how it goes on.

GOWA hands out a code's picture for half of that code's life (30 seconds at first) and tells of the
later codes of the same attempt to nobody; asking for a login again begins a fresh attempt. So the
next code is always asked for anew, before the picture shown has run out.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from core.api import (
    Account,
    OutboundClient,
    OutcomeUnknown,
    PairingCode,
    PairingFailed,
    PairingStage,
    PairingState,
    SendFailed,
    say,
)
from plugins.channels.whatsapp_qr.gateway import (
    call,
    device_id,
    device_path,
    download,
    results_of,
    static_path,
)
from plugins.channels.whatsapp_qr.people import number_of
from plugins.channels.whatsapp_qr.refusals import state_of

EVENTS = "message,message.reaction,message.edited,message.revoked,message.ack"
"""What the gateway is to deliver: typing notices and group changes would only be counted."""

PNG = b"\x89PNG\r\n\x1a\n"
MAX_PICTURE = 200_000  # bytes; GOWA's are about 2,000
CODE_SECONDS = 160.0  # WhatsApp's own limit for a pairing attempt


def pair(
    account: Account, webhook_url: str, http: OutboundClient, *, by_code: bool = False
) -> PairingCode:
    """Make the device ready and ask for a code. Raises PairingFailed."""
    try:
        set_webhook(account, webhook_url, http)
        return _typed(account, http) if by_code else _scanned(account, http)
    except (SendFailed, OutcomeUnknown) as error:
        if error.code in ("ALREADY_LOGGED_IN", "SESSION_SAVED_ERROR"):
            raise PairingFailed(pairing_state(account, http)) from error
        raise PairingFailed(state_of(error)) from error


def pairing_state(account: Account, http: OutboundClient) -> PairingState:
    """Where the phone stands. A phone that only lost its line is told to come back."""
    try:
        status = _get(account, http, "/status")
        device = _get(account, http, "")
    except (SendFailed, OutcomeUnknown) as error:
        if is_unknown_device(error):
            return PairingState(PairingStage.LOGGED_OUT, reason=say("No phone is paired."))
        return state_of(error)
    number = number_of(_text(device, "jid")) or _plus(_text(device, "phone_number"))
    if status.get("is_logged_in") is True:
        return PairingState(PairingStage.PAIRED, own_address=number)
    if not number:
        return PairingState(
            PairingStage.LOGGED_OUT,
            reason=say("No phone is paired: it was logged out, or its pairing never ended."),
        )
    try:
        call(account, http, "POST", device_path(account, "/reconnect"), is_device_scoped=False)
    except (SendFailed, OutcomeUnknown) as error:
        return state_of(error)
    return PairingState(
        PairingStage.DISCONNECTED,
        own_address=number,
        reason=say("The gateway lost its line to WhatsApp and is dialling again."),
    )


def unpair(account: Account, http: OutboundClient) -> None:
    """Log the phone out; the gateway keeps the device's slot. Raises SendFailed, OutcomeUnknown."""
    try:
        call(account, http, "POST", device_path(account, "/logout"), is_device_scoped=False)
    except SendFailed as error:
        if not is_unknown_device(error):
            raise


def set_webhook(account: Account, url: str, http: OutboundClient) -> None:
    """Point the device's webhook here, signed with the channel's own secret; make the device."""
    webhook = {
        "webhook_url": url,
        "webhook_secret": account.secrets.get("webhook_secret", ""),
        "webhook_events": EVENTS,
    }
    try:
        path = device_path(account, "/webhook")
        call(account, http, "PATCH", path, is_device_scoped=False, json=webhook)
    except SendFailed as error:
        if not is_unknown_device(error):
            raise
        made = {"device_id": device_id(account), **webhook}
        call(account, http, "POST", "devices", is_device_scoped=False, json=made)


def is_unknown_device(error: SendFailed | OutcomeUnknown) -> bool:
    """Whether the gateway has no such device (yet)."""
    return isinstance(error, SendFailed) and (
        error.code in ("NOT_FOUND", "DEVICE_NOT_FOUND", "404")
        or ("device" in error.reason.lower() and "not found" in error.reason.lower())
    )


def _scanned(account: Account, http: OutboundClient) -> PairingCode:
    path = device_path(account, "/login")
    found = results_of(call(account, http, "GET", path, is_device_scoped=False, total=30.0))
    seconds = found.get("qr_duration")
    picture = download(account, http, static_path(account, _text(found, "qr_link")), MAX_PICTURE)
    if not picture.startswith(PNG) or isinstance(seconds, bool) or not isinstance(seconds, int):
        raise OutcomeUnknown("garbage", say("The gateway's picture of a code can't be read."))
    return PairingCode(seconds=max(1.0, min(float(seconds), 60.0)), image=picture)


def _typed(account: Account, http: OutboundClient) -> PairingCode:
    phone = quote(account.own_address.removeprefix("+"), safe="")
    path = device_path(account, f"/login/code?phone={phone}")
    found = results_of(call(account, http, "POST", path, is_device_scoped=False, total=30.0))
    code = _text(found, "pair_code")
    if not code:
        raise OutcomeUnknown("garbage", say("The gateway named no code."))
    return PairingCode(seconds=CODE_SECONDS, text=code[:20])


def _get(account: Account, http: OutboundClient, rest: str) -> dict[str, Any]:
    path = device_path(account, rest)
    return results_of(call(account, http, "GET", path, is_device_scoped=False, total=8.0))


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _plus(number: str) -> str:
    digits = number.removeprefix("+")
    return f"+{digits}" if digits.isascii() and digits.isdigit() else ""
