"""What a refusal of Lazada's means, in our five classes.

Codes are words for refusals of the gateway itself (the Open Platform's "Error codes"), numbers for
those of single calls. A code that stands nowhere goes by its `type` (SYSTEM is theirs), then by the
HTTP status.
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
    "IllegalAccessToken": CHANNEL,
    "IllegalRefreshToken": CHANNEL,
    "InvalidCode": CHANNEL,
    "AppWhiteIpLimit": CHANNEL,
    "IncompleteSignature": CHANNEL,
    "InsufficientPermission": CHANNEL,
    "MissingAppKey": CHANNEL,
    "InvalidAppKey": CHANNEL,
    "ApiCallLimit": RETRY,
    "AppCallLimit": RETRY,
    "SellerCallLimit": RETRY,
    "CallLimited": RETRY,
    "ServiceUnavailable": RETRY,
    "InternalError": RETRY,
    "E0901": RETRY,  # too many calls
    "IllegalParameter": PAYLOAD,
    "MissingParameter": PAYLOAD,
    "SessionNotExist": RECIPIENT,
    "BuyerBlocked": RECIPIENT,
}


def refusal_of(answer: httpx.Response, found: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    """The exception for an answer that is no success."""
    status = answer.status_code
    code = code_of(found)
    if code == "0":
        code = ""
    if _may_have_worked(answer, code, found):
        told = say("A gateway in front of Lazada answered %(status)s.", status=code or status)
        return OutcomeUnknown("gateway", told)
    error_class = _class_of(code, found, status)
    said = [found.get(key) for key in ("message", "err_message", "detail")] if found else []
    reason = next((text for text in said if isinstance(text, str) and text), "")
    return SendFailed(
        error_class,
        (code or str(status))[:40],
        (reason or say("Lazada answered %(status)s.", status=code or status))[:500],
        asked_pause(answer) if error_class == RETRY else None,
    )


def code_of(found: dict[str, Any] | None) -> str:
    """The code of an answer: `err_code` of the chat's calls where it is set, else `code`."""
    for key in ("err_code", "code"):
        value = found.get(key) if found else None
        if isinstance(value, int | str) and not isinstance(value, bool) and str(value) != "0":
            return str(value)
    return "0" if found and ("code" in found or "err_code" in found) else ""


def _may_have_worked(answer: httpx.Response, code: str, found: dict[str, Any] | None) -> bool:
    """Whether the call may have taken effect behind the gateway. A question is simply repeated."""
    if answer.status_code in (502, 504) or code == "ServiceTimeout":
        return True
    if answer.request.method != "POST":
        return False
    is_theirs = found is not None and found.get("type") == "SYSTEM" and code not in CLASSES
    return code == "InternalError" or is_theirs


def _class_of(code: str, found: dict[str, Any] | None, status: int) -> ErrorClass:
    if status == 429 or status >= 500:
        return RETRY
    known = CLASSES.get(code)
    if known is not None:
        return known
    if found and found.get("type") == "SYSTEM":
        return RETRY
    return CHANNEL if status in (401, 403) else PAYLOAD
