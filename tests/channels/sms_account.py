"""The SMS accounts that these tests connect."""

from __future__ import annotations

import uuid
from typing import Any

from core.adapter import Account
from core.testing.providers.twilio import ACCOUNT_SID, OWN, TOKEN

UUID = uuid.UUID("0190f5a2-0000-7000-8000-000000000001")


def twilio_account(base_url: str = "http://127.0.0.1:9", **changes: Any) -> Account:
    """A number whose Twilio listens at `base_url`."""
    values: dict[str, Any] = {
        "channel_id": 1,
        "uuid": UUID,
        "kind": "sms_twilio",
        "own_address": OWN,
        "region": "ID",
        "settings": {"api_url": base_url, "account_sid": ACCOUNT_SID},
        "secrets": {"auth_token": TOKEN},
        "webhook_url": f"https://sapa.example/webhooks/{UUID}",
    }
    return Account(**values | changes)


def phone_account(api_url: str = "http://127.0.0.1:9", **changes: Any) -> Account:
    """A phone whose gateway listens at `api_url`."""
    values: dict[str, Any] = {
        "channel_id": 1,
        "uuid": UUID,
        "kind": "sms_android",
        "own_address": "+6281100000001",
        "region": "ID",
        "settings": {"api_url": api_url, "username": "USER01"},
        "secrets": {"password": "gateway-password", "signing_key": "signing-key-of-the-app"},
    }
    return Account(**values | changes)
