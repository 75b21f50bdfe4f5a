"""Meta's error codes of Instagram messaging in our five classes.

Source: Meta's pages "Common Error Codes" of the Messenger Platform and of Instagram Messaging.
"""

from __future__ import annotations

from core.api import ErrorClass, meta

RETRY: ErrorClass = "retry"
WINDOW: ErrorClass = "template"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

ERRORS = meta.ErrorTable(
    {
        **dict.fromkeys((1, 2, -1, 1200), RETRY),
        **dict.fromkeys((4, 17, 32, 613, 80006), RETRY),  # rates
        10: WINDOW,
        551: RECIPIENT,
        **dict.fromkeys((0, 3, 102, 190, 368, *range(200, 300), 467), CHANNEL),
        100: PAYLOAD,
    },
    by_subcode={
        (10, 2534022): WINDOW,  # sent outside of allowed window
        (10, 2018278): WINDOW,
        (100, 2534014): RECIPIENT,  # the requested user cannot be found
        (100, 2018001): RECIPIENT,
        (200, 2534037): RECIPIENT,  # they don't take messages
    },
    by_word={10: ("permission", CHANNEL)},
)
