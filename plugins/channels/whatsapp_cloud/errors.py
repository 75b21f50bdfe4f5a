"""Meta's error codes in our five classes.

Source: Meta's "Error codes" page of the Cloud API. Two codes mean "not soon" (131049, 130472: Meta
limits marketing to this person); they end as `recipient`, since a retry would hold up everything
else that is said to the same person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.api import ErrorClass, say

RETRY: ErrorClass = "retry"
TEMPLATE: ErrorClass = "template"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

CLASSES: dict[int, ErrorClass] = {
    **dict.fromkeys((1, 2, 4), RETRY),  # unknown, service, too many calls of the app
    **dict.fromkeys((80007, 130429), RETRY),  # rate limits of the account and of the number
    131056: RETRY,  # too many messages to this person: the pair rate
    131016: RETRY,  # service unavailable
    131000: RETRY,  # something went wrong
    131057: RETRY,  # account in maintenance
    133004: RETRY,  # server temporarily unavailable
    131047: TEMPLATE,  # more than 24 hours since the person's last message
    **dict.fromkeys((131026, 131021, 131030, 131050, 131062, 131049, 130472), RECIPIENT),
    **dict.fromkeys((0, 3, 10, 190, *range(200, 300)), CHANNEL),  # token, permission
    **dict.fromkeys((368, 131031, 131042, 131048, 131045, 133010, 130497, 131005), CHANNEL),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132008, 132012), PAYLOAD),  # template texts
    **dict.fromkeys((132015, 132016), PAYLOAD),  # template paused, disabled
    **dict.fromkeys((100, 131008, 131009, 131051, 131052, 131053), PAYLOAD),
}

MISSING_OBJECT = (100, 33)  # code and subcode: the phone number ID isn't this token's to use


@dataclass(frozen=True)
class CloudError:
    """An error as Meta states it, with the class that says what to do about it."""

    error_class: ErrorClass = PAYLOAD
    code: str = ""
    reason: str = ""


def first_error(errors: Any) -> CloudError:
    """Read the first of a list of errors. Never raises: failed is failed, whatever it says."""
    found = next((e for e in errors if isinstance(e, dict)), {}) if isinstance(errors, list) else {}
    return read_error(found)


def read_error(error: dict[str, Any]) -> CloudError:
    """Read one error object of an answer or a status. An unknown code is `payload`: ours to see."""
    code = error.get("code")
    known = code if isinstance(code, int) and not isinstance(code, bool) else None
    error_class = CLASSES.get(known, PAYLOAD) if known is not None else PAYLOAD
    if known not in CLASSES and error.get("is_transient") is True:
        error_class = RETRY
    if (known, error.get("error_subcode")) == MISSING_OBJECT:
        error_class = CHANNEL
    return CloudError(
        error_class=error_class,
        code=str(known)[:20] if known is not None else "",
        reason=_reason(error),
    )


def _reason(error: dict[str, Any]) -> str:
    """The sentence to show: title or message, then the details unless they say the same."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    said = [error.get("title") or error.get("message"), details]
    texts = list(dict.fromkeys(text for text in said if isinstance(text, str) and text))
    return ": ".join(texts)[:500] or say("Meta gave no reason.")
