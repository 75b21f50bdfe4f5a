"""How a provider delivers webhooks: signed, retried within bounds, and not always as you'd like."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

Signer = Callable[[bytes], Mapping[str, str]]


@dataclass(frozen=True)
class Delivery:
    """One body and how it went: the status of each attempt, 0 where no answer came."""

    body: bytes
    statuses: tuple[int, ...]

    @property
    def is_delivered(self) -> bool:
        return bool(self.statuses) and 200 <= self.statuses[-1] < 300


@dataclass
class Courier:
    """Posts bodies to one webhook address. `sign` returns the headers that prove the sender."""

    url: str
    sign: Signer
    attempts: int = 3
    pause: float = 0.05
    timeout: float = 10.0
    deliveries: list[Delivery] = field(default_factory=list)

    def post(self, body: bytes | dict[str, Any], *, copies: int = 1) -> Delivery:
        """Deliver a body (`copies` times over) and retry on everything but a 2xx, with a bound."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return [self._deliver(raw, self.sign(raw)) for _ in range(copies)][-1]

    def post_shuffled(self, bodies: Iterable[dict[str, Any]], *, seed: int) -> list[Delivery]:
        """Deliver bodies out of order, the same order for the same seed."""
        shuffled = list(bodies)
        random.Random(seed).shuffle(shuffled)
        return [self.post(body) for body in shuffled]

    def post_forged(self, body: bytes | dict[str, Any]) -> Delivery:
        """Deliver a body with the signature of another one. A forger doesn't retry."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._deliver(raw, self.sign(raw + b" "), attempts=1)

    def post_unsigned(self, body: bytes | dict[str, Any]) -> Delivery:
        """Deliver a body without any signature."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._deliver(raw, {}, attempts=1)

    def _deliver(
        self, raw: bytes, headers: Mapping[str, str], attempts: int | None = None
    ) -> Delivery:
        statuses: list[int] = []
        with httpx.Client(timeout=self.timeout, trust_env=False) as client:
            for attempt in range(attempts or self.attempts):
                if attempt:
                    time.sleep(self.pause * 2 ** (attempt - 1))
                statuses.append(_status(client, self.url, raw, headers))
                if 200 <= statuses[-1] < 300:
                    break
        delivery = Delivery(raw, tuple(statuses))
        self.deliveries.append(delivery)
        return delivery


def _status(client: httpx.Client, url: str, raw: bytes, headers: Mapping[str, str]) -> int:
    try:
        sent = {"Content-Type": "application/json", **headers}
        return client.post(url, content=raw, headers=sent).status_code
    except httpx.TransportError:
        return 0
