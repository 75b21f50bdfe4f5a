"""The adapter contract, for Telegram."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from core.adapter import Account
from core.inbound import Address, IdentityKind
from core.testing.adapter_contract import AdapterContract
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.telegram import TelegramSimulator
from core.testing.providers.telegram_bodies import message, text, update
from plugins.channels.telegram.adapter import TelegramAdapter
from tests.channels.telegram_account import bot_account

DATE = 1_793_000_000
CHAT = 5512345678


def number(provider_id: str) -> int:
    """The contract's ids are words, Telegram's are numbers: the same word is the same number."""
    return int.from_bytes(provider_id.encode()[:6], "big")


def person(sender: str) -> int:
    return int(sender.removeprefix("+"))


class TestTelegramContract(AdapterContract):
    adapter = TelegramAdapter()
    plugin = "plugins.channels.telegram.plugin"
    secret_names = ("webhook_secret",)
    why_no_opaque_id = "The Bot API has no field for an id of ours, and delivers no echo."
    why_no_batches = "Telegram posts every update on its own."
    why_no_receipts = "The Bot API tells neither delivery nor reading."
    why_no_echoes = "A bot's messages are written by us alone."
    why_body_unsigned = "The secret token proves Telegram; the body is kept by https."

    def provider(self) -> TelegramSimulator:
        return TelegramSimulator()

    def account(self, base_url: str) -> Account:
        return bot_account(base_url)

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        secret = account.secrets["webhook_secret"]
        return {"x-telegram-bot-api-secret-token": secret}

    def raw_message(self, provider_id: str, sender: str, text_: str) -> dict[str, Any]:
        if not sender.removeprefix("+").isdigit():
            return text(CHAT, text_, chat={"id": sender, "type": "private"})
        return text(person(sender), text_, message_id=number(provider_id), date=DATE)

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        given = {"message_id": number(provider_id), "date": DATE}
        return message(person(sender), hologram={"shape": "cube"}, **given)

    def body(self, groups: list[list[Any]]) -> bytes:
        ((content,),) = groups
        return json.dumps(update("message", content)).encode()

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, TelegramSimulator)
        return [sent.text for sent in provider.sent]

    def id_of(self, given: str) -> str:
        group, item = given.split("-")[1:]
        return f"62812345678{group}{item}:{number(given)}"

    def carried(self, provider: ProviderSimulator, content: bytes) -> bool:
        """Telegram is told the chat beside the message, where our id has both."""
        is_id = re.fullmatch(rb"\d+:\d+", content) is not None
        return super().carried(provider, content.partition(b":")[2] if is_id else content)

    def address_of(self, sender: str) -> str:
        return sender.removeprefix("+")

    def address(self) -> Address:
        return Address(IdentityKind.TELEGRAM, str(CHAT))

    def bad_messages(self) -> list[Any]:
        whole = self.raw_message("m-bad", f"+{CHAT}", "Halo")
        return [
            None,
            "a text",
            {},
            [whole],
            whole | {"message_id": None},
            whole | {"message_id": "7"},
            whole | {"message_id": 2**70},
            whole | {"chat": 5},
            whole | {"chat": {"id": True, "type": "private"}},
            whole | {"text": "Ha\x00lo"},
            whole | {"text": "Ha\ud800lo"},
            whole | {"text": "x" * 100_000},
            self.raw_message("m-bad", "nobody", "Halo"),
        ]

    @pytest.mark.parametrize(
        "change",
        [
            {"date": "soon"},
            {"date": None},
            {"date": 5},
            {"date": 10**13},
            {"text": {"deep": 1}},
            {"from": 5},
            {"from": {"first_name": []}},
            {"reply_to_message": 5},
            {"reply_to_message": {"message_id": "x"}},
            {"photo": 5},
            {"photo": []},
            {"photo": [{"width": 5}]},
            {"document": {}},
            {"voice": {"file_id": 7}},
            {"dice": {"emoji": "🎲"}},
        ],
    )
    def test_a_wrong_type_deep_inside_is_one_bad_item(self, change: dict[str, Any]) -> None:
        whole = self.raw_message("m-bad", f"+{CHAT}", "Halo")
        if not change.get("text"):
            del whole["text"]
        items = self.items([[whole | change]])
        if "date" in change or "from" in change or "reply_to_message" in change:
            items = self.items([[whole | {"text": "Halo"} | change]])
        assert [type(item).__name__ for item in items] == ["BadItem"]
