"""What a gateway's refusal means: where a call may have worked behind it, it is never repeated."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from core.outbound import OutcomeUnknown, SendFailed
from plugins.channels.lazada import errors as lazada
from plugins.channels.shopee import errors as shopee


def answer(status: int, method: str = "POST") -> httpx.Response:
    return httpx.Response(status, request=httpx.Request(method, "https://shop.example/send"))


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (200, "error_timeout"),
        (200, "error_network"),
        (200, "sellerchat.error_timeout"),
        (200, "error_server_timeout"),
        (504, "error_server"),
        (502, ""),
    ],
)
def test_shopee_s_gateway_may_have_sent_it(status: int, word: str) -> None:
    refusal = shopee.refusal_of(answer(status), {"error": word, "message": "Refused"})
    assert isinstance(refusal, OutcomeUnknown)
    assert refusal.reason


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (200, {"code": "ServiceTimeout", "type": "SYSTEM"}),
        (200, {"code": "InternalError", "type": "ISP"}),
        (200, {"code": "New", "type": "SYSTEM"}),
        (504, {"code": "ServiceUnavailable"}),
        (502, {}),
    ],
)
def test_lazada_s_gateway_may_have_sent_it(status: int, found: dict[str, Any]) -> None:
    assert isinstance(lazada.refusal_of(answer(status), found), OutcomeUnknown)


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("GET", {"code": "InternalError"}),
        ("GET", {"code": "New", "type": "SYSTEM"}),
        ("POST", {"code": "ApiCallLimit", "type": "SYSTEM"}),
    ],
)
def test_what_lazada_did_not_do_is_tried_again(method: str, found: dict[str, Any]) -> None:
    refusal = lazada.refusal_of(answer(200, method), found)
    assert isinstance(refusal, SendFailed)
    assert refusal.error_class == "retry"
