"""Whether 500 open pages slow down the one that is being loaded.

An agent's inbox is loaded over HTTP from `sapa run`, again and again, in four situations by turns:
nobody or 500 browsers hold a stream of the same tenant, while nothing happens or 20 customers a
second write in, of which every stream hears. The ratio is that of the 99th percentiles.

    python -m benchmarks.streams [--streams 500] [--rounds 5] [--loads 300]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.figures import Figure, percentile, show
from core.boot import open_desk
from core.config import Settings
from core.services import channels, tenants
from core.services.tenants import RoleName
from core.setup import prepare
from plugins import BUILTIN
from plugins.channels.simulator.adapter import HEADER, sign

ROOT = Path(__file__).parents[1]
WHO, PASSWORD, SECRET = "rina@toko.example", "rahasia-123", "a-phone-secret"
CUSTOMERS = 40
PATIENCE = 120.0
GOAL = 1.5


class Server:
    """A running `sapa run`, and a browser that is logged in."""

    def __init__(self, port: int, webhook: str) -> None:
        self.port = port
        self._webhook = webhook
        self._written = 0
        self.cookie = ""

    def get(self, path: str) -> bytes:
        """One request on a connection of its own."""
        with contextlib.closing(self.connect()) as line:
            line.request("GET", path, headers={"Cookie": self.cookie})
            answer = line.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            return body

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def wait(self) -> None:
        """Return once it answers."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.get("/healthz")
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    def log_in(self) -> None:
        """By the form, as a person does."""
        with contextlib.closing(self.connect()) as line:
            line.request("GET", "/login/")
            page = line.getresponse()
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
            if found is None:
                raise RuntimeError("/login/ shows no form")
            form = {"username": WHO, "password": PASSWORD, "csrf_token": found[1]}
            cookie = _cookie(page)
            line.request(
                "POST",
                "/login/",
                urlencode(form),
                {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
            )
            answer = line.getresponse()
            answer.read()
            self.cookie = _cookie(answer) or cookie

    def customer_writes(self) -> None:
        """One message through the channel's webhook."""
        self._written += 1
        number = self._written % CUSTOMERS
        message = {
            "id": f"in-{self._written}",
            "from": f"+62812345678{number:02d}",
            "name": f"Customer {number}",
            "text": "Halo",
            "sent_at": "2026-11-01T09:00:00+07:00",
        }
        body = json.dumps({"messages": [message]}).encode()
        with contextlib.closing(self.connect()) as line:
            line.request("POST", self._webhook, body, {HEADER: sign(SECRET, body)})
            if (status := line.getresponse().status) != 200:
                raise RuntimeError(f"The webhook answered {status}")

    def open_streams(self) -> int:
        found = re.search(rb'sapa_live_streams\{[^}]*"open"[^}]*\} (\d+)', self.get("/metrics"))
        return int(found[1]) if found else 0


def _cookie(answer: http.client.HTTPResponse) -> str:
    return (answer.getheader("Set-Cookie") or "").split(";")[0]


@contextmanager
def served(home: Path) -> Iterator[tuple[Server, int]]:
    """An installation with one shop, served; and the serving process's id."""
    settings = Settings(home=home)
    prepare(settings, BUILTIN)
    desk = open_desk(settings, BUILTIN)
    with desk.database.system() as session:
        tenant = tenants.create_tenant(session, "toko", plan="enterprise", name="Toko")
        user = tenants.create_user(session, WHO, password=PASSWORD, first_name="Rina")
        tenants.add_member(session, tenant, user, [RoleName.ADMIN])
        tenant_id = tenant.id
    with desk.database.tenant(tenant_id) as session:
        channel = channels.create_channel(
            session,
            kind="simulator",
            name="Phone",
            own_address="+628111111111",
            values={"phone_url": "http://127.0.0.1:9/phone", "secret": SECRET},
        )
        webhook = f"/webhooks/{channel.uuid}"
    desk.database.dispose()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SAPA_")}
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "sapa", "run", "--port", str(port)],
            cwd=ROOT,
            env={**ours, "SAPA_HOME": str(home)},
            stdout=log,
            stderr=log,
        )
    try:
        server = Server(port, webhook)
        server.wait()
        server.log_in()
        yield server, process.pid
    finally:
        process.terminate()
        process.wait(60)


