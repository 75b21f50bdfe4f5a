"""What a person fills in to pair a phone, and where its gateway is."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from core.api import PhoneRefused, own_number, say

DEFAULT_SECRETS = frozenset({"secret"})
"""What GOWA signs with unless it is told otherwise: everybody knows it."""

MIN_SECRET = 16


def _international(value: str) -> str:
    """The own number as `+` and digits (D4): the phone that scans must be this one."""
    try:
        return own_number(value).e164
    except PhoneRefused as refused:
        raise ValueError(refused.message) from refused


def _http_url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError(say("Enter an address that starts with http:// or https://."))
    return value.rstrip("/")


def _unguessable(value: SecretStr) -> SecretStr:
    """GOWA's own default would let anybody write messages into the inbox."""
    text = value.get_secret_value().strip()
    if text in DEFAULT_SECRETS:
        raise ValueError(say("“secret” is GOWA's default, which everybody knows. Choose another."))
    if len(text) < MIN_SECRET:
        raise ValueError(
            say("Use at least %(min_secret)s characters, or leave it empty.", min_secret=MIN_SECRET)
        )
    return SecretStr(text)


def _new_secret() -> SecretStr:
    return SecretStr(secrets.token_urlsafe(32))


def _header_safe(value: str) -> str:
    if ":" in value or not value.isprintable():
        raise ValueError(say("A user name has no colon and no control characters."))
    return value


class QrSettings(BaseModel):
    """One phone at one gateway. Secrets are sealed and never shown again."""

    own_number: Annotated[str, AfterValidator(_international)] = Field(
        title=say("Own number"),
        description=say(
            "The number of the phone that will scan, with its country prefix: +62 812 …"
        ),
    )
    gateway_url: Annotated[str, AfterValidator(_http_url)] = Field(
        default="http://127.0.0.1:3000",
        title=say("Gateway address"),
        description=say("Where GOWA listens."),
    )
    gateway_user: Annotated[str, AfterValidator(_header_safe)] = Field(
        default="",
        title=say("Gateway user"),
        description=say("The name in GOWA's --basic-auth=name:password."),
    )
    gateway_password: SecretStr | None = Field(
        default=None, title=say("Gateway password"), description=say("The password beside it.")
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(_unguessable)] = Field(
        default_factory=_new_secret,
        title=say("Webhook secret"),
        description=say("Leave empty: one is made and handed to GOWA when the phone is paired."),
    )
