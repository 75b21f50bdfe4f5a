"""What a refusal of the gateway means, and what Android says of a text that did not leave."""

from __future__ import annotations

from typing import Any

from core.api import ErrorClass, OutcomeUnknown, SendFailed, asked_pause, say

RETRY: ErrorClass = "retry"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

GATEWAY_STATUSES = frozenset({502, 504})
ALREADY_THERE = 409

# words in the reason of `sms:failed` → class and sentence; Android's own names (SmsManager)
FAILURES: tuple[tuple[str, ErrorClass, str], ...] = (
    (
        "LIMIT_EXCEEDED",
        CHANNEL,
        say("Android or the network lets the phone send no more for now: slow down."),
    ),
    (
        "GENERIC_FAILURE",
        CHANNEL,
        say("The phone could not send it: see whether its SIM has balance and signal."),
    ),
    ("RADIO_OFF", CHANNEL, say("The phone is in airplane mode.")),
    ("NO_SERVICE", CHANNEL, say("The phone has no signal.")),
    ("NO_DEFAULT_SMS_APP", CHANNEL, say("Choose a default SMS app and SIM on the phone.")),
    ("No SIMs", CHANNEL, say("The phone finds no SIM: see whether it sits, and its permissions.")),
    ("MODEM", CHANNEL, say("The phone's modem failed: see its signal, then restart it.")),
    ("SHORT_CODE", RECIPIENT, say("The phone may not write to short numbers.")),
    ("FDN_CHECK", RECIPIENT, say("The SIM may write to its fixed numbers only.")),
)


def meaning_of(reason: str) -> tuple[ErrorClass, str]:
    """Class and sentence of a failure."""
    for words, error_class, sentence in FAILURES:
        if words.lower() in reason.lower():
            return error_class, sentence
    return PAYLOAD, reason[:300] or say("The phone gave no reason.")


def refusal_of(response: Any, answer: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    """The exception for an answer that is no 2xx."""
    status = int(response.status_code)
    if answer is None and status in GATEWAY_STATUSES:
        return OutcomeUnknown(
            "gateway", say("A gateway in front of it answered %(status)s.", status=status)
        )
    said = answer.get("message") if answer else None
    words = said[:300] if isinstance(said, str) else ""
    if status in (401, 403):
        return SendFailed(
            CHANNEL, str(status), say("The gateway refuses the user name or password.")
        )
    if status == 404:
        return SendFailed(CHANNEL, "404", say("No SMS gateway answers at this address."))
    if status == 400 and "phone" in words.lower():
        return SendFailed(RECIPIENT, "400", say("This is no phone number."))
    error_class = RETRY if status == 429 or status >= 500 else PAYLOAD
    reason = words or say("The gateway answered %(status)s.", status=status)
    pause = (
        asked_pause(response, (answer or {}).get("retryAfter")) if error_class == RETRY else None
    )
    return SendFailed(error_class, str(status), reason, pause)
