"""What the simulators of marketplaces share: a shop's tokens, orders, files and webhook."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.delivery import Courier, Delivery

Json = dict[str, Any]


@dataclass(frozen=True)
class SentInShop:
    """A message that the marketplace took."""

    id: str
    to: str
    kind: str
    content: Json

    @property
    def text(self) -> str:
        """What a text says, under whichever name the marketplace has for it."""
        return str(
            next((self.content[k] for k in ("content", "text", "txt") if k in self.content), "")
        )


@dataclass(eq=False)
class MarketSimulator(ProviderSimulator):
    """One shop of a marketplace. Access ends when `expire_access` says so.

    `codes` are authorisation codes not traded yet, `refresh_tokens` those that still work: each is
    good for one use. `spent` counts how often a used one was tried.
    """

    title: ClassVar[str] = "market"
    port: int = 0
    webhook_url: str = ""
    codes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(port=self.port)
        self.access_token = f"{self.title}-access-0"
        self.refresh_tokens = {f"{self.title}-refresh-0"}
        self.orders: dict[str, Json] = {}
        self.files: dict[str, bytes] = {}
        self.uploads: list[bytes] = []
        self.sent: list[SentInShop] = []
        self.renewals = 0
        self.spent = 0
        self._numbers = itertools.count(7_494_560_109_732_334_001)
        self._courier: Courier | None = None

    def new_id(self) -> str:
        """An id of 64 bits: as a float it would lose its last digits."""
        return str(next(self._numbers))

    def expire_access(self) -> None:
        """The present token is worth nothing from now on."""
        self.access_token = f"{self.title}-gone"

    def trade(self, given: str, valid: set[str]) -> tuple[str, str] | None:
        """New tokens for a code or a refresh token; None: it was used or never was."""
        if given not in valid:
            self.spent += 1
            return None
        valid.discard(given)
        self.renewals += 1
        self.access_token = f"{self.title}-access-{self.renewals}"
        refresh = f"{self.title}-refresh-{self.renewals}"
        self.refresh_tokens.add(refresh)
        return self.access_token, refresh

    def take(self, to: str, kind: str, content: Json) -> SentInShop:
        """Keep a message that was sent."""
        sent = SentInShop(self.new_id(), to, kind, content)
        self.sent.append(sent)
        return sent

    def keep_file(self, content: bytes, name: str = "picture.jpeg") -> str:
        """Hold a file that somebody sent; the URL that webhooks name."""
        self.files[f"/files/{name}"] = content
        return f"{self.url}/files/{name}"

    def deliver(self, body: Json | bytes, **how: Any) -> Delivery:
        """Post a body to the shop's webhook; see Courier for worse manners."""
        if self._courier is None or self._courier.url != self.webhook_url:
            self._courier = Courier(self.webhook_url, self.sign)
        return self._courier.post(body, **how)

    def sign(self, body: bytes) -> Mapping[str, str]:
        """The headers that prove a body."""
        raise AssertionError("say how a webhook is signed")

    def answer(self, call: Call) -> Answer:
        if call.method == "GET" and call.path in self.files:
            return Answer(200, self.files[call.path], "image/jpeg")
        return self.serve(call)

    def serve(self, call: Call) -> Answer:
        """Answer a call of the API."""
        raise AssertionError("say what the API answers")
