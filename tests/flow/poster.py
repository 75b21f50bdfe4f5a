"""Meta's side of a flood: each body until it is acknowledged, one person's in their order."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx

from core.testing.installation import CloudLine
from core.testing.providers.whatsapp_cloud_bodies import Json, text

SENDERS = 8
PEOPLE = 61
_TWICE = 17  # every so many'th is delivered again though it was acknowledged, as Meta may do


class Poster:
    """Delivers texts, `begin` to `messages`; `allow` says how many it may begin."""

    def __init__(self, url: str, line: CloudLine, messages: int, *, begin: int = 0) -> None:
        self._url, self._line = url, line
        self._begin = begin
        self.texts = [f"message {n}" for n in range(begin, messages)]
        self.statuses: set[int] = set()
        self.acknowledged = self.repeated = 0
        self._allowed = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(SENDERS)
        ]
        for thread in self._threads:
            thread.start()

    def allow(self, number: int) -> None:
        self._allowed = number

    @property
    def is_done(self) -> bool:
        return self.acknowledged == len(self.texts)

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    def report(self, receipt: Json) -> None:
        """Deliver one receipt."""
        raw = json.dumps(self._line.statuses(receipt)).encode()
        with httpx.Client(timeout=10, trust_env=False) as client:
            assert self._post(client, raw) == 200

    def _work(self, thread: int) -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            for number, said in enumerate(self.texts, self._begin):
                person = number % PEOPLE
                if person % SENDERS != thread:
                    continue
                while number >= self._allowed:
                    if self._stopping.wait(0.01):
                        return
                sent = text(f"62812000{person:05}", said, id=f"wamid.in.{number}")
                if not self._deliver(client, json.dumps(self._line.messages(sent)).encode()):
                    return
                if number % _TWICE == 0:
                    self._post(client, raw=json.dumps(self._line.messages(sent)).encode())

    def _deliver(self, client: httpx.Client, raw: bytes) -> bool:
        """True once it is acknowledged; False where the flood is over."""
        while not self._stopping.is_set():
            if self._post(client, raw) == 200:
                with self._lock:
                    self.acknowledged += 1
                return True
            with self._lock:
                self.repeated += 1
            time.sleep(0.02)
        return False

    def _post(self, client: httpx.Client, raw: bytes) -> int:
        """The answer's status, 0 where there is none."""
        try:
            answer: Any = client.post(
                f"{self._url}{self._line.path}", content=raw, headers=self._line.meta.sign(raw)
            )
        except httpx.TransportError:
            return 0
        self.statuses.add(answer.status_code)
        return int(answer.status_code)
