"""A Shopee Open Platform on this machine: chats, orders, tokens, signed pushes, lost ones.

    with ShopeeSimulator() as shopee:
        shopee.webhook_url = "http://127.0.0.1:8080/webhooks/<uuid>"
        shopee.deliver(shopee.message("Halo"))

Refusals come as HTTP 200 with a word in `error`, as Shopee's do.
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

USUAL = {
    400: "error_param",
    401: "error_auth",
    403: "error_permission",
    429: "error_rate_limit",
    500: "error_server",
    503: "error_busy",
}
ACCESS_SECONDS = 4 * 3600
OWN_USER = 947_151_379


@dataclass(eq=False)
class ShopeeSimulator(MarketSimulator):
    """One app and one shop. `lost` holds bodies that could not be delivered."""

    title: ClassVar[str] = "shopee"
    partner_id: int = 2_007_001
    partner_key: str = "the-partner-key-of-shopee"
    shop_id: int = 947_042_923
    blocked: set[int] = field(default_factory=set)
    """Buyers who take no messages."""
    tracking: dict[str, str] = field(default_factory=dict)
    lost: list[Json] = field(default_factory=list)
    push_config: Json = field(default_factory=dict)

    # What Shopee tells.

    def sign(self, body: bytes) -> Mapping[str, str]:
        text = f"{self.webhook_url}|".encode() + body
        signed = hmac.new(self.partner_key.encode(), text, hashlib.sha256)
        return {"Authorization": signed.hexdigest()}

    def push(self, code: int, data: Json, **envelope: Any) -> Json:
        """A whole body."""
        moment = int(time.time())
        return {"msg_id": "", "data": data, "shop_id": self.shop_id, "code": code} | {
            "timestamp": moment,
            **envelope,
        }

    def message(self, text: str, buyer: int = 165_105_353, **changes: Any) -> Json:
        """The push of a text; `kind` and `content` for others, `is_ours` for the shop's own."""
        content = self.content(self.new_id(), buyer, text, **changes)
        return self.push(10, {"type": "message", "region": "ID", "content": content})

    def content(
        self,
        identifier: str,
        buyer: int,
        text: str = "",
        *,
        kind: str = "text",
        content: Json | None = None,
        is_ours: bool = False,
        **more: Any,
    ) -> Json:
        """A message in a push."""
        people = [(OWN_USER, "melati", self.shop_id), (buyer, "dewi.l", 165_103_149)]
        writer, reader = people if is_ours else reversed(people)
        return {
            "message_id": identifier,
            "shop_id": writer[2],
            "request_id": "35f9478b-7482-46eb-a268-8f828fedb673",
            "from_id": writer[0],
            "from_user_name": writer[1],
            "to_id": reader[0],
            "to_user_name": reader[1],
            "message_type": kind,
            "content": {"text": text} if content is None else content,
            "conversation_id": "709122092476686867",
            "created_timestamp": int(time.time()),
            "region": "ID",
            "source_content": {},
            "quoted_msg": {"message_id": ""},
            **more,
        }

    def order_event(self, order: str, status: str) -> Json:
        """The push that an order has another status."""
        data = {"items": [], "ordersn": order, "status": status, "update_time": int(time.time())}
        return self.push(3, {**data, "completed_scenario": ""})

    def lose(self, body: Json) -> None:
        """A push that could not be delivered, as it stands in the list of lost ones."""
        self.lost.append(
            {
                "shop_id": body["shop_id"],
                "code": body["code"],
                "msg_id": len(self.lost) + 1,
                "timestamp": body["timestamp"],
                "data": json.dumps(body),
            }
        )

    # What it answers.

    def error_body(self, code: int | str | None, status: int) -> Json:
        return {
            "error": str(code) if code else USUAL.get(status, "error_unknown"),
            "message": "Refused",
            "request_id": "2026",
        }

    def serve(self, call: Call) -> Answer:
        path = call.path.removeprefix("/api/v2/")
        is_of_app = path.startswith(("auth/", "push/"))
        refused = self._refusal(call, is_of_app=is_of_app)
        if refused:
            return Answer.of(self.error_body(refused, 403), 403)
        match (call.method, path):
            case ("POST", "auth/token/get" | "auth/access_token/get"):
                return self._token(call, is_first=path == "auth/token/get")
            case ("GET", "shop/get_shop_info"):
                return Answer.of({"error": "", "message": "", "shop_name": "Melati"})
            case ("GET", "push/get_app_push_config"):
                return ok(self.push_config)
            case ("GET", "push/get_lost_push_message"):
                page = self.lost[:100]
                last = page[-1]["msg_id"] if page else 0
                more = len(self.lost) > len(page)
                found = {"push_message_list": page, "last_message_id": last, "has_next_page": more}
                return Answer.of({"error": "-", "message": "-", "response": found})
            case ("POST", "push/confirm_consumed_lost_push_message"):
                last = call.json()["last_message_id"]
                self.lost = [each for each in self.lost if each["msg_id"] > last]
                return Answer.of({"error": "-", "message": "-"})
            case ("GET", "order/get_order_detail"):
                ids = call.query.get("order_sn_list", "").split(",")
                return ok({"order_list": [self.orders[i] for i in ids if i in self.orders]})
            case ("GET", "logistics/get_tracking_number"):
                number = self.tracking.get(call.query.get("order_sn", ""))
                if number is None:
                    return Answer.of(self.error_body("logistics.error_status_limit", 200))
                return ok({"tracking_number": number})
            case ("POST", "sellerchat/upload_image"):
                content = call.files["file"][2]
                self.uploads.append(content)
                return ok({"url": self.keep_file(content, "sent.jpeg")})
            case ("POST", "sellerchat/send_message"):
                return self._message(call.json())
        return Answer.of(self.error_body("error_not_found", 404), 404)

    def _refusal(self, call: Call, *, is_of_app: bool) -> str:
        """The word with which a call is refused before it is looked at; "" for none."""
        query = call.query
        parts = [query.get("partner_id", ""), call.path, query.get("timestamp", "")]
        if not is_of_app:
            parts += [query.get("access_token", ""), query.get("shop_id", "")]
        key = self.partner_key.encode()
        signed = hmac.new(key, "".join(parts).encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signed, query.get("sign", "")):
            return "error_sign"
        if abs(int(query.get("timestamp", "0")) - time.time()) > 300:
            return "error_param"
        is_known = query.get("access_token") == self.access_token
        return "" if is_of_app or is_known else "invalid_acceess_token"

    def _token(self, call: Call, *, is_first: bool) -> Answer:
        given = call.json()
        if (given.get("partner_id"), given.get("shop_id")) != (self.partner_id, self.shop_id):
            return Answer.of(self.error_body("error_param", 200))
        key, valid = ("code", self.codes) if is_first else ("refresh_token", self.refresh_tokens)
        tokens = self.trade(str(given.get(key)), valid)
        if tokens is None:
            return Answer.of(self.error_body("invalid_code" if is_first else "error_auth", 200))
        access, refresh = tokens
        found = {"access_token": access, "refresh_token": refresh, "expire_in": ACCESS_SECONDS}
        return Answer.of({"error": "", "message": "", "request_id": "2026", **found})

    def _message(self, found: Json) -> Answer:
        if found["to_id"] in self.blocked:
            return Answer.of(self.error_body("error_blocked", 200))
        sent = self.take(str(found["to_id"]), found["message_type"], found["content"])
        return ok({"message_id": sent.id, "to_id": found["to_id"]})


def ok(response: Json) -> Answer:
    """A success."""
    return Answer.of({"error": "", "message": "", "request_id": "2026", "response": response})


def order(identifier: str, status: str, **more: Any) -> Json:
    """An order as the API tells it: two soaps and a brush, paid unless it says so."""
    soap = {"item_name": "Soap", "model_name": "Rose", "model_quantity_purchased": 2}
    brush = {"item_name": "Brush", "model_name": "", "model_quantity_purchased": 1}
    return {
        "order_sn": identifier,
        "order_status": status,
        "currency": "IDR",
        "cod": False,
        "total_amount": 30000.5,
        "buyer_user_id": 165_105_353,
        "buyer_username": "dewi.l",
        "pay_time": None if status == "UNPAID" else int(time.time()),
        "shipping_carrier": "SPX",
        "message_to_seller": "",
        "item_list": [
            {**soap, "model_discounted_price": 12500},
            {**brush, "model_discounted_price": 5000.5},
        ],
        **more,
    }
