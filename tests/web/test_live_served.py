"""Streams under the server that serves them: threads, the end, and browsers that don't read."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest

from plugins.channels.simulator.adapter import HEADER, sign
from tests.cli.served import PATIENCE, Served, started
from tests.web.installation import PASSWORD, SECRET, Shop, install, open_shop

WEB_THREADS, STREAMS = 2, 12
END = b"0\r\n\r\n"  # of a chunked answer


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def shop(home: Path) -> Iterator[Shop]:
    """The served installation, as seen from the tests' own process."""
    shop = open_shop(install(home), "melati")
    yield shop
    shop.desk.database.dispose()


@pytest.fixture
def server(shop: Shop, home: Path, free_port: int) -> Iterator[Served]:
    """`sapa run` with two threads for pages and twelve for streams."""
    environment = {"SAPA_WEB_THREADS": str(WEB_THREADS), "SAPA_WEB_STREAMS": str(STREAMS)}
    with started("run", home=home, port=free_port, environment=environment) as server:
        yield server


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def logged_in(server: Served) -> str:
    """The cookie of a browser that has logged in."""
    line = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    line.request("GET", "/login/")
    page = line.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token is not None
    form = {"username": "rina@melati.example", "password": PASSWORD, "csrf_token": token[1]}
    headers = {
        "Cookie": (page.getheader("Set-Cookie") or "").split(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    line.request("POST", "/login/", urlencode(form), headers)
    answer = line.getresponse()
    assert answer.status == 302
    line.close()
    return (answer.getheader("Set-Cookie") or "").split(";")[0]


def get(server: Served, cookie: str, path: str) -> int:
    line = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    line.request("GET", path, headers={"Cookie": cookie})
    status = line.getresponse().status
    line.close()
    return status


@contextmanager
def stream(server: Served, cookie: str, page: str) -> Iterator[socket.socket]:
    """A browser's stream, asked for; what is answered has not been read."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        line.sendall(
            f"GET /live/?page={page} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )
        yield line


def read_until(line: socket.socket, wanted: bytes) -> bytes:
    """What comes until `wanted` has come. Fails at the end of the stream, or of the patience."""
    heard = b""
    end = time.monotonic() + PATIENCE
    while wanted not in heard:
        piece = line.recv(4096)
        assert piece, heard
        assert time.monotonic() < end, heard
        heard += piece
    return heard


def customer_writes(server: Served, shop: Shop, name: str) -> None:
    message = {
        "id": name,
        "from": "+6281234567890",
        "name": "Dewi",
        "text": "Halo",
        "sent_at": "2026-11-01T09:00:00+07:00",
    }
    body = json.dumps({"messages": [message]}).encode()
    line = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    line.request("POST", f"/webhooks/{shop.channel_uuid}", body, {HEADER: sign(SECRET, body)})
    assert line.getresponse().status == 200
    line.close()


def test_pages_are_served_while_every_place_is_taken(server: Served, shop: Shop):
    cookie = logged_in(server)
    with ExitStack() as browsers:
        lines = [
            browsers.enter_context(stream(server, cookie, f"p{number}"))
            for number in range(STREAMS)
        ]
        for line in lines:
            read_until(line, b"retry: ")
        assert get(server, cookie, "/inbox/") == 200
        assert get(server, cookie, "/live/") == 503  # polls from now on
        customer_writes(server, shop, "while-full")
        for line in lines:
            read_until(line, b"event: message")


def test_a_graceful_stop_ends_open_streams_and_hangs_on_none(server: Served):
    cookie = logged_in(server)
    with stream(server, cookie, "a") as first, stream(server, cookie, "b") as second:
        read_until(first, b"retry: ")
        read_until(second, b"retry: ")
        assert server.stop() == 0
        # the answer's own end: a server that is killed for being late doesn't write it
        for line in (first, second):
            assert read_until(line, END).endswith(END)


def test_a_browser_that_never_reads_holds_up_nobody(server: Served, shop: Shop):
    cookie = logged_in(server)
    with stream(server, cookie, "sleeps"), stream(server, cookie, "reads") as reader:
        read_until(reader, b"retry: ")
        for number in range(20):
            customer_writes(server, shop, f"for-the-slow-{number}")
        read_until(reader, b"event: message")
        assert get(server, cookie, "/inbox/") == 200


def test_what_was_closed_gives_its_place_back(server: Served, shop: Shop):
    cookie = logged_in(server)
    with ExitStack() as browsers:
        for number in range(STREAMS):
            line = browsers.enter_context(stream(server, cookie, f"p{number}"))
            read_until(line, b"retry: ")
        assert get(server, cookie, "/live/?page=late") == 503
    end = time.monotonic() + PATIENCE
    for attempt in count():
        customer_writes(server, shop, f"after-closing-{attempt}")  # a write finds who has gone
        with stream(server, cookie, "new") as line:
            if b" 200 " in (answer := read_until(line, b"\r\n")):
                break
        assert time.monotonic() < end
        time.sleep(0.2)
    assert answer.startswith(b"HTTP/1.1 200 ")
