"""The hub in one process: who hears what, and what becomes of a page that doesn't listen."""

from __future__ import annotations

import pytest

from core.live import DEAF, MISSED, Ending, LiveEvent, LiveHub
from core.live_pump import AT_ONCE
from core.live_streams import Stream

SOON = 10.0
SOME = LiveEvent("message", {"conversation": 7})


@pytest.fixture
def hub() -> LiveHub:
    return LiveHub(max_streams=100, backlog=3)


def opened(hub: LiveHub, tenant_id: int = 1, user_id: int = 1, *pages: str) -> Stream:
    stream = hub.open(tenant_id, user_id, pages)
    assert stream is not None
    return stream


def test_every_stream_of_the_tenant_hears_and_no_other(hub: LiveHub):
    ours = [opened(hub, 1, number) for number in range(AT_ONCE * 3)]
    other = opened(hub, 2)
    hub.publish(1, SOME)
    assert {stream.take(SOON) for stream in ours} == {
        'event: message\ndata: {"conversation": 7}\n\n'
    }
    assert other.take(0) == ""


def test_events_that_wait_leave_together_and_equal_ones_are_one(hub: LiveHub):
    stream = opened(hub)
    other = LiveEvent("task", {"task": 1})
    for event in (SOME, other, SOME):
        hub.publish(1, event)
    stream.ring()
    assert stream.take(SOON) == SOME.text + other.text


def test_a_page_that_takes_nothing_is_told_that_it_missed_some(hub: LiveHub):
    slow = opened(hub)
    for number in range(50):
        hub.publish(1, LiveEvent("task", {"task": number}))
    heard = slow.take(SOON)
    assert heard.startswith(MISSED)
    assert heard.count("event:") <= 4
    hub.publish(1, SOME)
    assert slow.take(SOON) == SOME.text


def test_beyond_the_places_there_is_none_until_one_is_given_back():
    hub = LiveHub(max_streams=2)
    first, _second = opened(hub, 1), opened(hub, 2)
    assert hub.open(1, 1) is None
    hub.release(first)
    hub.release(first)
    assert hub.open_streams == 1
    assert hub.open(1, 1) is not None
    assert hub.open(1, 1) is None


def test_a_page_that_replaces_another_in_its_tab_ends_its_stream(hub: LiveHub):
    before, strangers, elsewhere = (
        opened(hub, 1, 1, "a"),
        opened(hub, 1, 2, "a"),
        opened(hub, 2, 1, "a"),
    )
    after = opened(hub, 1, 1, "b", "a")
    assert [s.is_ended for s in (before, strangers, elsewhere, after)] == [True] + [False] * 3


@pytest.mark.parametrize(
    ("ending", "ends"),
    [
        (Ending(tenant_id=1), [True, True, False]),
        (Ending(user_id=1), [True, False, True]),
        (Ending(1, 1), [True, False, False]),
    ],
)
def test_an_ending_ends_the_streams_that_it_names(hub: LiveHub, ending: Ending, ends: list[bool]):
    streams = [opened(hub, 1, 1), opened(hub, 1, 2), opened(hub, 2, 1)]
    hub.close(ending.tenant_id, user_id=ending.user_id)
    assert [stream.is_ended for stream in streams] == ends


def test_an_ending_of_everybody_is_refused(hub: LiveHub):
    with pytest.raises(ValueError, match="tenant or a person"):
        hub.close()


def test_a_stopped_hub_ends_all_and_opens_none(hub: LiveHub):
    stream = opened(hub)
    hub.stop()
    assert stream.is_ended
    assert hub.open(1, 1) is None


def test_pages_learn_once_that_other_processes_are_not_heard_and_when_they_are_again(hub: LiveHub):
    before = opened(hub)
    for hears in (True, False, False):
        hub.hears_others(hears)
    assert before.take(SOON) == DEAF
    late = opened(hub)
    assert late.take(0) == DEAF
    hub.hears_others(True)
    assert (before.take(SOON), late.take(SOON)) == (MISSED, MISSED)
