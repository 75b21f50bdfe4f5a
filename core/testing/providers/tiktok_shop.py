"""A TikTok Shop Partner API on this machine: chats, orders, tokens, signed webhooks.

In a test:

    with TikTokShopSimulator() as tiktok:
        tiktok.webhook_url = "http://127.0.0.1:8080/webhooks/<uuid>"
        tiktok.deliver(tiktok.message("Halo"))

Every call is proven as TikTok proves it: signature, time, token, and a cipher where one belongs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.testing.providers.base import Answer, Call
from core.testing.providers.market import Json, MarketSimulator

USUAL_CODES = {400: 36009004, 401: 105002, 403: 105005, 429: 36009002, 500: 36009003, 503: 36009003}
ACCESS_SECONDS = 7 * 24 * 3600
BUYER = "7494560109732331111"
"""The number under which the buyer orders."""


@dataclass(eq=False)
class TikTokShopSimulator(MarketSimulator):
    """One app and one shop."""

    title: ClassVar[str] = "tiktok"
    app_key: str = "6a7b8c9d"
    app_secret: str = "the-app-secret-of-tiktok"
    shop_id: str = "7494560109732330001"
    cipher: str = "GCP_cipher-of-the-shop"
    closed: set[str] = field(default_factory=set)
    """Conversations in which the shop can't write now."""
    webhooks: dict[str, str] = field(default_factory=dict)
    people: list[Json] = field(
        default_factory=lambda: [
            {"im_user_id": "1", "role": "SHOP", "nickname": "Melati"},
            {"im_user_id": "2", "role": "BUYER", "nickname": "dewi.l", "user_id": BUYER},
        ]
    )
    """Who takes part in a conversation."""

    # What TikTok tells.

    def sign(self, body: bytes) -> Mapping[str, str]:
        signed = hmac.new(self.app_secret.encode(), self.app_key.encode() + body, hashlib.sha256)
        return {"Authorization": signed.hexdigest()}

    def event(self, number: int, data: Json, **envelope: Any) -> Json:
        """A whole body."""
        return {
            "type": number,
            "tts_notification_id": self.new_id(),
            "shop_id": self.shop_id,
            "timestamp": int(time.time()),
            "data": data,
            **envelope,
        }

    def message(self, text: str, conversation: str = "7494560109732335555", **data: Any) -> Json:
        """The event of a text; `type` and `content` for other kinds, `role` for other senders."""
        return self.event(14, message(self.new_id(), conversation, text, **data))

    def order_event(self, order: str, status: str) -> Json:
        """The event that an order has another status."""
        data = {"order_id": order, "order_status": status, "update_time": int(time.time())}
        return self.event(1, {**data, "is_on_hold_order": False})

    # What it answers.

    def error_body(self, code: int | None, status: int) -> Json:
        return {"code": code or USUAL_CODES.get(status, status), "message": "Refused", "data": {}}

    def serve(self, call: Call) -> Answer:
        if call.path.startswith("/api/v2/token/"):
            return self._token(call)
        refused = self._refusal(call)
        if refused:
            return Answer.of(self.error_body(refused, 400), 401 if refused == 105002 else 400)
        match (call.method, *call.path.strip("/").split("/")):
            case ("GET", "authorization", _, "shops"):
                shop = {"id": self.shop_id, "name": "Melati", "region": "ID", "code": "IDLC"}
                return ok({"shops": [{**shop, "cipher": self.cipher, "seller_type": "LOCAL"}]})
            case ("GET", "event", _, "webhooks"):
                listed = [{"event_type": k, "address": v} for k, v in self.webhooks.items()]
                return ok({"webhooks": listed, "total_count": len(listed)})
            case ("GET", "customer_service", _, "conversations", conversation):
                return ok({"conversation": {"id": conversation, "participants": self.people}})
            case ("GET", "order", _, "orders"):
                ids = call.query.get("ids", "").split(",")
                return ok({"orders": [self.orders[each] for each in ids if each in self.orders]})
            case ("POST", "customer_service", _, "images", "upload"):
                return self._upload(call)
            case ("POST", "customer_service", _, "conversations", conversation, "messages"):
                return self._message(conversation, call)
        return Answer.of({"code": 36009009, "message": "Invalid path", "data": {}}, 404)

    def _refusal(self, call: Call) -> int:
        """The code with which a call is refused before it is looked at; 0 for none."""
        query = {k: v for k, v in call.query.items() if k not in ("sign", "access_token")}
        pairs = "".join(key + query[key] for key in sorted(query))
        text = self.app_secret.encode() + f"{call.path}{pairs}".encode()
        signed = hmac.new(
            self.app_secret.encode(), text + call.body + self.app_secret.encode(), hashlib.sha256
        )
        if not hmac.compare_digest(signed.hexdigest(), call.query.get("sign", "")):
            return 106001
        if abs(int(query.get("timestamp", "0")) - time.time()) > 300:
            return 36009004
        if call.headers.get("x-tts-access-token") != self.access_token:
            return 105002
        is_of_shop = not call.path.startswith("/authorization/")
        return 106013 if is_of_shop and query.get("shop_cipher") != self.cipher else 0

    def _token(self, call: Call) -> Answer:
        query = call.query
        if (query.get("app_key"), query.get("app_secret")) != (self.app_key, self.app_secret):
            return Answer.of({"code": 36004002, "message": "App is wrong"}, 200)
        is_first = call.path.endswith("/get")
        given = query.get("auth_code" if is_first else "refresh_token", "")
        tokens = self.trade(given, self.codes if is_first else self.refresh_tokens)
        if tokens is None:
            return Answer.of({"code": 36004004, "message": "The token is invalid or used"}, 200)
        access, refresh = tokens
        moment = int(time.time())
        return ok(
            {
                "access_token": access,
                "access_token_expire_in": moment + ACCESS_SECONDS,
                "refresh_token": refresh,
                "refresh_token_expire_in": moment + 10 * ACCESS_SECONDS,
                "open_id": "open",
                "seller_name": "Melati",
                "seller_base_region": "ID",
                "user_type": 0,
                "granted_scopes": ["seller.customer_service"],
            }
        )

    def _upload(self, call: Call) -> Answer:
        file = call.files.get("data")
        if file is None or not file[2]:
            return Answer.of(self.error_body(36009004, 400), 400)
        self.uploads.append(file[2])
        return ok({"url": self.keep_file(file[2], "sent.jpeg"), "width": 640, "height": 480})

    def _message(self, conversation: str, call: Call) -> Answer:
        found = json.loads(call.body)
        if conversation in self.closed:
            return Answer.of(self.error_body(45109001, 200))
        content = json.loads(found["content"])
        return ok({"message_id": self.take(conversation, found["type"], content).id})


