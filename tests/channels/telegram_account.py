"""The bot that these tests connect."""

from __future__ import annotations

import uuid
from typing import Any

from core.adapter import Account
from core.testing.providers.telegram import TOKEN

SECRET = "a-webhook-secret-of-its-own"


def bot_account(base_url: str = "http://127.0.0.1:9", **changes: Any) -> Account:
    """An account whose Bot API listens at `base_url`."""
    values: dict[str, Any] = {
        "channel_id": 1,
        "uuid": uuid.UUID("0190f5a2-0000-7000-8000-000000000003"),
        "kind": "telegram",
        "own_address": "",
        "region": "ID",
        "settings": {"api_url": base_url},
        "secrets": {"bot_token": TOKEN, "webhook_secret": SECRET},
    }
    return Account(**values | changes)
