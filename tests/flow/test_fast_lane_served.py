"""The lane behind the real server: odd framings, and a graceful stop while bodies pour in.

Of what was answered with 200 nothing is missing. Kills are in test_kill.py.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from core.config import Settings
from core.models import Message, RawInbox
from core.testing.installation import CloudLine, Installation, installation
from core.testing.providers.whatsapp_cloud_bodies import text
from plugins import BUILTIN
from tests.flow.processes import Nursery, Served
from tests.flow.processes import served as served_desk

SENDERS = 12


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    with installation(settings, BUILTIN) as built:
        yield built


@pytest.fixture
def served(house: Installation, born: Nursery, tmp_path: Path) -> Iterator[Served]:
    desk = served_desk(born, house.desk.settings, tmp_path)
    desk.start()
    yield desk
    desk.kill()


def delivery(line: CloudLine, name: str) -> bytes:
    return json.dumps(line.messages(text("6281234567890", name, id=f"wamid.{name}"))).encode()


def kept(house: Installation, line: CloudLine) -> set[str]:
    """The provider ids that are stored, processed or not yet."""
    with house.tenant(write=False) as session:
        raw = session.scalars(select(RawInbox.body)).all()
        done = session.scalars(select(Message.provider_id)).all()
    waiting = {
        message["id"]
        for body in raw
        for change in json.loads(body)["entry"][0]["changes"]
        for message in change["value"]["messages"]
    }
    return waiting | {provider_id for provider_id in done if provider_id}


class Provider:
    """Delivers new bodies from many threads, each once, and notes how each was answered."""

    def __init__(self, url: str, line: CloudLine) -> None:
        self._url, self._line = url, line
        self.answers: dict[str, int] = {}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(SENDERS)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, sender: int) -> None:
        with httpx.Client(timeout=15, trust_env=False) as client:
            number = 0
            while not self._stopping.is_set():
                number += 1
                name = f"{sender}.{number}"
                body = delivery(self._line, name)
                try:
                    answer = client.post(
                        f"{self._url}{self._line.path}",
                        content=body,
                        headers=self._line.meta.sign(body),
                    )
                except httpx.TransportError:
                    self._stopping.wait(0.01)
                else:
                    self.answers[f"wamid.{name}"] = answer.status_code

    def stop(self) -> set[str]:
        """Stop; the ids of all that was acknowledged."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)
        return {name for name, status in self.answers.items() if status == 200}

    def wait_for(self, more: int) -> None:
        wanted, end = len(self.answers) + more, time.monotonic() + 240
        while len(self.answers) < wanted:
            assert time.monotonic() < end, Counter(self.answers.values())
            time.sleep(0.01)


def test_bodies_however_framed(house: Installation, served: Served) -> None:
    """What a client may do to the framing: whole bodies are stored, parts never."""
    with house.cloud() as line:
        served.wait()

        def say(name: str, framing: str, *pieces: bytes, close: bool = False) -> str:
            body = delivery(line, name)
            signature = line.meta.sign(body)["X-Hub-Signature-256"]
            lines = [
                f"POST {line.path} HTTP/1.1",
                "Host: desk",
                f"X-Hub-Signature-256: {signature}",
                framing.format(length=len(body)),
            ]
            with socket.create_connection(("127.0.0.1", served.port), timeout=20) as link:
                link.sendall("\r\n".join(line for line in lines if line).encode() + b"\r\n\r\n")
                for piece in pieces or (body,):
                    link.sendall(piece)
                if close:
                    return ""
                return link.recv(100).decode()[9:12]

        def chunks(name: str) -> list[bytes]:
            body = delivery(line, name)
            halves = body[:99], body[99:], b""
            return [f"{len(half):x}\r\n".encode() + half + b"\r\n" for half in halves]

        length, chunked = "Content-Length: {length}", "Transfer-Encoding: chunked"
        assert say("whole", length) == "200"
        assert (
            say("slow", length, delivery(line, "slow")[:50], delivery(line, "slow")[50:]) == "200"
        )
        assert say("chunked", chunked, *chunks("chunked")) == "200"
        assert say("twice", f"{length}\r\n{length}") == "200"
        assert say("differing", f"{length}\r\nContent-Length: 5") == "400"
        assert say("garbage", "Content-Length: ten") == "400"
        assert say("none", "") in ("400", "401")
        say("cut", length, delivery(line, "cut")[:50], close=True)
        say("cut in chunks", chunked, chunks("cut in chunks")[0], close=True)
        assert say("after", length) == "200"
        wanted = {f"wamid.{name}" for name in ("whole", "slow", "chunked", "twice", "after")}
        assert kept(house, line) == wanted


def test_a_graceful_stop_keeps_what_it_acknowledged(house: Installation, served: Served) -> None:
    with house.cloud() as line:
        served.wait()
        provider = Provider(served.url, line)
        provider.wait_for(200)
        served.stop()
        acknowledged = provider.stop()
        assert len(acknowledged) >= 200
        assert set(provider.answers.values()) <= {200, 503}
        assert acknowledged <= kept(house, line)
