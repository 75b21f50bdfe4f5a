"""The phone behind the simulator channel, for tests: it takes sends and answers with an id."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.delivery import Courier


class PhoneSimulator(ProviderSimulator):
    """Takes any POST with the channel's secret. `sent` are the bodies that it took, in order."""

    def __init__(self, *, secret: str, port: int = 0) -> None:
        super().__init__(port=port)
        self.secret = secret
        self.sent: list[dict[str, Any]] = []

    def connect(self, webhook_url: str, **courier: Any) -> Courier:
        """A courier that posts signed bodies to the channel's webhook."""
        return Courier(webhook_url, self.sign, **courier)

    def sign(self, body: bytes) -> dict[str, str]:
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Simulator-Signature": digest}

    def answer(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.secret}":
            return Answer.of({"error": "wrong secret"}, 401)
        self.sent.append(call.json())
        return Answer.of({"id": f"phone-{len(self.sent)}"})
