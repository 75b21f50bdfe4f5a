"""A stored number as a person or a provider wants to see it."""

from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

Style = Literal["plain", "plus", "international"]


def format_phone(e164: str, style: Style = "plus") -> str:
    """`+6282112345678` as `6282112345678` (plain), with its + (plus) or spaced for reading.

    Takes any stored address, also one that phonenumbers calls invalid, and never changes
    a digit: what can't be spaced is shown with its +. ValueError for an unknown style.
    """
    digits = e164.removeprefix("+")
    if style == "plain":
        return digits
    if style == "plus":
        return f"+{digits}"
    if style != "international":
        raise ValueError(f"Unknown number style {style!r}.")
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except NumberParseException:
        return f"+{digits}"
    spaced = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    # Parsing may drop a trunk digit that the provider did send: then show what is stored.
    return spaced if "".join(filter(str.isdigit, spaced)) == digits else f"+{digits}"
