"""E-mail addresses as people type them."""

from __future__ import annotations

import re

from core.errors import Refused
from core.words import say

# what a person may mean; whether it receives mail only a mail can tell
_SHAPE = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")


def checked_email(text: str) -> str:
    """`text` trimmed and in lower case; "" stays "". Refused with the field.

    RFC 5321 lets a server tell Ani@ from ani@. None does, and they would be two customers.
    """
    text = text.strip().lower()
    if not text:
        return ""
    if not _SHAPE.fullmatch(text) or len(text) > 254:
        raise Refused(
            say("This is not an e-mail address: it should read like name@example.com."), "email"
        )
    return text
