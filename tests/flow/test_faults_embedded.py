"""One process on SQLite whose disk fills up, and providers that hang or answer nonsense."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.config import Settings
from core.inbound import MessageState
from core.jobs.flights import MOST_SLOW
from core.models import Conversation, Message
from core.services.send import send_message
from core.testing.installation import CloudLine, Installation, installation
from core.testing.prepared import prepared
from core.testing.providers.whatsapp_cloud_bodies import text
from core.testing.waiting import wait_until
from plugins import BUILTIN
from tests.flow.poster import Poster
from tests.flow.processes import ROOT, Nursery, Served, served
from tests.flow.visitor import Visitor, Watch

PEOPLE = 12
THREADS = Settings().worker_threads
FULL = 4096  # bytes that a file may have: none of the database's takes one more


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Installation]:
    settings = Settings(home=tmp_path / "home")
    prepared(settings, BUILTIN)
    with installation(settings, BUILTIN) as built:
        yield built


@pytest.fixture
def desk(house: Installation, born: Nursery, tmp_path: Path) -> Iterator[Served]:
    """Sapa as it ships, nobody answers by itself."""
    found = served(born, house.desk.settings, tmp_path, app=ROOT)
    found.start()
    found.wait()
    yield found
    found.kill()


def write(house: Installation, line: CloudLine, desk: Served, people: int) -> None:
    """Some people write, so that they can be answered."""
    line.meta.connect(f"{desk.url}{line.path}")
    for number in range(people):
        line.meta.inject(text(f"628{line.channel_id}{number:08}", "Halo"))
    assert wait_until(lambda: len(conversations(house, line)) == people)


def conversations(house: Installation, line: CloudLine) -> list[int]:
    with house.tenant(write=False) as session:
        asked = select(Conversation.id).where(Conversation.channel_id == line.channel_id)
        return list(session.scalars(asked.order_by(Conversation.id)))


def answer(house: Installation, line: CloudLine, *words: str) -> None:
    """One message for each conversation in turn, in one transaction."""
    places = conversations(house, line)
    with house.tenant() as session:
        for number, body in enumerate(words):
            conversation = session.get_one(Conversation, places[number % len(places)])
            send_message(session, conversation, text=body)


def states(house: Installation, line: CloudLine) -> Counter[str]:
    """What became of our messages on a channel."""
    return Counter(message.state.value for message in sent(house, line))


def sent(house: Installation, line: CloudLine) -> list[Message]:
    with house.tenant(write=False) as session:
        asked = select(Message).where(
            Message.channel_id == line.channel_id, Message.state != MessageState.RECEIVED
        )
        return list(session.scalars(asked.order_by(Message.id)))


@pytest.mark.prove
def test_a_provider_that_hangs_stops_nobody_else(house: Installation, desk: Served) -> None:
    """It took what it was given, and never said so: unknown, until its receipts tell."""
    with house.cloud() as hung, house.cloud() as other:
        write(house, hung, desk, PEOPLE)
        write(house, other, desk, PEOPLE)
        hung.meta.hang_next(PEOPLE, is_processed=True, only="/messages")
        answer(house, hung, *(f"hung {n}" for n in range(PEOPLE)))
        assert wait_until(lambda: states(house, hung)["sending"] == THREADS)
        answer(house, other, *(f"other {n}" for n in range(PEOPLE)))
        assert wait_until(lambda: states(house, other) == {"accepted": PEOPLE})
        write(house, other, desk, PEOPLE + 1)  # receiving goes on as well
        stuck = states(house, hung)
        assert set(stuck) == {"sending", "queued"}, stuck
        assert stuck["sending"] <= MOST_SLOW + 1
        assert wait_until(lambda: states(house, hung) == {"unknown": PEOPLE}, 90)
        answer(house, hung, "well again")
        assert wait_until(lambda: states(house, hung)["accepted"] == 1)
        for each in hung.meta.sent:
            hung.meta.report(each, "delivered")
        assert wait_until(lambda: states(house, hung) == {"delivered": PEOPLE + 1})
        assert hung.meta.journal.doubles() == {}


@pytest.mark.prove
def test_a_provider_that_answers_nonsense_loses_and_doubles_nothing(
    house: Installation, desk: Served
) -> None:
    nonsense = {
        "html": (b"<html>It works</html>", 200),
        "cut": (b'{"messages": [{"id": "wamid.', 200),
        "empty": (b"", 200),
        "array": (b"[]", 200),
        "huge": (b"[" + b" " * 6_000_000 + b"]", 200),
    }
    with house.cloud() as line:
        write(house, line, desk, 1)
        for number, (name, (body, status)) in enumerate(nonsense.items(), 1):
            line.meta.garbage_next(1, body=body, status=status, only="/messages")
            answer(house, line, name)
            wanted = number
            assert wait_until(lambda wanted=wanted: states(house, line)["unknown"] == wanted), (
                name,
                states(house, line),
            )
        answer(house, line, "well")
        assert wait_until(lambda: states(house, line)["accepted"] == 1)
        line.meta.fail_next(1, status=502, only="/messages")
        answer(house, line, "again")
        assert wait_until(lambda: states(house, line)["accepted"] == 2)
        line.meta.fail_next(1, status=302, only="/messages", Location="https://example.org/")
        answer(house, line, "elsewhere")
        assert wait_until(lambda: states(house, line)["failed"] == 1)
        with house.tenant(write=False) as session:
            channel = line.channel(session)
            assert channel.state.value == "broken"
            assert "redirects" in channel.reason
        reasons = {m.body: m.error_reason for m in sent(house, line)}
        assert all("is not known" in reasons[name] for name in nonsense), reasons
        assert line.meta.journal.doubles() == {}
        assert desk.is_alive


@pytest.mark.prove
def test_a_full_disk_is_told_and_survived(house: Installation, desk: Served) -> None:
    """Nothing is acknowledged that isn't stored; what is wrong is said; room is enough to go on."""
    with house.cloud() as line:
        poster = Poster(desk.url, line, 200)
        try:
            poster.allow(50)
            assert wait_until(lambda: poster.acknowledged == 50)
            visitor = Visitor(house, desk.url)
            limit_files(desk, FULL)
            poster.statuses.clear()
            poster.allow(200)
            with Watch(visitor) as watch:
                assert wait_until(lambda: poster.repeated > 40)
                refused = visitor.create("Dewi")
                assert wait_until(lambda: watch.statuses["/inbox/", 200] > 3)
            assert (refused.status_code, "disk" in refused.json()["message"]) == (503, True)
            assert watch.seen <= {200, 302}, (watch.statuses, watch.bodies)
            assert 503 in poster.statuses
            acknowledged = poster.acknowledged
            limit_files(desk, resource.RLIM_INFINITY)
            assert wait_until(lambda: poster.is_done, 60), desk.told()
            assert visitor.create("Dewi").status_code == 201
        finally:
            poster.stop()
        assert poster.statuses <= {200, 503}
        assert acknowledged < 200

        def stored() -> Counter[str]:
            with house.tenant(write=False) as session:
                asked = select(Message.body).where(Message.channel_id == line.channel_id)
                return Counter(session.scalars(asked))

        assert wait_until(lambda: stored() == Counter(poster.texts), 60), desk.told()
        visitor.close()


def limit_files(desk: Served, size: int) -> None:
    """No process of the desk may write beyond `size` bytes of any file: there is no room."""
    for pid in (desk.pid, *desk.children()):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
