"""What an admin fills in to connect a bot."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from core.api import say

DEFAULT_API_URL = "https://api.telegram.org"

TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,80}")
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
"""What Telegram takes as `secret_token`; shorter ones it would take, too."""


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not TOKEN.fullmatch(text):
        raise ValueError(
            say("A bot token looks like 123456789:AAE…: copy it whole from @BotFather.")
        )
    return SecretStr(text)


def _unguessable(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not SECRET.fullmatch(text):
        raise ValueError(say("Use 16 to 256 of A-Z, a-z, 0-9, _ and -, or leave it empty."))
    return SecretStr(text)


def _new_secret() -> SecretStr:
    return SecretStr(secrets.token_urlsafe(32))


def _http_url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError(say("Enter an address that starts with https://."))
    return value.rstrip("/")


class TelegramSettings(BaseModel):
    """One bot. Secrets are sealed and never shown again."""

    bot_token: Annotated[SecretStr, AfterValidator(_token)] = Field(
        title=say("Bot token"),
        description=say("@BotFather gives it: /newbot, or /mybots > your bot > API Token."),
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(_unguessable)] = Field(
        default_factory=_new_secret,
        title=say("Webhook secret"),
        description=say("Leave empty: one is made and handed to Telegram."),
    )
    api_url: Annotated[str, AfterValidator(_http_url)] = Field(
        default=DEFAULT_API_URL,
        title=say("Bot API address"),
        description=say("Leave as it is, unless you run a Bot API server of your own."),
    )
