"""A Lazada Open Platform on this machine: chats, orders, tokens, signed pushes.

with LazadaSimulator() as lazada:
    lazada.webhook_url = "http://127.0.0.1:8080/webhooks/<uuid>"
    lazada.deliver(lazada.message("Halo"))
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from core.testing.providers.base import Answer, Call
from core.testing.providers.market import Json, MarketSimulator

USUAL = {
    400: "IllegalParameter",
    401: "IllegalAccessToken",
    403: "InsufficientPermission",
    429: "ApiCallLimit",
    500: "ServiceUnavailable",
    503: "ServiceUnavailable",
}
ACCESS_SECONDS = 7 * 24 * 3600
BUYER = "100208742287"


@dataclass(eq=False)
class LazadaSimulator(MarketSimulator):
    """One app and one shop."""

    title: ClassVar[str] = "lazada"
    app_key: str = "123456"
    app_secret: str = "the-app-secret-of-lazada"
    seller_id: str = "100191276347"
    closed: set[str] = field(default_factory=set)
    """Sessions that are gone."""

    # What Lazada tells.

    def sign(self, body: bytes) -> Mapping[str, str]:
        signed = hmac.new(self.app_secret.encode(), self.app_key.encode() + body, hashlib.sha256)
        return {"Authorization": signed.hexdigest()}

    def push(self, number: int, data: Json, **envelope: Any) -> Json:
        """A whole body."""
        return {
            "seller_id": self.seller_id,
            "message_type": number,
            "data": data,
            "timestamp": int(time.time() * 1000),
            "site": "lazada_id",
            **envelope,
        }

    def session_of(self, buyer: str) -> str:
        """The id of the session with a buyer."""
        return f"{self.seller_id}_2_{buyer}_1_103"

    def message(self, text: str, buyer: str = BUYER, **changes: Any) -> Json:
        """The push of a text; `template`, `content` for others, `is_ours` for the shop's own."""
        return self.push(2, self.content(self.new_id(), buyer, text, **changes))

    def content(
        self,
        identifier: str,
        buyer: str,
        text: str = "",
        *,
        template: int = 1,
        content: Json | None = None,
        is_ours: bool = False,
        **more: Any,
    ) -> Json:
        """A message in a push."""
        people = [(self.seller_id, 2), (buyer, 1)]
        writer, reader = people if is_ours else reversed(people)
        return {
            "message_id": identifier,
            "session_id": self.session_of(buyer),
            "content": json.dumps({"txt": text} if content is None else content),
            "from_account_id": writer[0],
            "from_account_type": writer[1],
            "to_account_id": reader[0],
            "to_account_type": reader[1],
            "template_id": template,
            "type": 1,
            "send_time": int(time.time() * 1000),
            "status": 0,
            "auto_reply": False,
            "site_id": "ID",
            **more,
        }

    def order_event(self, order: str, status: str) -> Json:
        """The push that an order has another status."""
        data = {"order_status": status, "trade_order_id": order}
        moment = int(time.time())
        return self.push(0, {**data, "trade_order_line_id": order, "status_update_time": moment})

    # What it answers.

    def error_body(self, code: int | str | None, status: int) -> Json:
        return {
            "code": str(code) if code else USUAL.get(status, str(status)),
            "type": "ISV",
            "message": "Refused",
            "request_id": "2026",
        }

    def serve(self, call: Call) -> Answer:
        given = {**call.query, **dict(parse_qsl(call.body.decode())), **call.form}
        api = call.path.removeprefix("/rest")
        refused = self._refusal(api, given)
        if refused:
            return Answer.of(self.error_body(refused, 200))
        match (call.method, api):
            case ("POST", "/auth/token/create"):
                return self._token(given.get("code", ""), self.codes, "InvalidCode")
            case ("POST", "/auth/token/refresh"):
                refresh = given.get("refresh_token", "")
                return self._token(refresh, self.refresh_tokens, "IllegalRefreshToken")
            case ("GET", "/seller/get"):
                return ok({"seller_id": self.seller_id, "name": "Melati"})
            case ("GET", "/im/session/list"):
                return Answer.of({"err_code": "0", "success": True, "data": {"session_list": []}})
            case ("GET", "/order/get"):
                found = self.orders.get(given.get("order_id", ""))
                return ok(found["order"]) if found else Answer.of(self.error_body("16", 200))
            case ("GET", "/order/items/get"):
                found = self.orders.get(given.get("order_id", ""))
                return ok(found["items"]) if found else Answer.of(self.error_body("16", 200))
            case ("POST", "/image/upload"):
                content = call.files["image"][2]
                self.uploads.append(content)
                return ok(
                    {"image": {"url": self.keep_file(content, "sent.jpeg"), "hash_code": "h"}}
                )
            case ("POST", "/im/message/send"):
                return self._message(given)
        return Answer.of(self.error_body("InvalidApiPath", 200))

    def _refusal(self, api: str, given: Json) -> str:
        """The code with which a call is refused before it is looked at; "" for none."""
        pairs = "".join(key + given[key] for key in sorted(given) if key != "sign")
        key = self.app_secret.encode()
        signed = hmac.new(key, f"{api}{pairs}".encode(), hashlib.sha256).hexdigest().upper()
        if not hmac.compare_digest(signed, str(given.get("sign", ""))):
            return "IncompleteSignature"
        if abs(int(given.get("timestamp", "0")) / 1000 - time.time()) > 7200:
            return "IllegalParameter"
        is_open = api.startswith("/auth/") or given.get("access_token") == self.access_token
        return "" if is_open else "IllegalAccessToken"

    def _token(self, given: str, valid: set[str], refusal: str) -> Answer:
        tokens = self.trade(given, valid)
        if tokens is None:
            return Answer.of(self.error_body(refusal, 200))
        access, refresh = tokens
        return Answer.of(
            {
                "code": "0",
                "request_id": "2026",
                "access_token": access,
                "refresh_token": refresh,
                "expires_in": ACCESS_SECONDS,
                "refresh_expires_in": 4 * ACCESS_SECONDS,
                "country": "id",
            }
        )

    def _message(self, given: Json) -> Answer:
        session = given["session_id"]
        if session in self.closed:
            body = {"err_code": "SessionNotExist", "success": False, "err_message": "Refused"}
            return Answer.of(body)
        names = ("txt", "img_url", "width", "height")
        content = {name: given[name] for name in names if name in given}
        sent = self.take(session, given["template_id"], content)
        data = {"message_id": sent.id, "template_id": int(sent.kind), "current_time": 1}
        return Answer.of({"err_code": "0", "success": True, "data": data})


def ok(data: Any) -> Answer:
    """A success."""
    return Answer.of({"code": "0", "request_id": "2026", "data": data})


def order(identifier: str, status: str, **more: Any) -> Json:
    """An order as the two calls tell it: two soaps and a brush. `more` goes into each item."""
    item = {
        "status": status,
        "buyer_id": int(BUYER),
        "currency": "IDR",
        "shipment_provider": "LEX ID",
        "tracking_code": "",
        **more,
    }
    soap = {"name": "Soap", "variation": "Rose", "item_price": "12500.00"}
    brush = {"name": "Brush", "variation": "", "item_price": 5000.5}
    return {
        "order": {
            "order_id": int(identifier),
            "order_number": int(identifier),
            "price": "30000.50",
            "shipping_fee": 0,
            "payment_method": "MIXEDCARD",
            "customer_first_name": "Dewi",
            "customer_last_name": "L.",
            "remarks": "",
            "statuses": [status],
        },
        "items": [
            {**item, **soap, "order_item_id": 1},
            {**item, **soap, "order_item_id": 2},
            {**item, **brush, "order_item_id": 3},
        ],
    }