def message(
    identifier: str,
    conversation: str,
    text: str = "",
    *,
    role: str = "BUYER",
    kind: str = "TEXT",
    content: Json | None = None,
    **data: Any,
) -> Json:
    """The `data` of a message."""
    return {
        "message_id": identifier,
        "index": identifier[-15:],
        "conversation_id": conversation,
        "type": kind,
        "content": json.dumps({"content": text} if content is None else content),
        "create_time": int(time.time()),
        "is_visible": True,
        "sender": {"im_user_id": "7494560109732339999", "role": role},
        **data,
    }


def ok(data: Json) -> Answer:
    """A success."""
    return Answer.of({"code": 0, "message": "Success", "request_id": "2026", "data": data})


def order(identifier: str, status: str, **more: Any) -> Json:
    """An order as the API tells it: two soaps and a brush, paid unless it says so."""
    soap = {"product_name": "Soap", "sku_name": "Rose", "sale_price": "12500", "currency": "IDR"}
    brush = {"product_name": "Brush", "sku_name": "Default", "sale_price": "5000.50"}
    return {
        "id": identifier,
        "user_id": BUYER,
        "status": status,
        "paid_time": 0 if status == "UNPAID" else int(time.time()),
        "payment": {"currency": "IDR", "total_amount": "30000.50"},
        "recipient_address": {"name": "Dewi L***", "phone_number": "(+62)812*****90"},
        "line_items": [{**soap, "id": "1"}, {**soap, "id": "2"}, {**brush, "id": "3"}],
        "buyer_message": "",
        **more,
    }
