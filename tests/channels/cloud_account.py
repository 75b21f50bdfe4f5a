"""The WhatsApp account that these tests connect."""

from __future__ import annotations

import uuid
from typing import Any

from core.adapter import Account
from core.outbound import OutboundClient
from core.testing.providers.whatsapp_cloud_bodies import CloudBodies

NUMBERS = CloudBodies()
SECRETS = {"access_token": "access-token", "app_secret": "app-secret", "verify_token": "a-word"}


def cloud_account(base_url: str = "http://127.0.0.1:9", **settings: Any) -> Account:
    """An account of the simulator's default number."""
    return Account(
        channel_id=1,
        uuid=uuid.UUID("0190f5a2-0000-7000-8000-000000000001"),
        kind="whatsapp_cloud",
        own_address="+" + NUMBERS.display_phone_number,
        region="ID",
        settings={
            "phone_number_id": NUMBERS.phone_number_id,
            "waba_id": NUMBERS.waba_id,
            "graph_url": f"{base_url}/v25.0",
            **settings,
        },
        secrets=SECRETS,
    )


def local_client(**times: Any) -> OutboundClient:
    """An outbound client that reaches this machine and gives up soon."""
    return OutboundClient(private_hosts=("127.0.0.1",), connect=0.5, read=0.5, total=2.0, **times)
