"""kill -9 at random moments while messages come in and answers go out: 0 lost, none sent twice.

`sapa run` on SQLite, everything in one process; Meta and the sender are processes and threads of
their own. The sender repeats a webhook until it is acknowledged, as Meta does.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from core.config import Settings
from core.inbound import MessageState
from core.models import Direction, Job, Message, RawInbox
from core.services import channels
from core.testing.installation import Installation, installation
from core.testing.providers.journal import doubles, read_journal
from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_bodies import Json, status, text
from plugins import BUILTIN
from tests.flow.processes import ServedDesk, free_port, provider

SENDERS = 8
WORKERS = Settings().worker_threads
MOST_SECONDS = 540


def test_five_kills(sqlite_settings: Settings, tmp_path: Path) -> None:
    result = run(sqlite_settings, tmp_path, messages=60, kills=5, seed=5)
    assert result.kills == 5


@pytest.mark.prove
def test_fifty_kills_while_a_thousand_messages_pass(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    result = run(sqlite_settings, tmp_path, messages=1000, kills=50, seed=50)
    assert result.kills == 50


@dataclass
class Result:
    """What a run came to."""

    kills: int = 0
    killed_in_call: set[int] = field(default_factory=set)
    acknowledged: int = 0
    repeated: int = 0
    unknown: int = 0
    reconciled: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills in {self.seconds:.0f} s: {self.acknowledged} messages in, none "
            f"lost; as many answers out, none twice; {self.repeated} deliveries repeated; "
            f"{self.unknown} unknown of {len(self.killed_in_call)} killed in a call, "
            f"{self.reconciled} of them cleared by a receipt"
        )


def run(settings: Settings, folder: Path, *, messages: int, kills: int, seed: int) -> Result:
    """The proof. Raises AssertionError where anything is lost or doubled."""
    result, started = Result(), time.monotonic()
    chance = random.Random(seed)
    journal = folder / "journal.jsonl"
    with (
        provider(journal) as graph_url,
        CloudSimulator() as meta,  # for its words and its signature
        installation(settings, BUILTIN) as house,
    ):
        path = connect(house, meta, graph_url)
        desk = ServedDesk(settings.home, free_port(), folder / "server.log")
        post = Poster(f"{desk.url}{path}", meta, messages)
        try:
            for life in range(kills):
                post.allow((life + 1) * messages // (kills + 1))
                desk.start()
                if chance.random() < 0.85:
                    desk.wait()
                    time.sleep(chance.uniform(0, 0.8))
                else:
                    time.sleep(chance.uniform(0, 2))  # perhaps while it boots
                desk.kill()
                result.kills += 1
                result.killed_in_call |= in_call(settings.home)
                assert time.monotonic() - started < MOST_SECONDS
            post.allow(messages)
            desk.start()
            desk.wait()
            post.join()
            wait_for_quiet(settings.home)
            result.acknowledged, result.repeated = post.acknowledged, post.repeated
            check_all_there(house, post, result, read_journal(journal))
            reconcile(house, post, result, read_journal(journal))
            wait_for_quiet(settings.home)
        finally:
            post.stop()
            desk.stop()
        check_end(house, post, read_journal(journal))
    result.seconds = time.monotonic() - started
    print(f"\n{result}")
    return result


def connect(house: Installation, meta: CloudSimulator, graph_url: str) -> str:
    """A Cloud channel whose provider is another process; the path of its webhook."""
    with house.tenant() as session:
        channel = channels.create_channel(
            session,
            kind="whatsapp_cloud",
            name="WhatsApp",
            own_address=f"+{meta.numbers.display_phone_number}",
            values={
                "phone_number_id": meta.numbers.phone_number_id,
                "waba_id": meta.numbers.waba_id,
                "access_token": meta.access_token,
                "app_secret": meta.app_secret,
                "verify_token": "verify-me",
                "graph_url": graph_url,
            },
        )
        return f"/webhooks/{channel.uuid}"


class Poster:
    """Delivers bodies, each until it is acknowledged; `allow` says how many it may begin."""

    def __init__(self, url: str, meta: CloudSimulator, messages: int) -> None:
        self._url, self._meta = url, meta
        self.texts = [f"message {n}" for n in range(messages)]
        self.acknowledged = self.repeated = 0
        self._allowed = self._next = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def allow(self, number: int) -> None:
        self._allowed = number

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=120)
        assert self.acknowledged == len(self.texts)

    def stop(self) -> None:
        self._stopping.set()

    def report(self, receipt: Json) -> None:
        """Deliver one receipt."""
        raw = json.dumps(self._meta.numbers.body(self._meta.numbers.statuses(receipt))).encode()
        answer = httpx.post(self._url, content=raw, headers=self._meta.sign(raw), trust_env=False)
        assert answer.status_code == 200

    def _work(self) -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            while not self._stopping.is_set():
                with self._lock:
                    if self._next == len(self.texts):
                        return
                    number = self._next if self._next < self._allowed else None
                    self._next += number is not None
                if number is None:
                    time.sleep(0.01)
                else:
                    self._deliver(client, number)

    def _deliver(self, client: httpx.Client, number: int) -> None:
        sender = f"62812000{number % 97:05}"
        said = text(sender, self.texts[number], id=f"wamid.in.{number}")
        raw = json.dumps(body_of(self._meta, said)).encode()
        while not self._stopping.is_set():
            try:
                if client.post(self._url, content=raw, headers=self._meta.sign(raw)).is_success:
                    with self._lock:
                        self.acknowledged += 1
                    return
            except httpx.TransportError:
                time.sleep(0.05)
            with self._lock:
                self.repeated += 1


def body_of(meta: CloudSimulator, *messages: Json) -> Json:
    return meta.numbers.body(meta.numbers.messages(*messages))


def in_call(home: Path) -> set[int]:
    """The messages that stand between the two fences of a call: who was killed in the middle."""
    with sqlite3.connect(home / "sapa.db") as database:
        return {row[0] for row in database.execute("select id from message where state='sending'")}


def wait_for_quiet(home: Path, seconds: float = 240) -> None:
    """Until nothing is left to do. A dead job is no quiet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with sqlite3.connect(home / "sapa.db") as database:
            if not database.execute("select 1 from job limit 1").fetchall():
                return
        time.sleep(0.1)
    with sqlite3.connect(home / "sapa.db") as database:
        left = database.execute("select actor, state, last_error from job limit 9").fetchall()
    raise AssertionError(f"work is left: {left}")


