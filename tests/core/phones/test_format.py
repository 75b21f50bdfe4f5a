import pytest

from core.phones import format_phone


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("plain", "6282112345678"),
        ("plus", "+6282112345678"),
        ("international", "+62 821-1234-5678"),
    ],
)
def test_B2_shown_in_the_tenants_style(style: str, text: str) -> None:
    assert format_phone("+6282112345678", style) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["+551187654321", "+5215512345678", "+999123", "+620821123456"])
def test_an_address_that_phonenumbers_calls_invalid_keeps_its_digits(address: str) -> None:
    shown = format_phone(address, "international")
    assert "+" + "".join(filter(str.isdigit, shown)) == address


def test_an_unknown_style_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="style"):
        format_phone("+6282112345678", "shouting")  # type: ignore[arg-type]
