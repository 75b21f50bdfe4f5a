"""The quick way to read a number, for the shapes that need no judgement.

Compiled from phonenumbers' own metadata, one regular expression per calling code and
length, for calling codes that serve a single region. It answers with what phonenumbers
would answer or with None, "can't tell"; it never refuses. Everything that phonenumbers
would have to think about (a carrier prefix, a leading zero kept, a shared calling code, a
foreign number without its +) falls back. `make prove` compares two million numbers.
"""

import re
from collections.abc import Callable
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

# Dropped from what people type: only what `parse` drops without a second look. Not the
# full stop, which in threes hides digits.
_SEPARATORS = str.maketrans("", "", " -()")
_LONGEST_TEXT = 40

# Types that reach a person, then those that don't. The second list wins, as it does in
# phonenumbers, except over VoIP and personal numbers: those then fall back.
_PERSONAL = ("mobile", "fixed_line", "voip", "personal_number")
_SERVICE = ("premium_rate", "toll_free", "shared_cost", "pager", "uan", "voicemail")

_REGION_OF = {
    str(code): regions[0]
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
    if len(regions) == 1 and regions[0] != "001"
}
_CODE_OF = {region: code for code, region in _REGION_OF.items()}

Match = Callable[[str], object]


def read(text: str, region: str) -> str | None:
    """E.164 (`+6282112345678`) of a text typed in `region`, or None for "can't tell"."""
    if not text.isdecimal():
        if len(text) > _LONGEST_TEXT:
            return None
        text = text.translate(_SEPARATORS)
    if not text.isascii():
        return None
    if text[:1] == "+":
        return _international(text[1:])
    if not text.isdecimal():
        return None
    if text[:2] == "00":
        return _international(text[2:])
    code = _CODE_OF.get(region)
    if code is None:
        return None
    if text.startswith(code):
        return _international(text)
    if text[0] == "0":
        if not _drops_zero(code):
            return None
        text = text[1:]
    match = _subscriber(code).get(len(text))
    return f"+{code}{text}" if match is not None and match(text) else None


def _international(digits: str) -> str | None:
    if not digits.isdecimal():
        return None
    code = digits[:2]
    if code not in _REGION_OF:
        code = digits[:3]
        if code not in _REGION_OF:
            return None
    subscriber = digits[len(code) :]
    match = _subscriber(code).get(len(subscriber))
    return f"+{digits}" if match is not None and match(subscriber) else None


@cache
def _drops_zero(code: str) -> bool:
    """Is a leading 0 (not 00) this country's trunk prefix, and nothing else?"""
    metadata = _metadata(code)
    abroad = metadata.international_prefix or ""
    return (
        # No dialling abroad that begins with a single 0, as Japan's 010 does.
        abroad.startswith("00")
        and "|" not in abroad
        and metadata.national_prefix == "0"
        and metadata.national_prefix_for_parsing == "0"
        and metadata.national_prefix_transform_rule is None
    )


@cache
def _subscriber(code: str) -> dict[int, Match]:
    """By length: matches a subscriber number that stands as it is and reaches a person."""
    metadata = _metadata(code)
    general = metadata.general_desc
    if general is None or not general.national_number_pattern:
        return {}
    # What phonenumbers might strip first: a trunk, carrier or international prefix.
    prefixes = ("0", metadata.national_prefix_for_parsing, metadata.international_prefix)
    stop = "".join(f"(?!{prefix})" for prefix in prefixes if prefix)
    matches: dict[int, Match] = {}
    for length in general.possible_length:
        personal = _patterns(metadata, _PERSONAL, length)
        if not personal:
            continue
        service = "".join(rf"(?!(?:{p})\Z)" for p in _patterns(metadata, _SERVICE, length))
        rule = (
            rf"{stop}{service}(?=(?:{general.national_number_pattern})\Z)(?:{'|'.join(personal)})\Z"
        )
        matches[length] = re.compile(rule).match
    return matches


def _metadata(code: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(_REGION_OF[code])
    if metadata is None:  # phonenumbers lists the region and has no data for it
        raise LookupError(code)
    return metadata


def _patterns(metadata: PhoneMetadata, kinds: tuple[str, ...], length: int) -> list[str]:
    """The patterns of these kinds of number, as far as they may have this length."""
    patterns = []
    for kind in kinds:
        description: PhoneNumberDesc | None = getattr(metadata, kind)
        if description is None or not description.national_number_pattern:
            continue
        # An empty list of lengths means: those of the general description.
        if not description.possible_length or length in description.possible_length:
            patterns.append(f"(?:{description.national_number_pattern})")
    return patterns


def regions() -> list[str]:
    """The regions that have a quick way, sorted: the proof walks them."""
    return sorted(_CODE_OF)


def calling_code(region: str) -> str | None:
    """`62` for ID; None where the calling code is shared between regions."""
    return _CODE_OF.get(region)
