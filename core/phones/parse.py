"""What a person typed, as a number that can be stored: E.164, or a refusal that helps.

phonenumbers judges digits; this file judges everything around them, because phonenumbers
reads generously: it takes `6282114****32` for a valid, shorter number, drops extensions
and turns letters into digits.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from core.phones import fast
from core.phones.refused import PhoneRefused, Reason

# Lines that sell something, switch something or answer by machine.
_SERVICE_TYPES = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}
_LONGEST_TEXT = 200  # no number needs more; keeps the regular expressions below harmless

_BETWEEN_NUMBERS = re.compile(r"[,;/|&\n\r]|\s+(?:or|and|atau|dan|sau|și)\s+", re.IGNORECASE)
_EXTENSION = re.compile(
    r"\d[\s,;]*(?:ext?n?[.:=]?|extension[.:]?|\sx|\s#)\s*\d{1,7}\s*$", re.IGNORECASE
)
# What exported lists put in the place of digits that they hide.
_MASK = re.compile(
    r"[*_?xX#\N{BULLET}\N{BLACK CIRCLE}\N{WHITE CIRCLE}\N{LARGE CIRCLE}\N{BULLET OPERATOR}"
    r"\N{MIDDLE DOT}\N{DOT OPERATOR}\N{WHITE BULLET}\N{BLACK SQUARE}\N{WHITE SQUARE}"
    r"\N{BLACK SMALL SQUARE}\N{FULL BLOCK}\N{LIGHT SHADE}\N{MEDIUM SHADE}\N{DARK SHADE}"
    r"\N{FULLWIDTH ASTERISK}\N{MULTIPLICATION SIGN}\N{HORIZONTAL ELLIPSIS}]|\.{3}"
)
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_DROPPED = re.compile(r"[\s\-.()/\[\]~]")
_DIGITS = re.compile(r"\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class Phone:
    """A valid number. `e164` is `+` and up to 15 digits: `+6282112345678`."""

    e164: str

    def __str__(self) -> str:
        return self.e164


def parse_phone(text: str, region: str) -> Phone:
    """Read one number as typed in `region` (ISO 3166, `ID`); raise PhoneRefused.

    Takes `0821…`, `821…`, `62821…`, `+62 821…` and `0062821…` with the usual punctuation.
    Digits without + that begin with the region's own calling code are international, so
    both of our styles can be typed back (phonenumbers reads the German mobile 4915128…
    as +49 4915128…). Digits that are no number in the region are tried
    as a foreign number whose + was lost. With an unknown region only international forms
    are understood. Service numbers (short, toll-free, premium) are refused.
    """
    quick = fast.read(text, region)
    return Phone(quick if quick is not None else _read(text, region))


def own_number(text: str) -> Phone:
    """Read the user's own number, which needs its country prefix: `+40 721…`, `0040721…`.

    Raises PhoneRefused with reason `prefix` where there is none, because the region of a
    tenant says nothing about the phone in a colleague's hand.
    """
    digits = _digits(text)
    if not digits.startswith(("+", "00")):
        raise PhoneRefused("prefix")
    return parse_phone(digits, "")


def _read(text: str, region: str) -> str:
    """The slow, complete way. `fast.read` gives the same answer or none."""
    digits = _digits(text)
    region = region.upper()
    for written, home in _readings(digits, region):
        try:
            number = phonenumbers.parse(written, home)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            if phonenumbers.number_type(number) in _SERVICE_TYPES:
                raise PhoneRefused("service")
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    raise PhoneRefused(_failure(digits, region))


def _readings(digits: str, region: str) -> Iterator[tuple[str, str | None]]:
    """The ways to read these digits, best first, as (number, region) for phonenumbers."""
    home = region if region in phonenumbers.SUPPORTED_REGIONS else None
    if digits.startswith("+"):
        yield digits, None
        return
    if digits.startswith("00"):
        # Written so everywhere, although Indonesia dials 001 or 008.
        yield f"+{digits[2:]}", None
    elif home is None or digits.startswith(str(phonenumbers.country_code_for_region(home))):
        yield f"+{digits}", None
    if home is not None:
        yield digits, home
        if not digits.startswith("0"):
            yield f"+{digits}", None


def _digits(text: str) -> str:
    """`+` and digits, or digits, of a text that holds one number; else PhoneRefused."""
    if len(text) > _LONGEST_TEXT:
        raise PhoneRefused("long")
    text = _plain(text)
    if not text:
        raise PhoneRefused("empty")
    if _is_several(text):
        raise PhoneRefused("several")
    if _EXTENSION.search(text):
        raise PhoneRefused("extension")
    if not any(character.isdigit() for character in text):
        raise PhoneRefused("letters" if _LETTER_RUN.search(text) else "characters")
    if any(run.strip("xX") for run in _LETTER_RUN.findall(text)):
        raise PhoneRefused("letters")
    if _MASK.search(text):
        raise PhoneRefused("masked")
    digits = _DROPPED.sub("", text)
    if not _DIGITS.fullmatch(digits):
        raise PhoneRefused("characters")
    return digits


def _plain(text: str) -> str:
    """ASCII digits and punctuation; WhatsApp wraps a copied number in invisible marks."""
    characters = []
    for character in text:
        category = unicodedata.category(character)
        if category == "Cf":
            continue
        if category == "Nd":
            character = str(unicodedata.decimal(character))
        elif category == "Pd" or character == "\N{MINUS SIGN}":
            character = "-"
        elif character == "\N{FULLWIDTH PLUS SIGN}":
            character = "+"
        characters.append(character)
    return "".join(characters).strip()


def _is_several(text: str) -> bool:
    """Two parts of six digits or more, however they are joined; or two that begin with +."""
    parts = [part for chunk in _BETWEEN_NUMBERS.split(text) for part in re.split(r"(?=\+)", chunk)]
    return sum(len(re.sub(r"\D", "", part)) >= 6 for part in parts) > 1


def _failure(digits: str, region: str) -> Reason:
    """Why no reading of these digits is a number."""
    count = len(digits.lstrip("+0"))
    if count > 15:
        return "long"
    if count <= 6 and _is_short_code(digits, region):
        return "service"
    for written, home in _readings(digits, region):
        try:
            number = phonenumbers.parse(written, home)
        except NumberParseException as error:
            if error.error_type == NumberParseException.TOO_LONG:
                return "long"
            continue
        verdict = phonenumbers.is_possible_number_with_reason(number)
        if verdict == phonenumbers.ValidationResult.TOO_LONG:
            return "long"
        if verdict in (
            phonenumbers.ValidationResult.TOO_SHORT,
            phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
        ):
            return "short"
        return "invalid"
    return "short" if count < 7 else "invalid"


def _is_short_code(digits: str, region: str) -> bool:
    """112, 14045 and the like."""
    if region not in phonenumbers.SUPPORTED_REGIONS or digits.startswith("+"):
        return False
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException:
        return False
    return phonenumbers.is_valid_short_number_for_region(number, region)
