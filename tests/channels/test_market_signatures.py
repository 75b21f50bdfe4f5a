"""Signatures that nobody else's program proves: computed by hand from the providers' documents.

The hashes were made with `openssl dgst -sha256 -hmac KEY` over the text that stands beside each.
"""

from __future__ import annotations

import pytest

from core.adapter import SignatureRefused, WebhookRequest
from core.testing.providers.lazada import LazadaSimulator
from core.testing.providers.shopee import ShopeeSimulator
from plugins.channels.lazada import signature as lazada
from plugins.channels.shopee import signature as shopee
from tests.channels.shops import LAZADA, SHOPEE

# from "Lazada Push Mechanism": an app key of 123456, and its order message
ORDER = (
    b'{"seller_id":"1234567","message_type":0,"data":{"order_status":"unpaid",'
    b'"trade_order_id":"260422900198363","trade_order_line_id":"260422900298363",'
    b'"status_update_time":1603698638},"timestamp":1603766859530,"site":"lazada_vn"}'
)
LAZADA_PUSH = "59e04e1b1f307b7180fd58126161907cd20d33ac17cbce90ec2ae19907e701e6"
# /order/get access_tokentestapp_key123456order_id1234sign_methodsha256timestamp1517820392000
LAZADA_CALL = "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
# 2001887/api/v2/shop/get_shop_info1655714431 59777174636562737266615546704c6d 14701711
SHOPEE_CALL = "3e7206bb374099cda13b5ebf7de983df9e91908558d34ed0f33d9efc41401c74"
# https://toko.example/push|{"code":3}
SHOPEE_PUSH = "db283ed2e4e80a51e1d3b5d38bc22c54d0261bcfb1d2d9ea0d7d4eb4ad8aa672"


def test_lazada_s_push_is_signed_as_its_page_says() -> None:
    assert lazada.of_push("123456", "3412gyo124goi3124", ORDER) == LAZADA_PUSH
    account = LAZADA.account(LazadaSimulator())
    object.__setattr__(account, "secrets", {"app_secret": "3412gyo124goi3124"})
    for written in (LAZADA_PUSH, LAZADA_PUSH.upper()):
        LAZADA.adapter.verify(account, call(ORDER, written))
    with pytest.raises(SignatureRefused):
        LAZADA.adapter.verify(account, call(ORDER + b"\n", LAZADA_PUSH))


def test_lazada_s_call_is_signed_as_its_page_says() -> None:
    given = {
        "app_key": "123456",
        "timestamp": "1517820392000",
        "access_token": "test",
        "sign_method": "sha256",
        "order_id": "1234",
        "sign": "left out",
    }
    assert lazada.of_call("helloworld", "/order/get", given) == LAZADA_CALL


def test_shopee_s_calls_and_pushes_are_signed_as_its_pages_say() -> None:
    parts = ("2001887", "/api/v2/shop/get_shop_info", "1655714431")
    token = "59777174636562737266615546704c6d"
    assert shopee.of_call("key-of-2001887", *parts, token, "14701711") == SHOPEE_CALL
    assert shopee.of_push("key", "https://toko.example/push", b'{"code":3}') == SHOPEE_PUSH


def test_shopee_signs_the_address_too_and_has_a_key_of_its_own_for_pushes() -> None:
    account, body = SHOPEE.account(ShopeeSimulator()), b'{"code":3}'
    SHOPEE.adapter.verify(
        account, call(body, shopee.of_push("the-partner-key-of-shopee", URL, body))
    )
    with pytest.raises(SignatureRefused):
        SHOPEE.adapter.verify(
            account, call(body, shopee.of_push("the-partner-key-of-shopee", URL + "/", body))
        )
    object.__setattr__(account, "secrets", {**account.secrets, "push_key": "another"})
    SHOPEE.adapter.verify(account, call(body, shopee.of_push("another", URL, body)))
    with pytest.raises(SignatureRefused):
        SHOPEE.adapter.verify(
            account, call(body, shopee.of_push("the-partner-key-of-shopee", URL, body))
        )


URL = "https://toko.example/webhooks/1"


def call(body: bytes, signature: str) -> WebhookRequest:
    return WebhookRequest("POST", URL, {"authorization": signature}, {}, body)
