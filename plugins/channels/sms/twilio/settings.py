"""What an admin fills in to connect a Twilio number. Titles are Twilio's own screen names."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from core.api import PhoneRefused, own_number, say

DEFAULT_API_URL = "https://api.twilio.com"
TEST_NUMBER = re.compile(r"\+1500555\d{4}")  # Twilio's magic numbers, which no plan knows


def _account_sid(value: str) -> str:
    if not re.fullmatch(r"AC[0-9a-f]{32}", value):
        raise ValueError(say("An Account SID is AC and 32 letters and digits: copy it whole."))
    return value


def _service_sid(value: str) -> str:
    if value and not re.fullmatch(r"MG[0-9a-f]{32}", value):
        raise ValueError(
            say("A Messaging Service SID is MG and 32 letters and digits, or leave it empty.")
        )
    return value


def _international(value: str) -> str:
    """The own number as `+` and digits (D4)."""
    if TEST_NUMBER.fullmatch(value.replace(" ", "")):
        return value.replace(" ", "")
    try:
        return own_number(value).e164
    except PhoneRefused as refused:
        raise ValueError(refused.message) from refused


def _given(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not text:
        raise ValueError(say("This can't be empty."))
    return SecretStr(text)


def _http_url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError(say("Enter an address that starts with https://."))
    return value.rstrip("/")


class TwilioSettings(BaseModel):
    """One number of one account. The token is sealed and never shown again."""

    own_number: Annotated[str, AfterValidator(_international)] = Field(
        title=say("Own number"),
        description=say("The Twilio number with its country prefix: Phone Numbers > Manage."),
    )
    account_sid: Annotated[str, AfterValidator(_account_sid)] = Field(
        title=say("Account SID"), description=say("On the first page of Twilio's console.")
    )
    auth_token: Annotated[SecretStr, AfterValidator(_given)] = Field(
        title=say("Auth Token"),
        description=say("Below it. It also proves that a webhook comes from Twilio."),
    )
    messaging_service_sid: Annotated[str, AfterValidator(_service_sid)] = Field(
        default="",
        title=say("Messaging Service SID"),
        description=say(
            "Only where messages go out through a Messaging Service. Else leave empty."
        ),
    )
    api_url: Annotated[str, AfterValidator(_http_url)] = Field(
        default=DEFAULT_API_URL,
        title=say("API address"),
        description=say("Leave as it is, unless a simulator or a proxy stands in for Twilio."),
    )