def outgoing(house: Installation) -> list[Message]:
    with house.tenant(write=False) as session:
        return list(session.scalars(select(Message).where(Message.direction == Direction.OUT)))


def check_all_there(house: Installation, post: Poster, result: Result, journal: list[Json]) -> None:
    """Every acknowledged message is stored once and answered once; no answer left twice."""
    with house.tenant(write=False) as session:
        came = session.scalars(
            select(Message.provider_id).where(Message.direction == Direction.IN)
        ).all()
    assert Counter(came) == Counter(f"wamid.in.{n}" for n in range(len(post.texts)))
    answers = outgoing(house)
    assert Counter(m.body for m in answers) == Counter(f"re {said}" for said in post.texts)
    assert doubles(journal) == {}
    taken = {line["opaque"] for line in journal}
    assert {m.state for m in answers} <= {MessageState.ACCEPTED, MessageState.UNKNOWN}
    for message in answers:
        if message.state is MessageState.ACCEPTED:
            assert str(message.uuid) in taken
        else:
            result.unknown += 1
            assert message.id in result.killed_in_call, "unknown without a kill in its call"
    assert result.unknown <= result.kills * WORKERS


def reconcile(house: Installation, post: Poster, result: Result, journal: list[Json]) -> None:
    """Receipts by our opaque id tell of what the provider has after all."""
    unknown = {str(m.uuid) for m in outgoing(house) if m.state is MessageState.UNKNOWN}
    known = [line for line in journal if line["opaque"] in unknown]
    for line in known:
        post.report(status(line["wamid"], "delivered", line["to"], opaque=line["opaque"]))
    result.reconciled = len(known)


def check_end(house: Installation, post: Poster, journal: list[Json]) -> None:
    """Only what the provider never got is unknown still."""
    taken = {line["opaque"] for line in journal}
    for message in outgoing(house):
        assert (message.state is MessageState.UNKNOWN) == (str(message.uuid) not in taken)
    with house.tenant(write=False) as session:
        assert session.scalars(select(RawInbox.id)).all() == []
        assert session.scalars(select(Job.id)).all() == []
    assert doubles(journal) == {}
