"""Another's client of TikTok Shop, `tiktok-shop-api`, proves the simulator and us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tiktok_shop_api import TikTokShop, TikTokShopAuth
from tiktok_shop_api.errors import TikTokShopError
from tiktok_shop_api.generated.models import SendMessageRequest, SendMessageRequestType
from tiktok_shop_api.signing import Signer
from tiktok_shop_api.webhooks import Webhooks, WebhookSignatureError

from core.adapter import Account, SignatureRefused, WebhookRequest
from core.testing.providers.tiktok_shop import TikTokShopSimulator, order
from plugins.channels.tiktok_shop.signature import of_call, of_webhook
from tests.channels.shops import TIKTOK_SHOP


@pytest.fixture
def tiktok() -> Iterator[TikTokShopSimulator]:
    with TikTokShopSimulator() as simulator:
        yield simulator


@pytest.fixture
def theirs(tiktok: TikTokShopSimulator) -> Iterator[TikTokShop]:
    with TikTokShop(
        tiktok.app_key,
        tiktok.app_secret,
        tiktok.access_token,
        tiktok.cipher,
        base_url=tiktok.url,
    ) as client:
        yield client


def bodies(tiktok: TikTokShopSimulator) -> list[bytes]:
    events = [
        tiktok.message("Masih ada, kak? 🙏"),
        tiktok.message("", kind="IMAGE", content={"url": "https://p16.tiktokcdn.com/a.jpeg"}),
        tiktok.message("Ada", role="SHOP"),
        tiktok.order_event("576460752303423499", "AWAITING_SHIPMENT"),
        tiktok.event(13, {"conversation_id": "1", "create_time": 1780000000}),
        tiktok.event(6, {"message": "gone"}),
    ]
    return [json.dumps(event, ensure_ascii=False).encode() for event in events]


def test_they_take_the_simulator_s_webhooks_and_we_theirs(tiktok: TikTokShopSimulator) -> None:
    account = TIKTOK_SHOP.account(tiktok)
    for body in bodies(tiktok):
        signed = tiktok.sign(body)["Authorization"]
        keys = {"app_key": tiktok.app_key, "app_secret": tiktok.app_secret}
        event: Any = Webhooks.verify_and_parse(**keys, raw_body=body, signature=signed)
        assert event.type_ == json.loads(body)["type"], "their models know the shape"
        assert Webhooks.verify(
            **keys, raw_body=body, signature=of_webhook(tiktok.app_key, tiktok.app_secret, body)
        )
        verify(account, body, signed)


def test_both_refuse_the_same(tiktok: TikTokShopSimulator) -> None:
    account, body = TIKTOK_SHOP.account(tiktok), bodies(tiktok)[0]
    signed = tiktok.sign(body)["Authorization"]
    for spoilt, given in ((body + b" ", signed), (body, signed[:-1] + "0x"), (body, "")):
        with pytest.raises(SignatureRefused):
            verify(account, spoilt, given)
        with pytest.raises(WebhookSignatureError):
            Webhooks.verify_and_parse(
                app_key=tiktok.app_key,
                app_secret=tiktok.app_secret,
                raw_body=spoilt,
                signature=given,
            )


def test_their_signature_of_a_call_is_ours() -> None:
    query = {"shop_cipher": "GCP_x", "app_key": "6a", "timestamp": "1780000000", "ids": "1,2"}
    for body in (b"", '{"content": "Selamat pagi, kak 🙏"}'.encode()):
        theirs = Signer.sign(
            path="/order/202309/orders",
            query=[*query.items(), ("sign", "no"), ("access_token", "no")],
            content_type="application/json",
            body=body,
            app_secret="secret",
        )
        ours = of_call("secret", "/order/202309/orders", {**query, "sign": "no"}, body)
        assert ours == theirs


def test_their_client_writes_and_reads_at_the_simulator(
    tiktok: TikTokShopSimulator, theirs: TikTokShop
) -> None:
    tiktok.orders["576460752303423499"] = order("576460752303423499", "IN_TRANSIT")
    content = json.dumps({"content": "Ada, kak 🙏"})
    request = SendMessageRequest(type_=SendMessageRequestType.TEXT, content=content)
    answer: Any = theirs.customer_service.send_message(conversation_id="77", body=request)
    (sent,) = tiktok.sent
    assert (sent.to, sent.text, answer.data.message_id) == ("77", "Ada, kak 🙏", sent.id)
    found: Any = theirs.orders.get_order_detail(ids=["576460752303423499"])
    assert found.data.orders[0].status == "IN_TRANSIT"
    assert found.data.orders[0].line_items[0].product_name == "Soap"


def test_the_simulator_refuses_what_is_signed_wrongly(tiktok: TikTokShopSimulator) -> None:
    with (
        TikTokShop(
            tiktok.app_key, "another", tiktok.access_token, tiktok.cipher, base_url=tiktok.url
        ) as client,
        pytest.raises(TikTokShopError) as refused,
    ):
        client.authorization.get_authorized_shops()
    assert refused.value.code == 106001


def test_their_refresh_works_once_at_the_simulator(tiktok: TikTokShopSimulator) -> None:
    auth = TikTokShopAuth(tiktok.app_key, tiktok.app_secret, base_url=tiktok.url)
    (refresh,) = tiktok.refresh_tokens
    found = auth.refresh(refresh)
    assert found.access_token == tiktok.access_token
    with pytest.raises(TikTokShopError):
        auth.refresh(refresh)


def verify(account: Account, body: bytes, signature: str) -> None:
    headers = {"authorization": signature} if signature else {}
    TIKTOK_SHOP.adapter.verify(
        account, WebhookRequest("POST", "https://toko.example/x", headers, {}, body)
    )
