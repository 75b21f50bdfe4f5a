"""The adapter contract, for WhatsApp by QR code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.adapter import Account
from core.inbound import MessageState
from core.testing.adapter_contract import ANI, AdapterContract
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.gowa import GowaSimulator, paired, signature
from core.testing.providers.gowa_bodies import ack, event, payload, text
from plugins.channels.whatsapp_qr.adapter import WhatsAppQrAdapter
from tests.channels.qr_account import DEVICE, OWN, qr_account


class TestWhatsAppQrContract(AdapterContract):
    adapter = WhatsAppQrAdapter()
    plugin = "plugins.channels.whatsapp_qr.plugin"
    secret_names = ("webhook_secret",)
    why_no_opaque_id = "GOWA's sends have no field for an id of ours; the echo is matched by text."
    why_no_batches = "GOWA posts every event on its own."

    def provider(self) -> GowaSimulator:
        gowa = GowaSimulator()
        paired(gowa, DEVICE, OWN)
        return gowa

    def account(self, base_url: str) -> Account:
        return qr_account(base_url)

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        signed = signature(account.secrets["webhook_secret"], body)
        return {name.lower(): value for name, value in signed.items()}

    def raw_message(self, provider_id: str, sender: str, text_: str) -> dict[str, Any]:
        return text(sender, text_, id=provider_id, timestamp="2026-11-01T09:00:00Z")

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        return payload(sender, id=provider_id, hologram={"shape": "cube"})

    def body(self, groups: list[list[Any]]) -> bytes:
        ((content,),) = groups
        return json.dumps(event("message", content, OWN, DEVICE)).encode()

    def receipt(self, provider_id: str, state: MessageState, opaque: str) -> bytes:
        told = ack(ANI, state.value, provider_id)
        return json.dumps(event("message.ack", told, OWN, DEVICE)).encode()

    def echo(self, provider_id: str, to: str, text_: str) -> bytes:
        typed = text(to, text_, own=OWN, id=provider_id)
        return json.dumps(event("message", typed, OWN, DEVICE)).encode()

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, GowaSimulator)
        return [sent.text for sent in provider.sent]

    @pytest.mark.parametrize(
        "change",
        [
            {"timestamp": "soon"},
            {"timestamp": "2026-11-01T09:00:00"},
            {"timestamp": "1970-01-01T00:00:00Z"},
            {"timestamp": "9999-12-31T23:59:59-12:00"},
            {"timestamp": 1780000000},
            {"timestamp": None},
            {"body": {"deep": 1}},
            {"chat_id": 6281234567890},
            {"chat_id": "628-oops@s.whatsapp.net"},
            {"chat_id": "6281234567890"},
            {"replied_to_id": 5},
            {"image": 5},
            {"image": {}},
            {"from_name": []},
        ],
    )
    def test_a_wrong_type_deep_inside_is_one_bad_item(self, change: dict[str, Any]) -> None:
        whole = self.raw_message("m-bad", "+6281234567890", "Halo")
        items = self.items([[self.raw_message("m-1", "+628111111111", "Ya"), whole | change]])
        assert [type(item).__name__ for item in items] == ["InboundMessage", "BadItem"]
