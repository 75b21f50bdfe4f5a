"""A provider's phone address, and the other spellings of the same line.

A wa_id is what WhatsApp calls an account, not what can be dialled: many Brazilian accounts
lack the ninth digit, Mexican ones come with 521 or 52, Argentinian ones with 549 or 54.
The stored address is always the one that was sent; spellings are only for looking up.
"""

import re

from core.phones.refused import PhoneRefused

_WA_ID = re.compile(r"\+?([0-9]+)")

# (as sent, the other spelling). Only shapes that can be a mobile line: a Brazilian
# subscriber number beginning with 2 to 5 is a landline and never gains or loses a 9.
_SPELLINGS = [
    (re.compile(r"\+55([1-9]{2})9([6-9][0-9]{7})"), r"+55\1\2"),
    (re.compile(r"\+55([1-9]{2})([6-9][0-9]{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+521([2-9][0-9]{9})"), r"+52\1"),
    (re.compile(r"\+52([2-9][0-9]{9})"), r"+521\1"),
    (re.compile(r"\+549([1-3][0-9]{9})"), r"+54\1"),
    (re.compile(r"\+54([1-3][0-9]{9})"), r"+549\1"),
]


_CODES = ("+52", "+54", "+55")


def from_wa_id(digits: str) -> str:
    """The address `+5511…` of a wa_id `5511…`, valid or not, not a digit changed.

    Raises PhoneRefused for what isn't digits at all: a LID or a JID must go through
    `read_jid` first, or its digits would pass for a number.
    """
    match = _WA_ID.fullmatch(digits)
    if match is None:
        raise PhoneRefused("characters" if digits else "empty")
    return f"+{match[1]}"


def match_set(address: str) -> list[str]:
    """The addresses under which this line may be stored: itself first, then spellings.

    `address` is `+` and digits. Use a spelling only where exactly one customer has it.
    """
    if not address.startswith(_CODES):
        return [address]
    others = [rule.sub(other, address) for rule, other in _SPELLINGS if rule.fullmatch(address)]
    return [address, *others]
