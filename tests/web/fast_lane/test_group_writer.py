"""One thread that commits for many: grouped, in order, each alone in its misfortune."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from core.testing.waiting import wait_until
from core.web.fast_lane.group_writer import GroupWriter, NotCommitted

SOON = 20.0


class Store:
    """A place to commit to. It holds still while `gate` is closed, and refuses what `is_bad`."""

    def __init__(self, is_bad: Callable[[str], bool] = lambda item: False) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.is_bad = is_bad
        self.groups: list[list[str]] = []
        self.attempts = 0
        self.begun = threading.Semaphore(0)
        self.open = 0

    @contextmanager
    def opened(self) -> Iterator[Callable[[Sequence[str]], list[str]]]:
        self.open += 1
        try:
            yield self._commit
        finally:
            self.open -= 1

    def _commit(self, items: Sequence[str]) -> list[str]:
        self.attempts += 1
        self.begun.release()
        self.gate.wait(SOON)
        if "exit" in items:
            raise SystemExit
        if any(map(self.is_bad, items)):
            raise ValueError("a bad one")
        self.groups.append(list(items))
        return [item.upper() for item in items]


class Sender(threading.Thread):
    """Submits one item and keeps what became of it: a result, or None where it isn't stored."""

    def __init__(self, writer: GroupWriter[str, str], item: str) -> None:
        super().__init__(daemon=True)
        self._writer, self._item = writer, item
        self.result: str | None = "unfinished"
        self.seconds = 0.0
        self.start()

    def run(self) -> None:
        begun = time.monotonic()
        try:
            self.result = self._writer.submit(self._item)
        except NotCommitted:
            self.result = None
        self.seconds = time.monotonic() - begun


def send_in_order(writer: GroupWriter[str, str], items: Sequence[str]) -> list[Sender]:
    """Start a sender for each item, each only when the one before it waits."""
    senders = []
    for item in items:
        before = len(writer._waiting)
        senders.append(Sender(writer, item))
        assert wait_until(lambda before=before: len(writer._waiting) > before)
    return senders


def hold(writer: GroupWriter[str, str], store: Store, first: str = "first") -> Sender:
    """Let a first item's commit begin and not end."""
    store.gate.clear()
    sender = Sender(writer, first)
    assert store.begun.acquire(timeout=SOON)
    return sender


def joined(senders: Sequence[Sender]) -> list[str | None]:
    for sender in senders:
        sender.join(SOON)
    return [sender.result for sender in senders]


def test_what_waits_during_a_commit_goes_together_into_the_next_in_order() -> None:
    store = Store()
    writer = GroupWriter(store.opened)
    first = hold(writer, store)
    others = send_in_order(writer, list("abcdef"))
    store.gate.set()
    assert joined([first, *others]) == ["FIRST", "A", "B", "C", "D", "E", "F"]
    assert store.groups == [["first"], list("abcdef")]


def test_an_item_that_cant_be_stored_fails_alone() -> None:
    store = Store(is_bad=lambda item: item == "c")
    writer = GroupWriter(store.opened)
    first = hold(writer, store)
    others = send_in_order(writer, list("abcd"))
    store.gate.set()
    assert joined([first, *others]) == ["FIRST", "A", "B", None, "D"]
    assert writer.submit("later") == "LATER"


def test_a_database_that_is_away_is_not_asked_for_each() -> None:
    store = Store(is_bad=lambda item: item != "first")
    writer = GroupWriter(store.opened)
    first = hold(writer, store)
    others = send_in_order(writer, [str(n) for n in range(20)])
    store.gate.set()
    assert joined([first, *others]) == ["FIRST", *[None] * 20]
    assert store.attempts == 1 + 1 + 3


def test_a_full_queue_refuses_at_once() -> None:
    store = Store()
    writer = GroupWriter(store.opened, most_waiting=2)
    first = hold(writer, store)
    others = send_in_order(writer, list("ab"))
    with pytest.raises(NotCommitted):
        writer.submit("one too many")
    store.gate.set()
    assert joined([first, *others]) == ["FIRST", "A", "B"]


def test_who_waited_in_vain_is_not_stored_and_the_next_are_refused_at_once() -> None:
    store = Store()
    writer = GroupWriter(store.opened, patience=0.3)
    senders = [hold(writer, store), *send_in_order(writer, list("ab"))]
    assert joined(senders) == [None, None, None]
    late = Sender(writer, "late")
    assert joined([late]) == [None]
    assert late.seconds < 0.3  # it didn't queue behind a commit that stands still
    store.gate.set()
    assert wait_until(lambda: store.groups == [["first"]])
    assert writer.submit("after") == "AFTER"
    assert store.groups == [["first"], ["after"]]


def test_a_dead_thread_leaves_nobody_waiting_and_is_replaced() -> None:
    store = Store()
    writer = GroupWriter(store.opened)
    first = hold(writer, store, "exit")
    others = send_in_order(writer, list("ab"))
    store.gate.set()
    assert joined([first, *others]) == [None, None, None]
    assert max(sender.seconds for sender in others) < 5
    assert writer.submit("next") == "NEXT"


def test_a_thread_that_cant_open_its_store_answers_and_tries_again_next_time() -> None:
    store, failures = Store(), iter([True, False])

    @contextmanager
    def opened() -> Iterator[Callable[[Sequence[str]], list[str]]]:
        if next(failures):
            raise OSError("no database")
        with store.opened() as commit:
            yield commit

    writer = GroupWriter(opened)
    with pytest.raises(NotCommitted):
        writer.submit("early")
    assert writer.submit("later") == "LATER"


def test_an_idle_writer_goes_home_and_comes_again() -> None:
    store = Store()
    writer = GroupWriter(store.opened, idle=0.01)
    for item in ("a", "b"):
        assert writer.submit(item) == item.upper()
        assert wait_until(lambda: store.open == 0)
        assert writer._thread is None


def test_many_at_once_all_get_their_own_result() -> None:
    store = Store()
    writer = GroupWriter(store.opened, idle=0.001)
    wrong: list[str] = []

    def work(number: int) -> None:
        for turn in range(200):
            if writer.submit(f"{number}.{turn}x") != f"{number}.{turn}X":
                wrong.append(f"{number}.{turn}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    stored = [item for group in store.groups for item in group]
    assert wrong == []
    assert len(stored) == len(set(stored)) == 16 * 200
    for number in range(16):  # one sender's come in its order
        own = [item for item in stored if item.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}x" for turn in range(200)]


def test_a_forked_child_has_a_writer_of_its_own() -> None:
    store = Store()
    writer = GroupWriter(store.opened, idle=SOON)
    first = hold(writer, store)
    waiting = send_in_order(writer, ["parent's"])
    child = os.fork()
    if child == 0:  # here the parent's threads are gone, and its queue must be, too
        store.gate.set()
        store.groups.clear()
        is_own = writer.submit("child's") == "CHILD'S" and store.groups == [["child's"]]
        os._exit(0 if is_own else 1)
    _, status = os.waitpid(child, 0)
    store.gate.set()
    assert os.waitstatus_to_exitcode(status) == 0
    assert joined([first, *waiting]) == ["FIRST", "PARENT'S"]
