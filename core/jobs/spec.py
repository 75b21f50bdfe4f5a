"""What a kind of work is: declared by the core and by plugins, run by the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from core.jobs.queues import NOW, QUEUES
from core.models.base import now
from core.tenancy.session import TenantSession

# A handler takes (TenantSession, payload), (TenantSession, list of payloads) with `batch`, or a
# SystemSession first with `system`. One union of four callables would make every call a cast.
Handler = Callable[[Any, Any], None]
OnEnd = Callable[[TenantSession, dict[str, Any], str], None]
PluginOf = Callable[[TenantSession, dict[str, Any]], str | None]


@dataclass(frozen=True)
class RetryAt:
    """A provider call failed and may be tried again: at `at`, or with None after our back-off.

    `reason` is for a person; without one the error is described.
    """

    at: datetime | None = None
    reason: str = ""


def after(seconds: float | None) -> datetime | None:
    """The time that a provider asked us to wait for; None leaves it to our own back-off."""
    return now() + timedelta(seconds=seconds) if seconds else None


class ProviderCall(Protocol):
    """Work that calls a provider: two short transactions with the call between them.

    The job is fenced in both. A process may die at any moment, so `claim` must leave a mark (a
    message goes `queued → sending`); an attempt that finds the mark never calls again.
    """

    timeout: float
    """Seconds that `call` may take at most; the lease is extended past it."""

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Any | None:
        """Transaction 1: mark the work as begun and return what `call` needs.

        None: nothing to do, the job ends. So it is too when the mark is found: the outcome of an
        earlier attempt is unknown, `claim` records that itself and returns None.
        """
        ...

    def call(self, claimed: Any) -> Any:
        """Call the provider, outside any transaction. Raises what went wrong."""
        ...

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Any, result: Any
    ) -> None:
        """Transaction 2: record the answer. The job ends with this transaction."""
        ...

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Any, error: Exception
    ) -> RetryAt | None:
        """Transaction 2, when `call` raised. None: final and recorded, the job ends.

        With a RetryAt it must have taken the mark of `claim` back. After `max_attempts` failures
        the job is dead all the same: see `JobSpec.on_dead`.
        """
        ...


@dataclass(frozen=True)
class JobSpec:
    """One kind of work. `name` is `<plugin>.<name>`, ours begin with `core.`.

    Exactly one of `run` (work on the database, in one transaction with the fence) and `call` (work
    that calls a provider). With `batch`, `run` gets up to 50 payloads of one tenant, and one by one
    where the whole fails. `system` jobs are the core's own: no tenant, a SystemSession.
    `stale_after`: parked longer than this past its time, a job isn't run when its plugin is
    switched on again: `on_stale(session, payload, reason)` records it and the job ends.
    `on_dead(session, payload, reason)` records that the last attempt was used up, in the
    transaction that makes the job dead.
    With `at_switch_on` one job, with an empty payload, is written in the transaction that switches
    its plugin on for a tenant: for what was there before.
    `plugin_of(session, payload)` names the plugin that a job of the core needs: while that is off,
    or (None) gone, the job is parked.
    """

    name: str
    run: Handler | None = None
    call: ProviderCall | None = None
    queue: str = NOW
    batch: bool = False
    max_attempts: int = 12
    system: bool = False
    stale_after: timedelta | None = None
    on_stale: OnEnd | None = None
    on_dead: OnEnd | None = None
    plugin_of: PluginOf | None = None
    at_switch_on: bool = False

    def __post_init__(self) -> None:
        owner, dot, rest = self.name.partition(".")
        if not (owner and dot and rest):
            raise ValueError(f"Job {self.name!r}: name it <plugin>.<name>.")
        if (self.run is None) == (self.call is None):
            raise ValueError(f"Job {self.name}: give it either run or call.")
        if self.queue not in QUEUES:
            raise ValueError(f"Job {self.name}: its queue is one of {', '.join(QUEUES)}.")
        if self.batch and self.run is None:
            raise ValueError(f"Job {self.name}: only database work runs in batches.")
        if self.system and owner != "core":
            raise ValueError(f"Job {self.name}: only the core's jobs work without a tenant.")
        if self.plugin_of is not None and (owner != "core" or self.system or self.batch):
            raise ValueError(f"Job {self.name}: only single jobs of the core say whose they are.")
        if self.max_attempts < 1:
            raise ValueError(f"Job {self.name}: max_attempts is at least 1.")

    @property
    def owner(self) -> str:
        """The plugin that the name begins with, or `core`."""
        return self.name.partition(".")[0]


def job(
    name: str,
    *,
    queue: str = NOW,
    batch: bool = False,
    max_attempts: int = 12,
    system: bool = False,
    stale_after: timedelta | None = None,
    on_stale: OnEnd | None = None,
    on_dead: OnEnd | None = None,
    at_switch_on: bool = False,
) -> Callable[[Handler], JobSpec]:
    """Declare a function as a job's handler. It never commits: its transaction holds the fence."""

    def declare(run: Handler) -> JobSpec:
        return JobSpec(
            name,
            run=run,
            queue=queue,
            batch=batch,
            max_attempts=max_attempts,
            system=system,
            stale_after=stale_after,
            on_stale=on_stale,
            on_dead=on_dead,
            at_switch_on=at_switch_on,
        )

    return declare
