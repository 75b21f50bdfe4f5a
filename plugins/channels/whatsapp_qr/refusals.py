"""Why a phone isn't connected, read from the words of the gateway.

WhatsApp tells its clients the reason as an event; GOWA (v9) logs it and hands it on only where an
error of its own repeats it. The words are whatsmeow's (types/events): a temporary ban names one of
five codes and when it ends, as a Go duration.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from core.api import OutcomeUnknown, PairingStage, PairingState, SendFailed, say

BANS = {
    "101": say("it wrote to too many people who don't have the number in their address books"),
    "102": say("too many people blocked it"),
    "103": say("it made too many groups with people who don't know it"),
    "104": say("it sent the same message to too many people"),
    "106": say("it sent too many messages to a broadcast list"),
}

_BAN_WORDS = {
    "address books": "101",
    "blocked": "102",
    "groups": "103",
    "same message": "104",
    "broadcast": "106",
}

_DURATION = re.compile(r"expires in ((?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?s)?)")
_PART = re.compile(r"(\d+(?:\.\d+)?)([hms])")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_LONGEST = 366 * 86_400.0


def state_of(error: SendFailed | OutcomeUnknown) -> PairingState:
    """The state that a refusal of the gateway means, with a sentence for a person."""
    words = error.reason.lower()
    if "temporarily banned" in words or "temporary ban" in words:
        return banned(words)
    if "outdated" in words:
        return PairingState(
            PairingStage.OUTDATED,
            reason=say("WhatsApp no longer accepts this version of the gateway: update GOWA."),
        )
    if "replaced" in words:
        return PairingState(
            PairingStage.REPLACED,
            reason=say("The connection was taken over by another program with the same session."),
        )
    if "logged out" in words:
        return PairingState(PairingStage.LOGGED_OUT, reason=say("The phone was logged out."))
    if isinstance(error, OutcomeUnknown) or error.code == "unreachable":
        return PairingState(
            PairingStage.UNREACHABLE,
            reason=say("%(reason)s Is GOWA running there?", reason=error.reason),
        )
    return PairingState(PairingStage.REFUSED, reason=error.reason)


def banned(words: str, now: datetime | None = None) -> PairingState:
    """A temporary ban: why, and when it ends. `words` are whatsmeow's, in lower case."""
    code = next((code for code in BANS if re.search(rf"\b{code}\b", words)), "")
    code = code or next((code for phrase, code in _BAN_WORDS.items() if phrase in words), "")
    until = _end(words, now or datetime.now(UTC))
    return PairingState(
        PairingStage.BANNED,
        reason=say(
            "WhatsApp has banned this number: %(why)s (%(code)s).", why=BANS[code], code=code
        )
        if code
        else say("WhatsApp has banned this number for a while."),
        until=until,
    )


def _end(words: str, now: datetime) -> datetime | None:
    found = _DURATION.search(words)
    seconds = sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(found[1])) if found else 0.0
    return now + timedelta(seconds=seconds) if 0 < seconds <= _LONGEST else None
