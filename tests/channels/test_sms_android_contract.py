"""The adapter contract, for SMS through an Android phone."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from typing import Any

import pytest

from core.adapter import Account
from core.inbound import MessageState
from core.testing.adapter_contract import ANI, AdapterContract
from core.testing.providers.android_sms import AndroidSmsSimulator
from core.testing.providers.android_sms_bodies import DEVICE, event, received, told
from core.testing.providers.base import ProviderSimulator
from plugins.channels.sms.android.adapter import AndroidSmsAdapter
from plugins.channels.sms.android.parse import identifier_of
from tests.channels.sms_account import phone_account

AT = "2026-11-01T16:00:00.000+07:00"


def at_of(provider_id: str) -> str:
    """The app's messages have no id: another one of the contract's is another moment."""
    minute, milli = divmod(zlib.crc32(provider_id.encode()) % 60_000, 1000)
    return f"2026-11-01T16:{minute:02}:00.{milli:03}+07:00"


class TestAndroidSmsContract(AdapterContract):
    adapter = AndroidSmsAdapter()
    plugin = "plugins.channels.sms.plugin"
    secret_names = ("signing_key",)
    why_no_batches = "The app posts every event on its own."
    why_no_echoes = "The app tells nothing of what is typed on the phone itself."

    def provider(self) -> AndroidSmsSimulator:
        return AndroidSmsSimulator()

    def account(self, base_url: str) -> Account:
        return phone_account(f"{base_url}/3rdparty/v1")

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        key, at = account.secrets["signing_key"].encode(), "1793000000"
        digest = hmac.new(key, body + at.encode(), hashlib.sha256).hexdigest()
        return {"x-signature": digest, "x-timestamp": at}

    def raw_message(self, provider_id: str, sender: str, text: str) -> dict[str, Any]:
        return received(sender, text, messageId="same", receivedAt=at_of(provider_id))

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        return {"sender": sender, "receivedAt": AT, "messageId": provider_id, "size": 125684}

    def body(self, groups: list[list[Any]]) -> bytes:
        ((content,),) = groups
        is_mms = isinstance(content, dict) and "size" in content
        return json.dumps(event("mms:received" if is_mms else "sms:received", content)).encode()

    def receipt(self, provider_id: str, state: MessageState, opaque: str) -> bytes:
        return json.dumps(told(f"sms:{state.value}", provider_id, ANI, "odd")).encode()

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, AndroidSmsSimulator)
        return [sent.id for sent in provider.sent]

    def id_of(self, given: str) -> str:
        group, item = given.split("-")[1:]
        return identifier_of(
            DEVICE, f"+62812345678{group}{item}", at_of(given), f"Nr {group}.{item}"
        )

    def bad_messages(self) -> list[Any]:
        whole = self.raw_message("m-bad", ANI, "Halo")
        return [
            None,
            "a text",
            {},
            [whole],
            whole | {"message": None},
            whole | {"message": 7},
            whole | {"message": "Ha\x00lo"},
            whole | {"message": "Ha\ud800lo"},
            whole | {"message": "x" * 100_000},
            whole | {"sender": 5},
            whole | {"sender": "", "phoneNumber": None},
        ]

    @pytest.mark.parametrize("at", [None, "soon", "2026-11-01T16:00:00", "0001-01-01T00:00:00Z", 5])
    def test_a_time_that_is_none_is_one_bad_item(self, at: Any) -> None:
        items = self.items([[self.raw_message("m-bad", ANI, "Halo") | {"receivedAt": at}]])
        assert [type(item).__name__ for item in items] == ["BadItem"]
