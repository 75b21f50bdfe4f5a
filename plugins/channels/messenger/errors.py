"""Meta's error codes of Messenger in our five classes.

Source: Meta's page "Common Error Codes" of the Messenger Platform. Code 10 is both a shut window
and a missing permission; only the second is the whole page's trouble.
"""

from __future__ import annotations

from core.api import ErrorClass, meta

RETRY: ErrorClass = "retry"
WINDOW: ErrorClass = "template"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

CLASSES: dict[int, ErrorClass] = {
    **dict.fromkeys((1, 2, 1200), RETRY),  # unknown, service, "temporary send message failure"
    **dict.fromkeys((4, 17, 32, 613), RETRY),  # rates: of the app, the user, the page, this API
    10: WINDOW,
    551: RECIPIENT,  # "this person isn't available right now": blocked us, or left
    **dict.fromkeys((0, 3, 102, 190, 368, *range(200, 300), 467), CHANNEL),
    100: PAYLOAD,
}

ERRORS = meta.ErrorTable(
    CLASSES,
    by_subcode={
        (100, 2018001): RECIPIENT,  # no matching user
        (200, 1545041): RECIPIENT,  # this person isn't available
        (200, 2018108): RECIPIENT,  # this person isn't receiving messages from us
        (10, 2018278): WINDOW,
        (10, 2018065): WINDOW,
    },
    by_word={10: ("permission", CHANNEL)},
)
