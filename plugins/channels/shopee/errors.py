"""What a refusal of Shopee's means, in our five classes.

Errors come as HTTP 200 with a word in `error`, some with 403. The words are those of the Open
Platform's FAQ and of programs that met them; they are no closed list, so an unknown one goes by its
parts, then by the HTTP status.
"""

from __future__ import annotations

from typing import Any

import httpx

from core.api import ErrorClass, OutcomeUnknown, SendFailed, asked_pause, say

RETRY: ErrorClass = "retry"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

CLASSES: dict[str, ErrorClass] = {
    "error_auth": CHANNEL,
    "error_permission": CHANNEL,
    "error_sign": CHANNEL,
    "error_shop": CHANNEL,
    "invalid_access_token": CHANNEL,
    "invalid_acceess_token": CHANNEL,  # as Shopee spells it
    "invalid_refresh_token": CHANNEL,
    "invalid_code": CHANNEL,
    "error_server": RETRY,
    "error_inner": RETRY,
    "error_busy": RETRY,
    "error_system_busy": RETRY,
    "error_rate_limit": RETRY,
    "error_too_many_request": RETRY,
    "error_limit": RETRY,
    "error_param": PAYLOAD,
    "error_data": PAYLOAD,
    "error_not_found": PAYLOAD,
    "error_content": PAYLOAD,
    "error_blocked": RECIPIENT,
    "error_user": RECIPIENT,
    "error_chat_disabled": RECIPIENT,
}

PARTS: tuple[tuple[str, ErrorClass], ...] = (
    ("access_token", CHANNEL),
    ("refresh_token", CHANNEL),
    ("auth", CHANNEL),
    ("sign", CHANNEL),
    ("permission", CHANNEL),
    ("rate", RETRY),
    ("too_many", RETRY),
    ("busy", RETRY),
    ("server", RETRY),
    ("block", RECIPIENT),
)
"""What a word that stands nowhere has in it, as `sellerchat.error_auth` has."""

NO_ANSWER = ("timeout", "time_out", "timed_out", "error_network")
"""Words of Shopee's gateway, in HTTP 200 too, for a call that may have taken effect behind it."""


def refusal_of(answer: httpx.Response, found: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    """The exception for an answer that is no success."""
    status = answer.status_code
    word = found.get("error") if found else None
    code = word if isinstance(word, str) and word not in ("", "-") else ""
    if status in (502, 504) or any(part in code for part in NO_ANSWER):
        told = say("A gateway in front of Shopee answered %(status)s.", status=code or status)
        return OutcomeUnknown("gateway", told)
    error_class = _class_of(code, status)
    message = found.get("message") if found else None
    reason = message if isinstance(message, str) and message else code
    return SendFailed(
        error_class,
        (code or str(status))[:40],
        (reason or say("Shopee answered %(status)s.", status=status))[:500],
        asked_pause(answer) if error_class == RETRY else None,
    )


def _class_of(code: str, status: int) -> ErrorClass:
    if status == 429 or status >= 500:
        return RETRY
    known = CLASSES.get(code) or CLASSES.get(code.rpartition(".")[2])
    if known is not None:
        return known
    for part, error_class in PARTS:
        if part in code:
            return error_class
    return CHANNEL if status in (401, 403) else PAYLOAD
