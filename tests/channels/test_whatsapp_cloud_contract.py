"""The adapter contract, for WhatsApp Cloud."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from core.adapter import Account
from core.inbound import MessageState
from core.testing.adapter_contract import ANI, AdapterContract
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_bodies import (
    book_entry,
    echo,
    error,
    message,
    status,
    text,
)
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import NUMBERS, cloud_account


class TestWhatsAppCloudContract(AdapterContract):
    adapter = WhatsAppCloudAdapter()
    plugin = "plugins.channels.whatsapp_cloud.plugin"
    secret_names = ("app_secret",)

    def provider(self) -> CloudSimulator:
        return CloudSimulator()

    def account(self, base_url: str) -> Account:
        return cloud_account(base_url)

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        key = account.secrets["app_secret"].encode()
        digest = hmac.new(key, body, hashlib.sha256).hexdigest()
        return {"x-hub-signature-256": f"sha256={digest}"}

    def raw_message(self, provider_id: str, sender: str, text_: str) -> dict[str, Any]:
        return text(
            sender.removeprefix("+"), text_, id=provider_id, timestamp=str(int(time.time()))
        )

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        content = {"shape": "cube"}
        return message(sender.removeprefix("+"), "hologram", content, id=provider_id)

    def body(self, groups: list[list[Any]]) -> bytes:
        """Groups by turns in two entries: 4 groups of 3 make 2 entries of 2 changes."""
        changes = [NUMBERS.change("messages", NUMBERS.value(messages=group)) for group in groups]
        half = (len(changes) + 1) // 2
        entries = [part for part in (changes[:half], changes[half:]) if part]
        return json.dumps(NUMBERS.entries(*entries)).encode()

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, CloudSimulator)
        return [sent.opaque for sent in provider.sent]

    def receipt(self, provider_id: str, state: MessageState, opaque: str) -> bytes:
        why = error(131026, "Undeliverable") if state is MessageState.FAILED else None
        told = status(provider_id, state.value, ANI[1:], opaque=opaque, error=why)
        return json.dumps(NUMBERS.body(NUMBERS.statuses(told))).encode()

    def echo(self, provider_id: str, to: str, text_: str) -> bytes:
        own = NUMBERS.display_phone_number
        typed = echo(own, to.removeprefix("+"), text_, id=provider_id)
        return json.dumps(NUMBERS.body(NUMBERS.echoes(typed))).encode()

    def pushed(self) -> bytes:
        return json.dumps(NUMBERS.body(NUMBERS.contacts(book_entry(ANI[1:], "Ani")))).encode()

    def credential_error(self, provider: ProviderSimulator) -> None:
        provider.fail_next(status=401, code=190)

    @pytest.mark.parametrize(
        "change",
        [
            {"timestamp": "soon"},
            {"timestamp": "99999999999999999999"},
            {"timestamp": "-5"},
            {"timestamp": "5"},
            {"timestamp": 1780000000000},
            {"timestamp": True},
            {"timestamp": "1780000000000"},
            {"timestamp": "\uff11780000000"},
            {"type": None},
            {"type": ["text"]},
            {"text": "Halo"},
            {"text": {"body": {"deep": 1}}},
            {"text": {}},
            {"from": 6281234567890},
            {"from": "628-oops"},
            {"context": "x"},
            {"context": {"id": 5}},
        ],
    )
    def test_a_wrong_type_deep_inside_is_one_bad_item(self, change: dict[str, Any]) -> None:
        whole = self.raw_message("m-bad", "+6281234567890", "Halo")
        items = self.items([[self.raw_message("m-1", "+628111111111", "Ya"), whole | change]])
        assert [type(item).__name__ for item in items] == ["InboundMessage", "BadItem"]