def hold(port: int, cookie: str, streams: int, line: Connection) -> None:
    """In a process of its own: open streams and read them until told to end."""
    poll = selectors.DefaultSelector()
    heard = 0
    for number in range(streams):
        stream = socket.create_connection(("127.0.0.1", port))
        stream.sendall(
            f"GET /live/?page=p{number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )
        poll.register(stream, selectors.EVENT_READ)
    while not line.poll():
        for key, _ in poll.select(0.1):
            stream = key.fileobj  # type: ignore[assignment]  # we registered sockets
            heard += stream.recv(65536).count(b"event: ")
    line.send(heard)


@contextmanager
def streams_open(server: Server, streams: int) -> Iterator[None]:
    """That many browsers listen while the block runs; gone after it."""
    here, there = multiprocessing.Pipe()
    holder = multiprocessing.get_context("spawn").Process(
        target=hold, args=(server.port, server.cookie, streams, there)
    )
    holder.start()
    _until(lambda: server.open_streams() >= streams)
    try:
        yield
    finally:
        here.send("end")
        print(f"  the streams heard {here.recv()} events", flush=True)
        holder.join(PATIENCE)

        def are_gone() -> bool:
            server.customer_writes()  # what is written to a closed connection ends its stream
            return server.open_streams() == 0

        _until(are_gone)


def _until(holds: object) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]  # a callable
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.2)


@contextmanager
def customers_write(server: Server, every: float) -> Iterator[None]:
    """Messages come in at this pace while the block runs."""
    is_over = threading.Event()

    def write() -> None:
        due = time.monotonic()
        while not is_over.wait(max(0.0, due - time.monotonic())):
            due += every
            server.customer_writes()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        is_over.set()
        writer.join()


def loads(server: Server, count: int) -> list[float]:
    """Seconds of each load of the inbox, one after another."""
    seconds = []
    with contextlib.closing(server.connect()) as line:
        for _ in range(count):
            began = time.perf_counter()
            line.request("GET", "/inbox/", headers={"Cookie": server.cookie})
            answer = line.getresponse()
            answer.read()
            seconds.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"/inbox/ answered {answer.status}")
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--streams", type=int, default=500)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--loads", type=int, default=300)
    options.add_argument("--events", type=float, default=20.0, help="a second")
    chosen = options.parse_args()
    quiet: list[tuple[list[float], list[float]]] = []
    busy: list[tuple[list[float], list[float]]] = []
    with (
        tempfile.TemporaryDirectory() as home,
        served(Path(home)) as (server, _process),
    ):
        for _ in range(CUSTOMERS):
            server.customer_writes()
        loads(server, 50)
        for _ in range(chosen.rounds):
            alone = loads(server, chosen.loads)
            with customers_write(server, 1 / chosen.events):
                alone_busy = loads(server, chosen.loads)
            with streams_open(server, chosen.streams):
                together = loads(server, chosen.loads)
                with customers_write(server, 1 / chosen.events):
                    together_busy = loads(server, chosen.loads)
            quiet.append((alone, together))
            busy.append((alone_busy, together_busy))
            for name, (before, after) in (("idle", quiet[-1]), ("busy", busy[-1])):
                print(
                    f"  {name}: p50 {percentile(before, 0.5) * 1000:.0f} -> "
                    f"{percentile(after, 0.5) * 1000:.0f} ms, p99 "
                    f"{percentile(before, 0.99) * 1000:.0f} -> "
                    f"{percentile(after, 0.99) * 1000:.0f} ms",
                    flush=True,
                )
    for what, rounds in (("idle", quiet), (f"{chosen.events:g} messages a second", busy)):
        ratios = tuple(percentile(b, 0.99) / percentile(a, 0.99) for a, b in rounds)
        alone = [second for before, _ in rounds for second in before]
        together = [second for _, after in rounds for second in after]
        show(
            Figure(
                "streams",
                f"inbox p99 with {chosen.streams} open, {what}",
                ratios,
                "the p99 with none",
                GOAL,
                at_most=True,
                detail=f"{percentile(alone, 0.99) * 1000:.0f} -> "
                f"{percentile(together, 0.99) * 1000:.0f} ms",
            )
        )


if __name__ == "__main__":
    main()
