"""Fields of the forms that connect an account at Meta, that may be left empty."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from core.words import say


def _digits(value: str) -> str:
    value = value.strip()
    if value and not (value.isascii() and value.isdigit() and len(value) <= 24):
        raise ValueError(say("Copy the ID: it has digits only."))
    return value


def _web_address(value: str) -> str:
    value = value.strip()
    if value and not value.startswith(("https://", "http://")):
        raise ValueError(say("Enter a URL that starts with https://."))
    return value.rstrip("/")


OptionalDigits = Annotated[str, AfterValidator(_digits)]
OptionalUrl = Annotated[str, AfterValidator(_web_address)]
