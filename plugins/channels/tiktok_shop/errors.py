"""What a refusal of TikTok Shop's means, in our five classes.

Codes from the Partner Center's pages "Common errors" and "Send message". A code that stands nowhere
goes by the HTTP status, so that a new one of theirs is no guess of ours.
"""

from __future__ import annotations

from typing import Any

import httpx

from core.api import ErrorClass, OutcomeUnknown, SendFailed, asked_pause, say

RETRY: ErrorClass = "retry"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

CLASSES: dict[int, ErrorClass] = {
    **dict.fromkeys((105001, 105002, 105003, 105004, 105005), CHANNEL),  # token, scopes
    **dict.fromkeys((106001, 106013), CHANNEL),  # signature, shop cipher
    **dict.fromkeys((36004001, 36004004), CHANNEL),  # authorisation code, refresh token
    **dict.fromkeys((36009002, 36009003, 25020008, 12052109), RETRY),  # too many, their fault
    45101001: RETRY,
    45101002: PAYLOAD,  # card
    45101006: PAYLOAD,  # words that TikTok doesn't let through
    45109001: RECIPIENT,  # this conversation can't be written in now
    45111017: PAYLOAD,
}

REASONS = {
    105001: say("The access token is wrong or has ended: authorise the shop again."),
    105002: say("The access token is wrong or has ended: authorise the shop again."),
    105005: say("The app has no permission for this: add the scope in the Partner Center."),
    45101006: say("TikTok doesn't let these words through: write it in another way."),
    45109001: say("TikTok doesn't let the shop write in this conversation now."),
}


def refusal_of(answer: httpx.Response, found: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    """The exception for an answer that is no success."""
    status = answer.status_code
    code = found.get("code") if found else None
    known = code if isinstance(code, int) and not isinstance(code, bool) else 0
    if not known and status in (502, 504):
        return OutcomeUnknown(
            "gateway", say("A gateway in front of TikTok answered %(status)s.", status=status)
        )
    error_class = CLASSES.get(known) or _class_of_status(status)
    message = found.get("message") if found else None
    reason = REASONS.get(known) or (message if isinstance(message, str) and message else "")
    return SendFailed(
        error_class,
        str(known or status)[:40],
        (reason or say("TikTok Shop answered %(status)s.", status=status))[:500],
        asked_pause(answer) if error_class == RETRY else None,
    )


def _class_of_status(status: int) -> ErrorClass:
    if status == 429 or status >= 500:
        return RETRY
    return CHANNEL if status in (401, 403) else PAYLOAD
