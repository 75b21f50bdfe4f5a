"""What a refusal of the Bot API means, in our five classes.

It answers `{"ok": false, "error_code", "description", "parameters": {"retry_after"}?}`. The code is
the HTTP status; only the description tells one 400 from another.
"""

from __future__ import annotations

from typing import Any

from core.api import ErrorClass, OutcomeUnknown, SendFailed, asked_pause, say

RETRY: ErrorClass = "retry"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

GATEWAY_STATUSES = frozenset({502, 504})

# words of a description → class, code, sentence; the first that fits
MEANINGS: tuple[tuple[str, ErrorClass, str, str], ...] = (
    ("bot was blocked", RECIPIENT, "blocked", say("The customer blocked the bot.")),
    ("user is deactivated", RECIPIENT, "deactivated", say("This Telegram account was deleted.")),
    (
        "can't initiate conversation",
        RECIPIENT,
        "stranger",
        say("A bot can't write first: the customer has to open it once."),
    ),
    ("chat not found", RECIPIENT, "chat_not_found", say("Telegram doesn't know this chat.")),
    ("peer_id_invalid", RECIPIENT, "chat_not_found", say("Telegram doesn't know this chat.")),
    ("message is too long", PAYLOAD, "too_long", say("The text is too long for Telegram.")),
    ("file is too big", PAYLOAD, "too_large", say("The file is too large for a bot.")),
    (
        "reaction_invalid",
        PAYLOAD,
        "reaction",
        say("Telegram doesn't let bots react with this emoji."),
    ),
)


def refusal_of(response: Any, answer: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
    """The exception for an answer that isn't `ok`."""
    status = int(response.status_code)
    if answer is None and status in GATEWAY_STATUSES:
        return OutcomeUnknown(
            "gateway", say("A gateway in front of Telegram answered %(status)s.", status=status)
        )
    said = answer.get("description") if answer else None
    description = said if isinstance(said, str) else ""
    if status == 429:
        return SendFailed(
            RETRY, "429", say("Telegram asks for a pause."), asked_pause(response, _stated(answer))
        )
    for words, error_class, code, reason in MEANINGS:
        if status in (400, 403, 413) and words in description.lower():
            return SendFailed(error_class, code, reason, is_opt_out=code == "blocked")
    error_class = _class_of(status)
    if error_class == CHANNEL:
        return SendFailed(CHANNEL, str(status), say("Telegram does not take the bot token."))
    reason = description[:300] or say("Telegram answered %(status)s.", status=status)
    pause = asked_pause(response, _stated(answer)) if error_class == RETRY else None
    return SendFailed(error_class, str(status), reason, pause)


def _class_of(status: int) -> ErrorClass:
    if status in (401, 404):
        return CHANNEL  # 404 is what a token of the wrong form gets
    if status == 403:
        return RECIPIENT
    return RETRY if status >= 500 or status == 409 else PAYLOAD


def _stated(answer: dict[str, Any] | None) -> Any:
    """The pause in the answer's parameters."""
    parameters = answer.get("parameters") if answer else None
    return parameters.get("retry_after") if isinstance(parameters, dict) else None
