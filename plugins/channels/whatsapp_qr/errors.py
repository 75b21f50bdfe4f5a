"""What a refusal of GOWA's means, in our five classes.

Codes from GOWA's source (v9, src/pkg/error). A 500 whose words say that WhatsApp's answer was
waited for in vain is no refusal: the message may have left.
"""

from __future__ import annotations

from typing import Any

from core.api import ErrorClass, OutcomeUnknown, SendFailed, asked_pause, say

RETRY: ErrorClass = "retry"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

CLASSES: dict[str, ErrorClass] = {
    "AUTHENTICATION_ERROR": CHANNEL,  # the phone is logged out, or not connected
    "DEVICE_NOT_FOUND": CHANNEL,
    "DEVICE_ID_REQUIRED": CHANNEL,
    "INVALID_WA_CLI": CHANNEL,
    "INVALID_JID": RECIPIENT,  # nobody has WhatsApp on this number
    "WA_REACHOUT_TIMELOCK": RECIPIENT,  # WhatsApp's 463: strangers must write first
    "VALIDATION_ERROR": PAYLOAD,
    "BAD_REQUEST": PAYLOAD,
    "DEVICE_MANAGER_UNAVAILABLE": RETRY,
}

UNKNOWN_CODES = frozenset({"GATEWAY_TIMEOUT", "CONTEXT_ERROR"})
UNKNOWN_WORDS = ("timed out", "timeout", "deadline exceeded", "disconnected before")

REASONS = {
    "AUTHENTICATION_ERROR": say("The phone is not connected to WhatsApp: pair it again."),
    "DEVICE_NOT_FOUND": say("The gateway doesn't know this device: pair it again."),
    "INVALID_JID": say("Nobody has WhatsApp on this number."),
    "WA_REACHOUT_TIMELOCK": (
        say(
            "WhatsApp doesn't let this number write to strangers just now: the customer has to "
            "write "
            "first."
        )
    ),
}


def refusal_of(response: Any, answer: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    """The exception for an answer that is no 2xx."""
    status = int(response.status_code)
    code = _text(answer, "code")
    message = _text(answer, "message")
    if _is_unknown(status, code, message, answer):
        return OutcomeUnknown(code or str(status), say("WhatsApp's answer did not come in time."))
    error_class = CLASSES.get(code) or _class_of_status(status, message)
    reason = REASONS.get(code) or message or _reason_of_status(status)
    return SendFailed(
        error_class,
        (code or str(status))[:40],
        reason[:500],
        asked_pause(response) if error_class == RETRY else None,
    )


def _is_unknown(status: int, code: str, message: str, answer: dict[str, Any] | None) -> bool:
    if code in UNKNOWN_CODES:
        return True
    if answer is None:
        return status in (502, 504)
    return status >= 500 and any(word in message.lower() for word in UNKNOWN_WORDS)


def _class_of_status(status: int, message: str) -> ErrorClass:
    if status in (401, 403):
        return CHANNEL
    if status == 429:
        return RETRY
    if status == 404 or ("device" in message.lower() and "not found" in message.lower()):
        return CHANNEL
    return RETRY if status >= 500 else PAYLOAD


def _reason_of_status(status: int) -> str:
    if status in (401, 403):
        return say("The gateway refuses the user name or password.")
    return say("The gateway answered %(status)s.", status=status)


def _text(answer: dict[str, Any] | None, key: str) -> str:
    value = answer.get(key) if answer else None
    return value if isinstance(value, str) else ""
