"""What brings leased jobs from a relay to worker threads: inside one process, or over Redis."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from core.jobs.claim import Crowds, Dispatch, Pair
from core.jobs.spec import JobSpec

PATIENCE = 2.0  # s that a provider's call keeps its thread; most are answered in 0.3 s
PUT_OFF = timedelta(seconds=1)  # for a message whose crowd is full in the process that got it
WORKER_TIMEOUT = 100  # ms that an idle thread sleeps before it looks whether to stop


class Carrier(Protocol):
    """Holds nothing that the table doesn't say. What it loses is leased again by the relay."""

    queues: tuple[str, ...]
    """The queues that this process works on, and claims for."""

    marks_begun: bool
    """True where the process that runs a job need not be the one that leased it."""

    def start(self, wake: Callable[[], None]) -> None:
        """Start worker threads. `wake`: have the relay look, there is room or new work."""

    def stop(self, timeout: float) -> None:
        """Finish what has begun, within `timeout` seconds, and hand back what hasn't."""

    def room(self, queue: str) -> int:
        """How many messages a queue has room for now. Raises what the way there raises."""

    def crowds(self) -> Crowds:
        """What this process knows of the crowds in flight."""

    def leased(self, queue: str, dispatch: Dispatch) -> None:
        """These jobs were leased here, and are about to be sent."""

    def send(self, queue: str, dispatches: list[Dispatch]) -> None:
        """Send them on their way. Raises where there is none; then the relay gives them back."""

    @property
    def patience(self) -> float | None:
        """Seconds that a provider's call may keep its thread; None: as long as it takes."""

    def let_go(self, key: Pair) -> None:
        """A begun message goes on without its thread; `end` follows."""

    def begin(self, spec: JobSpec, tenant_id: int | None, pairs: list[Pair]) -> list[Pair]:
        """A thread is about to run these; those of them that it may."""

    def end(self, key: Pair, *, has_lane: bool) -> bool:
        """A thread is done with a message that had begun. True: the relay should look."""

    def to_renew(self) -> list[Pair]:
        """The jobs whose leases this process keeps alive."""
