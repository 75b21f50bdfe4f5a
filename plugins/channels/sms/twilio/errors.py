"""Twilio's error codes in our five classes: of a refused call, and of a status.

Source: "Error and Warning Dictionary", twilio.com/docs/api/errors.
"""

from __future__ import annotations

from typing import Any

from core.api import ErrorClass, OutcomeUnknown, SendFailed, asked_pause, say

RETRY: ErrorClass = "retry"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

OPTED_OUT = 21610
GATEWAY_STATUSES = frozenset({502, 504})

CLASSES: dict[int, ErrorClass] = {
    **dict.fromkeys((20429, 20500, 20503, 14107, 63038), RETRY),  # too many, not now, the day's cap
    **dict.fromkeys((30001, 30022, 30023), RETRY),  # queue full, carriers' rates and daily caps
    **dict.fromkeys((20003, 20005, 20404, 20008), CHANNEL),  # credentials, closed account
    **dict.fromkeys((21212, 21603, 21606, 21659, 21660, 21661), CHANNEL),  # the sender isn't ours
    **dict.fromkeys((30002, 30034, 30032), CHANNEL),  # suspended, unregistered with the carriers
    **dict.fromkeys((21211, 21214, 21217, 21421, 21604, 21614), RECIPIENT),  # no (mobile) number
    **dict.fromkeys((21408, 21608, 21612, OPTED_OUT), RECIPIENT),  # country, trial, route, STOP
    **dict.fromkeys((30003, 30004, 30005, 30006, 30008), RECIPIENT),  # off, blocked, unknown, fixed
    **dict.fromkeys((21602, 21617, 30007, 30019), PAYLOAD),  # empty, too long, filtered, too large
}

REASONS = {
    20003: say("Twilio does not take the Account SID and Auth Token."),
    20005: say("Twilio has closed or suspended this account."),
    21211: say("This is no phone number."),
    21408: say("This country isn't allowed in Twilio: Messaging > Settings > Geo permissions."),
    21606: say("The own number is not one of this Twilio account, or can't send SMS."),
    21608: say("A trial account writes only to numbers that are verified at Twilio."),
    OPTED_OUT: say("They answered STOP: Twilio sends them nothing more until they write START."),
    21614: say("This is no mobile number."),
    30002: say("Twilio has suspended this account."),
    30003: say("The phone is off or out of reach."),
    30004: say("The phone or its network blocks this message."),
    30005: say("The number doesn't exist, or is no longer in use."),
    30006: say("This is a landline, or a network that takes no SMS."),
    30007: say("The network took the message for spam."),
    30034: say("The number isn't registered with the American carriers (A2P 10DLC)."),
}


def class_of(code: int | None) -> ErrorClass:
    """The class of a code. An unknown one is `payload`: ours to see."""
    return CLASSES.get(code, PAYLOAD) if code is not None else PAYLOAD


def reason_of(code: int | None, words: str = "") -> str:
    """The sentence to show."""
    if code in REASONS:
        return REASONS[code]
    return words[:300] or say("Twilio gave no reason (%(code)s).", code=code or "?")


def refusal_of(response: Any, answer: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    """The exception for an answer that is no 2xx."""
    status = int(response.status_code)
    given = answer.get("code") if answer else None
    code = given if isinstance(given, int) and not isinstance(given, bool) else None
    if answer is None and status in GATEWAY_STATUSES:
        return OutcomeUnknown(
            "gateway", say("A gateway in front of Twilio answered %(status)s.", status=status)
        )
    said = answer.get("message") if answer else None
    error_class = CLASSES[code] if code in CLASSES else _class_of_status(status)
    if code is None and error_class == CHANNEL:
        code = 20003
    words = said if isinstance(said, str) else say("Twilio answered %(status)s.", status=status)
    return SendFailed(
        error_class,
        str(code or status),
        reason_of(code, words),
        asked_pause(response) if error_class == RETRY else None,
        is_opt_out=code == OPTED_OUT,
    )


def _class_of_status(status: int) -> ErrorClass:
    if status == 429 or status >= 500:
        return RETRY
    return CHANNEL if status in (401, 403) else PAYLOAD
