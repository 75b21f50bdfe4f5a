import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phones import Phone, PhoneRefused, format_phone, own_number, parse_phone

INDONESIAN = "+6282112345678"


@pytest.mark.parametrize(
    "text",
    [
        "082112345678",
        "82112345678",
        "6282112345678",
        "+6282112345678",
        "006282112345678",
        "+62 821-1234-5678",
        "+62 (0) 821 1234 5678",
        "(0821) 1234.5678",
        "0821/1234/5678",
        "\u202a+62\u00a0821\u20111234\u20115678\u202c",
        "＋６２ 821 1234 5678",  # noqa: RUF001 full-width, as Asian keyboards type it
        "٠٨٢١١٢٣٤٥٦٧٨",
    ],
)
def test_B2_every_way_to_write_an_indonesian_number(text: str) -> None:
    assert parse_phone(text, "ID") == Phone(INDONESIAN)


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("0721 234 567", "RO", "+40721234567"),
        ("0721.234.567", "RO", "+40721234567"),
        ("0040721234567", "RO", "+40721234567"),
        ("40721234567", "RO", "+40721234567"),
        ("40721234567", "ID", "+40721234567"),  # foreign, its + lost
        ("6282112345678", "RO", INDONESIAN),
        ("4915128318300", "DE", "+4915128318300"),  # phonenumbers: +494915128318300
        ("(650) 253-0000", "US", "+16502530000"),
        ("0011 62 821 1234 5678", "AU", INDONESIAN),
        ("011 15 2345 6789", "AR", "+5491123456789"),
        ("06 12345678", "IT", "+390612345678"),
        ("+6282112345678", "ZZ", INDONESIAN),
        ("6282112345678", "", INDONESIAN),
        ("0821 1234 5678", "id", INDONESIAN),
    ],
)
def test_B2_the_region_is_the_tenants_or_the_channels(text: str, region: str, e164: str) -> None:
    assert parse_phone(text, region).e164 == e164


@pytest.mark.parametrize(
    "text",
    [
        "6282114****32",
        "6282114xxxx32",
        "62821 14XX XX32",
        "0821••••5678",
        "0821####5678",
        "+62 821-····-5678",
        "0821…5678",
        "0821...5678",
        "0821____5678",
        "0821-1234-56×8",  # noqa: RUF001 a multiplication sign, on purpose
        "*6282112345678*",
    ],
)
def test_B2_masked_number_is_refused(text: str) -> None:
    with pytest.raises(PhoneRefused) as refused:
        parse_phone(text, "ID")
    assert refused.value.reason == "masked"
    assert "hidden" in refused.value.message
    assert refused.value.field == "phone"


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("", "ID", "empty"),
        (" \u200e ", "ID", "empty"),
        ("+", "ID", "characters"),
        ("no phone", "ID", "letters"),
        ("1-800-FLOWERS", "US", "letters"),
        ("WA 082112345678", "ID", "letters"),
        ("082112345678, 082187654321", "ID", "several"),
        ("082112345678/082187654321", "ID", "several"),
        ("082112345678 atau 082187654321", "ID", "several"),
        ("+6282112345678+6282187654321", "ID", "several"),
        ("082112345678 082187654321", "ID", "long"),
        ("021 3456789 ext. 12", "ID", "extension"),
        ("021 3456789 x12", "ID", "extension"),
        ("021 3456789 #12", "ID", "extension"),
        ("0821", "ID", "short"),
        ("+62 821", "ID", "short"),
        ("1234567", "", "short"),
        ("112", "ID", "service"),
        ("0800 1234567", "ID", "service"),
        ("0900 1 123456", "DE", "service"),
        ("0821+12345678", "ID", "characters"),
        ("082112345678=", "ID", "characters"),
        ("+62 100 1234 5678", "ID", "invalid"),
        ("+999 123 456 789", "ID", "invalid"),
        ("0" * 300, "ID", "long"),
        ("0821123456789012345", "ID", "long"),
    ],
)
def test_B2_what_is_no_number_is_refused_with_the_reason(
    text: str, region: str, reason: str
) -> None:
    with pytest.raises(PhoneRefused) as refused:
        parse_phone(text, region)
    assert refused.value.reason == reason
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("text", ["+40 721 234 567", "0040721234567", "(+40) 721 234 567"])
def test_D4_own_number_with_its_country_prefix(text: str) -> None:
    assert own_number(text).e164 == "+40721234567"


@pytest.mark.parametrize("text", ["0721234567", "721234567", "40721234567"])
def test_D4_own_number_needs_its_country_prefix(text: str) -> None:
    with pytest.raises(PhoneRefused, match=r"country prefix.*\+40") as refused:
        own_number(text)
    assert refused.value.reason == "prefix"


def test_D4_own_number_must_be_a_number() -> None:
    with pytest.raises(PhoneRefused) as refused:
        own_number("+40 721")
    assert refused.value.reason == "short"


@given(
    st.text() | st.text("0123456789+-x*#. ()/", max_size=30),
    st.sampled_from(["ID", "RO", "US", "BR", "IT", "", "ZZ", "i"]) | st.text(max_size=3),
)
def test_refuses_in_one_way_or_answers_e164(text: str, region: str) -> None:
    for read in (lambda: parse_phone(text, region), lambda: own_number(text)):
        try:
            phone = read()
        except PhoneRefused:
            continue
        assert phone.e164[0] == "+"
        assert phone.e164[1:].isdecimal()
        assert len(phone.e164) <= 16


def examples() -> list[tuple[str, str]]:
    """A mobile number of every region that has one: (region, E.164)."""
    found = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if number is not None:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            found.append((region, e164))
    return found


def test_a_mobile_number_of_every_region_round_trips_in_every_style() -> None:
    numbers = examples()
    assert len(numbers) > 200
    for region, e164 in numbers:
        number = phonenumbers.parse(e164)
        national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        for text in (
            format_phone(e164, "plain"),
            format_phone(e164, "plus"),
            format_phone(e164, "international"),
            national,
        ):
            assert parse_phone(text, region).e164 == e164, (region, text)


@given(
    st.sampled_from(examples()),
    st.text("0123456789", min_size=4, max_size=4),
    st.sampled_from(["plain", "plus", "international"]),
)
def test_parsing_is_idempotent(example: tuple[str, str], tail: str, style: str) -> None:
    region, e164 = example
    try:
        phone = parse_phone(e164[:-4] + tail, region)
    except PhoneRefused:
        return
    assert parse_phone(phone.e164, region) == phone
    assert parse_phone(phone.e164, "") == phone
    assert parse_phone(format_phone(phone.e164, style), region) == phone  # type: ignore[arg-type]
