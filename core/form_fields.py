"""Fields that the settings forms of many channels have, with what they refuse."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, SecretStr

from core.words import say


def _given(value: SecretStr) -> SecretStr:
    """An empty secret would make every signature check fail, or worse, pass."""
    text = value.get_secret_value().strip()
    if not text:
        raise ValueError(say("This can't be empty."))
    return SecretStr(text)


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError(say("Enter a URL that starts with https://."))
    return value.rstrip("/")


def _digits(value: str) -> str:
    """A provider's id: a name or a phone number pasted here would fail only when sending."""
    value = value.strip()
    if not (value.isascii() and value.isdigit() and len(value) <= 24):
        raise ValueError(say("Copy the ID: it has digits only."))
    return value


GivenSecret = Annotated[SecretStr, AfterValidator(_given)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Digits = Annotated[str, AfterValidator(_digits)]
