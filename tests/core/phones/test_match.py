import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phones import PhoneRefused, from_wa_id, match_set

ADDRESSES = st.one_of(
    st.from_regex(r"\+[1-9][0-9]{4,14}", fullmatch=True),
    st.from_regex(r"\+55[1-9]{2}9?[0-9]{8}", fullmatch=True),
    st.from_regex(r"\+521?[0-9]{10}", fullmatch=True),
    st.from_regex(r"\+549?[0-9]{10}", fullmatch=True),
)


@pytest.mark.parametrize("wa_id", ["551187654321", "5215512345678", "6282112345678", "123"])
def test_a_wa_id_is_never_judged_nor_rewritten(wa_id: str) -> None:
    assert from_wa_id(wa_id) == f"+{wa_id}"
    assert from_wa_id(f"+{wa_id}") == f"+{wa_id}"


@pytest.mark.parametrize("text", ["", "+", "628@lid", "628@s.whatsapp.net", "62 8", "٦٢٨", "628\n"])
def test_what_is_no_digits_is_no_wa_id(text: str) -> None:
    with pytest.raises(PhoneRefused):
        from_wa_id(text)


@pytest.mark.parametrize(
    ("address", "others"),
    [
        ("+5511987654321", ["+551187654321"]),
        ("+551187654321", ["+5511987654321"]),
        ("+554133334444", []),  # a landline never gains a 9
        ("+5541933334444", []),  # nor does dropping one lead to a landline
        ("+5215512345678", ["+525512345678"]),
        ("+525512345678", ["+5215512345678"]),
        ("+5491123456789", ["+541123456789"]),
        ("+541123456789", ["+5491123456789"]),
        ("+548001234567", []),  # toll-free
        ("+6282112345678", []),
        ("+40721234567", []),
    ],
)
def test_the_spellings_of_one_line(address: str, others: list[str]) -> None:
    assert match_set(address) == [address, *others]


@given(ADDRESSES)
def test_exact_comes_first_and_spellings_are_mutual(address: str) -> None:
    spellings = match_set(address)
    assert spellings[0] == address
    assert len(set(spellings)) == len(spellings) <= 2
    for other in spellings:
        assert set(match_set(other)) == set(spellings)


@given(st.from_regex(r"\+55[1-9]{2}[2-5][0-9]{7}", fullmatch=True))
def test_no_brazilian_landline_is_ever_a_mobile(address: str) -> None:
    number = phonenumbers.parse(address)
    kind = phonenumbers.number_type(number)
    assert kind != phonenumbers.PhoneNumberType.MOBILE
    assert match_set(address) == [address]
