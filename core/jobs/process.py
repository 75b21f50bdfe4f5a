"""`sapa worker`: processes that do background work and nothing else."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from core.config import Settings
from core.garbage import collect_from_here
from core.logs import set_up_logs
from core.process import STOP_SECONDS, die_with
from core.shared_metrics import share

logger = logging.getLogger(__name__)

_AGAIN = 1.0  # s before a process that ended is replaced
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Work:
    """What each process does: these queues, with so many threads. `ready` is printed by one."""

    settings: Settings
    builtin: Iterable[str]
    queues: tuple[str, ...]
    threads: int
    ready: str


def work(what: Work, *, processes: int) -> None:
    """Work until SIGTERM or Ctrl-C, then finish what is in hand and hand back the rest.

    One process works by itself. Several are forked by a minder that replaces one that dies; they
    die with it. Call it with no thread running.
    """
    set_up_logs(what.settings)
    share(what.settings.home)
    if processes == 1:
        live(what, say_ready=True)
    else:
        Minder(lambda number: live(what, say_ready=number == 0), processes).mind()


def live(what: Work, *, say_ready: bool) -> None:
    """One worker process, from its start to its graceful end."""
    from core.boot import open_desk
    from core.pulse import Pulse

    told_to_stop = threading.Event()
    for number in SIGNALS:
        signal.signal(number, lambda *_: told_to_stop.set())
    desk = open_desk(what.settings, what.builtin)
    pulse = Pulse(desk, serves=False, works=True)
    desk.jobs.start(queues=what.queues, threads=what.threads)
    pulse.start()
    collect_from_here()
    if say_ready:
        print(what.ready, flush=True)
    told_to_stop.wait()
    desk.jobs.stop(float(STOP_SECONDS))
    pulse.stop()
    desk.database.dispose()


class Minder:
    """Keeps `count` children alive that each run `live(number)`; numbers aren't used again."""

    def __init__(self, live: Callable[[int], None], count: int) -> None:
        self._live = live
        self._count = count
        self._numbers = 0
        self._children: set[int] = set()
        self._stopping = False

    def mind(self) -> None:
        """Until told to stop and the last child has ended."""
        for number in SIGNALS:
            signal.signal(number, self._stop)
        for _ in range(self._count):
            self._fork()
        while self._children:
            pid, status = os.wait()
            self._children.discard(pid)
            if self._stopping:
                continue
            code = os.waitstatus_to_exitcode(status)
            logger.error("Worker process %s ended with %s: starting another.", pid, code)
            time.sleep(_AGAIN)
            self._fork()

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for pid in self._children:
            os.kill(pid, signal.SIGTERM)

    def _fork(self) -> None:
        minder, number = os.getpid(), self._numbers
        self._numbers += 1
        # a signal that came between the fork and the note of it would miss this child
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            if self._stopping:
                return
            pid = os.fork()
            if pid == 0:
                self._be_child(minder, number)
            self._children.add(pid)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _be_child(self, minder: int, number: int) -> NoReturn:
        code = 1
        try:
            die_with(minder)
            for each in SIGNALS:  # until `live` listens to them, the default ends this process
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            self._live(number)
            code = 0
        except BaseException:  # whatever it was, the minder's own code isn't ours to go on with
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
