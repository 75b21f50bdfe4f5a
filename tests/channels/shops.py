"""The three marketplaces in one shape, for tests of what they share."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.adapter import Account, Adapter
from core.testing.providers import lazada, shopee, tiktok_shop
from core.testing.providers.lazada import LazadaSimulator
from core.testing.providers.market import Json, MarketSimulator
from core.testing.providers.shopee import ShopeeSimulator
from core.testing.providers.tiktok_shop import TikTokShopSimulator
from plugins.channels.lazada.adapter import LazadaAdapter
from plugins.channels.shopee.adapter import ShopeeAdapter
from plugins.channels.tiktok_shop.adapter import TikTokShopAdapter

UUID = uuid.UUID("0190f5a2-0000-7000-8000-000000000001")
TIKTOK_TALK, SHOPEE_BUYER = "7494560109732335555", 165_105_353


@dataclass(frozen=True)
class Market:
    """One marketplace. `statuses`: its words for placed, paid, shipped, received, cancelled.

    `own` is the setting that says which shop it is, `tracked` gives an order its tracking number.
    """

    kind: str
    adapter: Adapter
    simulator: Callable[[], MarketSimulator]
    settings: Callable[[Any], Json]
    secrets: Callable[[Any], dict[str, str]]
    own: str
    number: str
    statuses: tuple[str, str, str, str, str]
    order: Callable[..., Json]
    picture: Callable[[Any, str], Json]
    echo: Callable[[Any, str], Json]
    is_one_customer: bool = True

    def account(self, simulator: MarketSimulator, **settings: Any) -> Account:
        """An account that is authorised."""
        return Account(
            channel_id=1,
            uuid=UUID,
            kind=self.kind,
            own_address="",
            region="ID",
            settings={**self.settings(simulator), **settings},
            secrets=self.secrets(simulator) | tokens(simulator),
        )

    def put(self, simulator: MarketSimulator, status: str, tracking: str = "") -> None:
        """The marketplace's order is at this status now."""
        more: Json = {}
        if tracking and self.kind == "tiktok_shop":
            more = {"tracking_number": tracking, "shipping_provider": "JNE"}
        elif tracking and isinstance(simulator, ShopeeSimulator):
            simulator.tracking[self.number] = tracking
        elif tracking:
            more = {"tracking_code": tracking}
        simulator.orders[self.number] = self.order(self.number, status, **more)

    def push(self, simulator: Any, status: str, tracking: str = "") -> None:
        """The order moves on, and the webhook says so."""
        self.put(simulator, status, tracking)
        delivery = simulator.deliver(simulator.order_event(self.number, status))
        assert delivery.is_delivered, delivery.statuses


def tokens(simulator: MarketSimulator) -> dict[str, str]:
    """The access that the marketplace takes now."""
    (refresh,) = simulator.refresh_tokens
    return {"access_token": simulator.access_token, "refresh_token": refresh}


TIKTOK_SHOP = Market(
    kind="tiktok_shop",
    adapter=TikTokShopAdapter(),
    simulator=TikTokShopSimulator,
    settings=lambda it: {
        "shop_id": it.shop_id,
        "app_key": it.app_key,
        "api_url": it.url,
        "auth_url": it.url,
    },
    secrets=lambda it: {"app_secret": it.app_secret, "shop_cipher": it.cipher},
    own="shop_id",
    number="576460752303423499",
    statuses=("UNPAID", "AWAITING_SHIPMENT", "IN_TRANSIT", "DELIVERED", "CANCELLED"),
    order=tiktok_shop.order,
    picture=lambda it, url: it.message("", kind="IMAGE", content={"url": url, "width": "3"}),
    echo=lambda it, text: it.message(text, role="CUSTOMER_SERVICE"),
    is_one_customer=False,
)
SHOPEE = Market(
    kind="shopee",
    adapter=ShopeeAdapter(),
    simulator=ShopeeSimulator,
    settings=lambda it: {
        "shop_id": str(it.shop_id),
        "partner_id": str(it.partner_id),
        "api_url": it.url,
    },
    secrets=lambda it: {"partner_key": it.partner_key},
    own="shop_id",
    number="220810QSK8S7BX",
    statuses=("UNPAID", "READY_TO_SHIP", "SHIPPED", "COMPLETED", "CANCELLED"),
    order=shopee.order,
    picture=lambda it, url: it.message("", kind="image", content={"url": url}),
    echo=lambda it, text: it.message(text, is_ours=True),
)
LAZADA = Market(
    kind="lazada",
    adapter=LazadaAdapter(),
    simulator=LazadaSimulator,
    settings=lambda it: {
        "seller_id": it.seller_id,
        "app_key": it.app_key,
        "api_url": f"{it.url}/rest",
        "auth_url": f"{it.url}/rest",
    },
    secrets=lambda it: {"app_secret": it.app_secret},
    own="seller_id",
    number="260422900198363",
    statuses=("unpaid", "pending", "shipped", "delivered", "canceled"),
    order=lazada.order,
    picture=lambda it, url: it.message("", template=3, content={"imgUrl": url}),
    echo=lambda it, text: it.message(text, is_ours=True),
)
MARKETS = (TIKTOK_SHOP, SHOPEE, LAZADA)
