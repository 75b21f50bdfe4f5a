"""Telephone numbers: what people type, what WhatsApp sends, and how both are matched.

Two doors that must not be mixed. A person's input goes through `parse_phone`, which
refuses what is no number. A provider's address goes through `from_wa_id` or `read_jid`,
which never judge it and never rewrite it: a wa_id is not E.164.
"""

from core.phones.format import Style, format_phone
from core.phones.jid import Jid, read_jid
from core.phones.match import from_wa_id, match_set
from core.phones.parse import Phone, own_number, parse_phone
from core.phones.refused import PhoneRefused

__all__ = [
    "Jid",
    "Phone",
    "PhoneRefused",
    "Style",
    "format_phone",
    "from_wa_id",
    "match_set",
    "own_number",
    "parse_phone",
    "read_jid",
]
