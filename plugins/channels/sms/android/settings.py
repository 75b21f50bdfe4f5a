"""What an admin fills in to connect a phone. Titles are the app's own screen names."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from core.api import PhoneRefused, own_number, say

CLOUD_URL = "https://api.sms-gate.app/3rdparty/v1"
SIMS = ("1", "2", "3")


def _international(value: str) -> str:
    """The own number as `+` and digits (D4)."""
    try:
        return own_number(value).e164
    except PhoneRefused as refused:
        raise ValueError(refused.message) from refused


def _http_url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError(say("Enter an address that starts with http:// or https://."))
    return value.rstrip("/")


def _given(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not text:
        raise ValueError(say("This can't be empty."))
    return SecretStr(text)


def _header_safe(value: str) -> str:
    if not value or ":" in value or not value.isprintable():
        raise ValueError(say("A user name has no colon and no control characters."))
    return value


def _sim(value: str) -> str:
    if value and value not in SIMS:
        raise ValueError(say("Enter 1, 2 or 3, or leave it empty."))
    return value


Secret = Annotated[SecretStr, AfterValidator(_given)]


class AndroidSettings(BaseModel):
    """One phone. Secrets are sealed and never shown again."""

    own_number: Annotated[str, AfterValidator(_international)] = Field(
        title=say("Own number"),
        description=say("The number of the phone's SIM, with its country prefix: +62 812 …"),
    )
    username: Annotated[str, AfterValidator(_header_safe)] = Field(
        title=say("Username"), description=say("On the app's Home tab.")
    )
    password: Secret = Field(title=say("Password"), description=say("Below it."))
    signing_key: Secret = Field(
        title=say("Signing key"),
        description=say(
            "Settings > Webhooks > Signing Key. It proves that a message comes from your phone."
        ),
    )
    api_url: Annotated[str, AfterValidator(_http_url)] = Field(
        default=CLOUD_URL,
        title=say("Server address"),
        description=say(
            "Leave as it is for the Cloud server. Your own server: https://…/3rdparty/v1; the "
            "phone itself in your network: http://192.168.…:8080."
        ),
    )
    device_id: str = Field(
        default="",
        max_length=64,
        title=say("Device ID"),
        description=say("Only where several phones share the username. Else leave empty."),
    )
    sim_number: Annotated[str, AfterValidator(_sim)] = Field(
        default="",
        title=say("SIM"),
        description=say("1 or 2, where the phone has two and only one is for customers."),
    )
