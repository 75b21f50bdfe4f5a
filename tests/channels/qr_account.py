"""The paired phone that these tests connect."""

from __future__ import annotations

import uuid
from typing import Any

from core.adapter import Account

OWN = "6281100000001"
SECRET = "a-webhook-secret-of-its-own"
UUID = uuid.UUID("0190f5a2-0000-7000-8000-000000000002")
DEVICE = f"sapa-{UUID}"
SECRETS = {"webhook_secret": SECRET, "gateway_password": "gateway-password"}


def qr_account(base_url: str = "http://127.0.0.1:9", **changes: Any) -> Account:
    """An account whose gateway listens at `base_url`."""
    values: dict[str, Any] = {
        "channel_id": 1,
        "uuid": UUID,
        "kind": "whatsapp_qr",
        "own_address": f"+{OWN}",
        "region": "ID",
        "settings": {"gateway_url": base_url, "gateway_user": "sapa"},
        "secrets": SECRETS,
    }
    return Account(**values | changes)
