"""Meta's error codes in our five classes.

Source: Meta's "Error codes" page of the Cloud API. Two codes mean "not soon" (131049, 130472: Meta
limits marketing to this person); they end as `recipient`, since a retry would hold up everything
else that is said to the same person.
"""

from __future__ import annotations

from core.api import ErrorClass, meta

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

ERRORS = meta.ErrorTable(CLASSES)
