"""How a fetched mail waits in the raw inbox: a line that says where it lay, then the mail."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from core.api import MalformedBody, say

MOST_HEAD = 4096


@dataclass(frozen=True)
class Envelope:
    """Where a mail lay. `is_cut`: it is too large, and only its beginning was fetched.

    Without a uid it brings news of the mailbox itself: `trouble` with it, or none any more. With
    `is_down` nothing passes, or (without trouble) passes again.
    """

    folder: str = "INBOX"
    uid_validity: int = 0
    uid: int = 0
    size: int = 0
    is_cut: bool = False
    is_sent: bool = False
    trouble: str = ""
    is_down: bool = False


def pack(envelope: Envelope, mail: bytes) -> bytes:
    """One body for the raw inbox."""
    return json.dumps(asdict(envelope)).encode() + b"\n" + mail


def unpack(body: bytes) -> tuple[Envelope, bytes]:
    """The reverse. Raises MalformedBody."""
    head, newline, mail = body.partition(b"\n")
    try:
        if not newline or len(head) > MOST_HEAD:
            raise ValueError
        values = json.loads(head)
        if not isinstance(values, dict) or not isinstance(values.get("uid"), int):
            raise ValueError
        return Envelope(**values), mail
    except (ValueError, TypeError, RecursionError):
        raise MalformedBody(say("This is no mail as Sapa keeps it.")) from None
