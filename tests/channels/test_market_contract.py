"""The adapter contract, for the three marketplaces."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, ClassVar, cast

import pytest

from core.adapter import Account
from core.inbound import Address
from core.services.market.fetch import FetchOrderCall
from core.shop_orders import FetchesOrders
from core.testing.adapter_contract import ANI, WEBHOOK_URL, AdapterContract
from core.testing.contract.claims import Timed
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.lazada import LazadaSimulator
from core.testing.providers.market import Json, MarketSimulator
from core.testing.providers.shopee import ShopeeSimulator
from core.testing.providers.tiktok_shop import TikTokShopSimulator, message
from plugins.channels.lazada.adapter import LazadaAdapter
from plugins.channels.shopee.adapter import ShopeeAdapter
from plugins.channels.tiktok_shop.adapter import TikTokShopAdapter
from tests.channels.shops import LAZADA, SHOPEE, TIKTOK_SHOP, Market


def number(sender: str) -> str:
    """A marketplace's number for the person of a phone number; letters stay and spoil it."""
    return sender.removeprefix("+")


@pytest.fixture(scope="module", autouse=True)
def listening() -> Iterator[None]:
    """The simulators that only find words, open while the tests run."""
    speakers = [
        each.speaker for each in (TestTikTokShopContract, TestShopeeContract, TestLazadaContract)
    ]
    for speaker in speakers:
        speaker.start()
    yield
    for speaker in speakers:
        speaker.stop()


class MarketContract(AdapterContract):
    """What the three have in common: no id of ours, no receipts, one event in a body."""

    market: ClassVar[Market]
    speaker: ClassVar[Any]
    why_no_opaque_id = "A send has no field for an id of ours; the echo is matched by its text."
    why_no_batches = "Every push bears one event."
    why_no_receipts = "The marketplace tells a shop nothing of delivered or read messages."

    def provider(self) -> MarketSimulator:
        return self.market.simulator()

    def test_an_order_is_fetched_before_the_lease_ends(self) -> None:
        with self.provider() as shop:
            self.market.put(shop, self.market.statuses[2], "JNE1")
            http = Timed(private_hosts=("127.0.0.1",))
            account = self.market.account(shop)
            found = cast(FetchesOrders, self.adapter).fetch_order(account, self.market.number, http)
            assert found.tracking_number == "JNE1"
            assert http.seconds <= FetchOrderCall.timeout

    def account(self, base_url: str) -> Account:
        rest = "/rest" if self.market is LAZADA else ""
        settings = {"api_url": f"{base_url}{rest}"}
        return self.market.account(self.speaker, **settings)

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        signer = copy.copy(self.speaker)
        setattr(signer, self.secret_names[0], account.secrets.get(self.secret_names[0], ""))
        signer.webhook_url = WEBHOOK_URL
        return {name.lower(): value for name, value in signer.sign(body).items()}

    def address(self) -> Address:
        return Address(self.adapter.capabilities.identity_kinds[0], self.address_of(ANI))

    def address_of(self, sender: str) -> str:
        return number(sender)

    def body(self, groups: list[list[Any]]) -> bytes:
        ((content,),) = groups
        return json.dumps(self.wrapped(content)).encode()

    def wrapped(self, content: Any) -> Json:
        """A whole push around one message."""
        raise AssertionError("say how a message is wrapped")

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, MarketSimulator)
        return [sent.text for sent in provider.sent]

    def bad_messages(self) -> list[Any]:
        whole = self.raw_message("1", ANI, "Halo")
        return [
            None,
            "a text",
            {},
            [whole],
            {**whole, "message_id": None},
            {**whole, "message_id": 1.5},
            self.raw_message("m-\x00", ANI, "Halo"),
            self.raw_message("1", ANI, "Ha\x00lo"),
            self.raw_message("1", ANI, "Ha\ud800lo"),
            self.raw_message("9" * 100_000, ANI, "Halo"),
            self.raw_message("1", "no body", "Halo"),
            {**whole, "content": 5},
            {**whole, "content": "[" * 5000},
        ]


class TestTikTokShopContract(MarketContract):
    market = TIKTOK_SHOP
    adapter = TikTokShopAdapter()
    plugin = "plugins.channels.tiktok_shop.plugin"
    secret_names = ("app_secret",)
    speaker = TikTokShopSimulator()

    def raw_message(self, provider_id: str, sender: str, text: str) -> Json:
        return message(provider_id, number(sender), text, index="", create_time=1780000000)

    def raw_unknown(self, provider_id: str, sender: str) -> Json:
        return {**self.raw_message(provider_id, sender, ""), "type": "HOLOGRAM"}

    def wrapped(self, content: Any) -> Json:
        return self.speaker.event(14, content, timestamp=1780000000)

    def echo(self, provider_id: str, to: str, text: str) -> bytes:
        typed = message(provider_id, number(to), text, role="SHOP")
        return self.body([[typed]])


class TestShopeeContract(MarketContract):
    market = SHOPEE
    adapter = ShopeeAdapter()
    plugin = "plugins.channels.shopee.plugin"
    secret_names = ("partner_key",)
    speaker = ShopeeSimulator()

    def raw_message(self, provider_id: str, sender: str, text: str) -> Json:
        found = self.speaker.content(provider_id, 1, text, created_timestamp=1780000000)
        return {**found, "from_id": number(sender)}

    def raw_unknown(self, provider_id: str, sender: str) -> Json:
        return {**self.raw_message(provider_id, sender, ""), "message_type": "hologram"}

    def bad_messages(self) -> list[Any]:
        """Several messages in a list are several messages here."""
        return [each for each in super().bad_messages() if not isinstance(each, list)]

    def wrapped(self, content: Any) -> Json:
        data = {"type": "message", "content": content}
        return self.speaker.push(10, data, timestamp=1780000000)

    def echo(self, provider_id: str, to: str, text: str) -> bytes:
        typed = self.speaker.content(provider_id, int(number(to)), text, is_ours=True)
        return self.body([[typed]])


class TestLazadaContract(MarketContract):
    market = LAZADA
    adapter = LazadaAdapter()
    plugin = "plugins.channels.lazada.plugin"
    secret_names = ("app_secret",)
    speaker = LazadaSimulator()

    def address_of(self, sender: str) -> str:
        return str(self.speaker.session_of(number(sender)))

    def raw_message(self, provider_id: str, sender: str, text: str) -> Json:
        buyer, moment = number(sender), 1780000000000
        return self.speaker.content(provider_id, buyer, text, send_time=moment)

    def raw_unknown(self, provider_id: str, sender: str) -> Json:
        return {**self.raw_message(provider_id, sender, ""), "template_id": 77}

    def wrapped(self, content: Any) -> Json:
        return self.speaker.push(2, content, timestamp=1780000000000)

    def echo(self, provider_id: str, to: str, text: str) -> bytes:
        typed = self.speaker.content(provider_id, number(to), text, is_ours=True)
        return self.body([[typed]])
