"""Careful readers of Meta's own types; the general ones are the core's.

Limits guard the store: a provider id or a name longer than any real one is no id or name.
"""

from __future__ import annotations

import re

from core.api import Address, IdentityKind, careful

MAX_NAME = careful.MAX_NAME
MAX_TEXT = careful.MAX_TEXT

Unreadable = careful.Unreadable
keepable = careful.keepable
mapping = careful.mapping
optional_mapping = careful.optional_mapping
optional_string = careful.optional_string
refuse_unstorable = careful.refuse_unstorable
sequence = careful.sequence
string = careful.string
moment = careful.unix_moment

# A country code, a dot and up to 128 alphanumerics; a parent BSUID has ENT in between.
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def address(value: str) -> Address:
    """A wa_id (digits, not E.164: never rewritten) or a BSUID."""
    if BSUID.fullmatch(value):
        return Address(IdentityKind.BSUID, value)
    digits = value.removeprefix("+")
    if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20:
        return Address(IdentityKind.PHONE, "+" + digits)
    raise Unreadable(f"{value[:40]!r} is neither a phone number nor a WhatsApp user ID.")
