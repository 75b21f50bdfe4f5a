"""A phone with SMS Gateway for Android, and its server, on this machine.

with AndroidSmsSimulator() as gateway:
    gateway.connect("http://127.0.0.1:8080/webhooks/<uuid>")
    gateway.inject(event("sms:received", received("+6281234567890", "Halo")))
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from core.testing.providers.android_sms_bodies import DEVICE, Json, moment, told
from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.delivery import Courier, Delivery

E164 = re.compile(r"\+[1-9]\d{6,14}")
PREFIX = "/3rdparty/v1"


class Refusal(Exception):
    """A refusal in the server's form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Sent:
    """A message that the gateway took."""

    id: str
    to: str
    text: str
    body: Json


@dataclass(eq=False)
class AndroidSmsSimulator(ProviderSimulator):
    """One account with one phone. `needs_https`: webhooks elsewhere are refused, as by the app.

    `is_local`: the phone serves itself, without the list of devices and the path before.
    `known_events` None: all.
    """

    username: str = "USER01"
    password: str = "gateway-password"
    signing_key: str = "signing-key-of-the-app"
    port: int = 0
    needs_https: bool = False
    is_local: bool = False
    known_events: tuple[str, ...] | None = None
    devices: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(port=self.port)
        self.sent: list[Sent] = []
        self.webhooks: dict[str, Json] = {}
        self.courier: Courier | None = None
        self.devices = self.devices or [{"id": DEVICE, "name": "Galaxy A15", "lastSeen": moment()}]

    @property
    def api_url(self) -> str:
        """What the channel's setting *Server address* takes."""
        return self.url if self.is_local else self.url + PREFIX

    def connect(self, webhook_url: str, **courier: Any) -> Courier:
        """Deliver to this address from now on."""
        self.courier = Courier(webhook_url, self.sign, **courier)
        return self.courier

    def sign(self, body: bytes, at: str = "") -> dict[str, str]:
        """The signature headers of a body."""
        at = at or str(int(time.time()))
        digest = hmac.new(self.signing_key.encode(), body + at.encode(), hashlib.sha256)
        return {"X-Signature": digest.hexdigest(), "X-Timestamp": at}

    def inject(self, event: Json) -> Delivery:
        """Let the phone tell of an event."""
        if self.courier is None:
            raise RuntimeError("connect() the simulator to a webhook address first")
        return self.courier.post(event)

    def report(self, sent: Sent, *names: str, reason: str = "") -> None:
        """Tell how far a message got, one event a name."""
        for name in names:
            self.inject(told(name, sent.id, sent.to, reason if name == "sms:failed" else ""))

    def error_body(self, code: int | None, status: int) -> Json:
        """An error document as the server writes it."""
        return {"message": f"refused with {code or status}"}

    def answer(self, call: Call) -> Answer:
        """Answer as the server does, errors included."""
        try:
            self._check_credentials(call)
            return self._route(call)
        except Refusal as refused:
            return Answer.of({"message": refused.message}, refused.status)

    def _check_credentials(self, call: Call) -> None:
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {pair}":
            raise Refusal(401, "Unauthorized")

    def _route(self, call: Call) -> Answer:
        prefix = "" if self.is_local else PREFIX
        if not call.path.startswith(prefix + "/"):
            raise Refusal(404, "Cannot find this endpoint")
        path = call.path.removeprefix(prefix)
        match (call.method, path):
            case ("POST", "/messages"):
                return Answer.of(self._take(call.json()), 202)
            case ("GET", "/webhooks"):
                return Answer.of(list(self.webhooks.values()))
            case ("POST", "/webhooks"):
                return Answer.of(self._register(call.json()), 201)
            case ("GET", "/devices") if not self.is_local:
                return Answer.of(self.devices)
            case ("GET", message) if message.startswith("/messages/"):
                return Answer.of(self._state(self._found(message.rpartition("/")[2])))
            case ("DELETE", webhook) if webhook.startswith("/webhooks/"):
                self.webhooks.pop(webhook.rpartition("/")[2], None)
                return Answer(204)
        raise Refusal(404, "Cannot find this endpoint")

    def _register(self, wanted: Json) -> Json:
        if self.needs_https and not str(wanted.get("url", "")).startswith("https://"):
            raise Refusal(400, "url must start with https://")
        if self.known_events is not None and wanted.get("event") not in self.known_events:
            raise Refusal(400, "event must be one of those that there are")
        wanted = {**wanted, "id": wanted.get("id") or secrets.token_urlsafe(16)}
        self.webhooks[str(wanted["id"])] = wanted
        return wanted

    def _take(self, body: Json) -> Json:
        numbers = body.get("phoneNumbers") or [""]
        text = (body.get("textMessage") or {}).get("text", "")
        if not E164.fullmatch(str(numbers[0])):
            raise Refusal(400, "failed to parse phone number: invalid country code")
        if not text:
            raise Refusal(400, "message must be one of text, data")
        identifier = str(body.get("id") or secrets.token_urlsafe(16))
        if any(sent.id == identifier for sent in self.sent):
            raise Refusal(409, "duplicate id")
        sent = Sent(identifier, numbers[0], text, body)
        self.sent.append(sent)
        return self._state(sent)

    def _found(self, identifier: str) -> Sent:
        for sent in self.sent:
            if sent.id == identifier:
                return sent
        raise Refusal(404, "message not found")

    def _state(self, sent: Sent) -> Json:
        return {
            "id": sent.id,
            "deviceId": DEVICE,
            "state": "Pending",
            "isHashed": False,
            "isEncrypted": False,
            "recipients": [{"phoneNumber": sent.to, "state": "Pending"}],
            "states": {"Pending": moment()},
        }
