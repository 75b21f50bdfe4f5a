"""One thread that commits for many: whatever waits goes into its next commit.

A commit costs a flush to disk, however much is in it. So the more come at once, the cheaper each.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from core.jobs.failure import describe

Item = TypeVar("Item")
Result = TypeVar("Result")
Commit = Callable[[Sequence[Item]], Sequence[Result]]
"""Make items durable, all or none. One result for each, in order; raises where none is stored."""

MOST_WAITING = 1000
MOST_AT_ONCE = 250
PATIENCE = 5.0
IDLE = 0.5
_GIVE_UP_AFTER = 3
_WORTH_WAITING = 0.5  # of the time that the last commit took
_LONGEST_WAIT = 0.01

log = logging.getLogger(__name__)
_writers: weakref.WeakSet[GroupWriter[Any, Any]] = weakref.WeakSet()


class NotCommitted(Exception):
    """It isn't known to be stored: the queue is full, the database too slow, or it refused."""


class _Ticket(Generic[Item, Result]):
    """One item on its way. `done` opens when its fate is settled; no result: it isn't stored."""

    __slots__ = ("done", "is_given_up", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | None = None
        self.is_given_up = False
        self.done = threading.Lock()
        self.done.acquire()


class GroupWriter(Generic[Item, Result]):
    """Commits items of many threads in groups, in the order in which they came.

    `opened` is entered by the writing thread and gives it its `Commit`; that may hold a connection.
    The thread starts with the first item and goes home after `idle` seconds without one, so an idle
    process holds neither thread nor connection and a stopping one has nothing to wait for: who
    waits for a commit is a request, and the server drains those.

    `patience`: seconds that an item waits for its commit at most.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Commit[Item, Result]]],
        *,
        most_waiting: int = MOST_WAITING,
        patience: float = PATIENCE,
        idle: float = IDLE,
    ) -> None:
        self._opened = opened
        self._most_waiting = most_waiting
        self._patience = patience
        self._idle = idle
        self._begin_afresh()
        _writers.add(self)

    def _begin_afresh(self) -> None:
        self._mutex = threading.Lock()
        self._work = threading.Condition(self._mutex)
        self._waiting: deque[_Ticket[Item, Result]] = deque()
        self._thread: threading.Thread | None = None
        self._since: float | None = None  # when the commit that is under way began
        self._is_stalled = False  # somebody waited for it in vain: nobody else is to
        self._wanted = 1  # how many must wait before the thread is woken
        self._company = 1  # how many came together last time
        self._last_took = 0.0  # seconds of the last commit

    def submit(self, item: Item) -> Result:
        """Store an item and return its result once it is durable. Raises NotCommitted.

        After NotCommitted it may be stored all the same: the commit can end after our patience.
        """
        ticket: _Ticket[Item, Result] = _Ticket(item)
        with self._mutex:
            if len(self._waiting) >= self._most_waiting or self._is_stalled:
                raise NotCommitted
            self._waiting.append(ticket)
            if self._thread is None or not self._thread.is_alive():
                self._start()
            elif len(self._waiting) >= self._wanted:
                self._work.notify()
        if not ticket.done.acquire(timeout=self._patience):
            with self._mutex:
                ticket.is_given_up = True
                self._is_stalled = self._since is not None
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
        if ticket.result is None:
            raise NotCommitted
        return ticket.result

    # the writing thread

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="group-writer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._opened() as commit:
                while batch := self._next_batch():
                    self._settle(commit, batch)
        except BaseException as error:
            log.error("The writer of webhooks failed and is replaced: %s", describe(error))
        finally:
            with self._mutex:
                if self._thread is threading.current_thread():  # it died
                    self._thread = None  # the next item starts another
                    self._since, self._is_stalled = None, False
                    for ticket in self._waiting:
                        ticket.done.release()
                    self._waiting.clear()

    def _next_batch(self) -> list[_Ticket[Item, Result]]:
        """What waits, oldest first; empty once nothing came for a while: then the thread ends."""
        with self._mutex:
            if not self._waiting and not self._work.wait_for(lambda: self._waiting, self._idle):
                self._thread = None
                return []
            self._gather()
            size = min(len(self._waiting), MOST_AT_ONCE)
            self._since = time.monotonic()
            return [self._waiting.popleft() for _ in range(size)]

    def _gather(self) -> None:
        """Under load wait a moment for those who were answered last: they come again at once.

        Else they miss this commit and two half groups take turns, each paying a whole commit. It is
        worth a part of what a commit takes, and nothing where nobody came together.
        """
        self._wanted = min(self._company, MOST_AT_ONCE)
        self._work.wait_for(
            lambda: len(self._waiting) >= self._wanted, self._last_took * _WORTH_WAITING
        )
        self._wanted = 1

    def _settle(self, commit: Commit[Item, Result], batch: Sequence[_Ticket[Item, Result]]) -> None:
        try:
            self._try_together(commit, batch)
        finally:
            with self._mutex:
                self._last_took = min(time.monotonic() - (self._since or 0), _LONGEST_WAIT)
                self._since, self._is_stalled = None, False
                self._company = len(batch) + len(self._waiting)
            for ticket in batch:
                ticket.done.release()

    def _try_together(
        self, commit: Commit[Item, Result], batch: Sequence[_Ticket[Item, Result]]
    ) -> None:
        try:
            results = commit([ticket.item for ticket in batch])
        except Exception as error:
            log.warning("A commit of %d webhooks failed: %s", len(batch), describe(error))
            self._try_singly(commit, batch)
        else:
            for ticket, result in zip(batch, results, strict=True):
                ticket.result = result

    def _try_singly(
        self, commit: Commit[Item, Result], batch: Sequence[_Ticket[Item, Result]]
    ) -> None:
        """One that can't be stored must not take the others with it.

        Several in a row that can't, and it is the database: the rest may come again.
        """
        failures = 0
        for ticket in batch:
            if ticket.is_given_up:
                continue
            try:
                ticket.result = commit([ticket.item])[0]
                failures = 0
            except Exception as error:
                failures += 1
                log.error("A webhook could not be stored: %s", describe(error))
            if failures == _GIVE_UP_AFTER:
                return


def _forget_the_parents() -> None:
    """A forked child has the parent's queue and lock as they were, and none of its threads."""
    for writer in _writers:
        writer._begin_afresh()


os.register_at_fork(after_in_child=_forget_the_parents)
