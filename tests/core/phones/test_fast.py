"""The quick way may only ever agree with the complete one."""

import random
import re

import phonenumbers
import pytest

from core.phones import PhoneRefused, fast, parse

SHAPES = ("+{code}{nsn}", "{code}{nsn}", "00{code}{nsn}", "0{nsn}", "{nsn}", "+{code} 0{nsn}")
EVERY_REGION = sorted(phonenumbers.SUPPORTED_REGIONS)


def complete(text: str, region: str) -> str | None:
    try:
        return parse._read(text, region)
    except PhoneRefused:
        return None


def generated(chance: random.Random, region: str) -> tuple[str, str]:
    """A text about as a person in `region` writes, near a real number: (text, region)."""
    kinds = list(range(11))
    number = phonenumbers.example_number_for_type(region, chance.choice(kinds))
    number = number or phonenumbers.example_number(region)
    assert number is not None
    digits = list(phonenumbers.national_significant_number(number))
    for at in range(chance.randrange(len(digits) + 1), len(digits)):
        digits[at] = chance.choice("0123456789")
    if chance.random() < 0.1:
        digits[0] = chance.choice("0123456789")
    if chance.random() < 0.1:
        digits = digits[: chance.randrange(1, len(digits) + 1)] + ["7"] * chance.randrange(4)
    text = chance.choice(SHAPES).format(code=number.country_code, nsn="".join(digits))
    if chance.random() < 0.2:
        text = re.sub(r"(\d{3})(?=\d)", rf"\1{chance.choice(' -()')}", text)
    home = region if chance.random() < 0.7 else chance.choice(EVERY_REGION)
    return text, home


def disagreements(count: int, seed: int) -> tuple[list[tuple[str, str]], int]:
    """The texts on which the two ways differ, and how many the quick way answered."""
    chance = random.Random(seed)
    wrong, answered = [], 0
    for _ in range(count):
        text, region = generated(chance, chance.choice(EVERY_REGION))
        quick = fast.read(text, region)
        if quick is None:
            continue
        answered += 1
        if quick != complete(text, region):
            wrong.append((text, region))
    return wrong, answered


def fuzzed(count: int, seed: int) -> list[tuple[str, str]]:
    chance = random.Random(seed)
    wrong = []
    for _ in range(count):
        length = chance.randrange(1, 20)
        text = "".join(chance.choices("0123456789+-. ()x*٣/", [9] * 10 + [1] * 10, k=length))
        region = chance.choice(EVERY_REGION)
        if chance.random() < 0.5:
            text = chance.choice(["+", "0", "00", ""]) + text
        quick = fast.read(text, region)
        if quick is not None and quick != complete(text, region):
            wrong.append((text, region))
    return wrong


def test_quick_and_complete_agree() -> None:
    wrong, answered = disagreements(12_000, seed=20)
    assert wrong == []
    assert answered > 3_000  # it must also be of use
    assert fuzzed(6_000, seed=21) == []


@pytest.mark.prove
def test_quick_and_complete_agree_on_two_million_numbers() -> None:
    wrong, answered = disagreements(2_000_000, seed=2_000_000)
    assert wrong == []
    assert answered > 600_000
    assert fuzzed(850_000, seed=850_000) == []


def test_common_numbers_take_the_quick_way() -> None:
    for text, region in [
        ("082112345678", "ID"),
        ("6282112345678", "ID"),
        ("+62 821-1234-5678", "RO"),
        ("006282112345678", "ID"),
        ("0721 234 567", "RO"),
    ]:
        assert fast.read(text, region) == complete(text, region) is not None


@pytest.mark.parametrize("text", ["+15551234567", "+4477009001234", "40721234567", "0821...5678"])
def test_what_needs_judgement_falls_back(text: str) -> None:
    assert fast.read(text, "ID") is None
