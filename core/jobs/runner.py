"""Runs leased jobs: database work in one fenced transaction, provider calls between two."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from core import metrics
from core.db import Database
from core.jobs import fence
from core.jobs.claim import Pair
from core.jobs.conflict import TURNS, is_conflict, step_back
from core.jobs.failure import describe, record
from core.jobs.fence import Held, kept_open
from core.jobs.lease import give_back
from core.jobs.parking import park
from core.jobs.spec import JobSpec, ProviderCall, RetryAt
from core.models.job import Job
from core.tenancy.session import BaseSession

logger = logging.getLogger(__name__)

MARGIN = timedelta(seconds=30)  # what a lease has beyond a provider call's time-out

IsOpen = Callable[[int, str], bool]


class Runner:
    """Runs one dispatch at a time in the calling thread. Never raises for what a handler did."""

    def __init__(
        self, database: Database, *, is_open: IsOpen, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._is_open = is_open
        self._clock = clock

    def run(
        self,
        spec: JobSpec,
        tenant_id: int | None,
        pairs: list[Pair],
        patience: float | None = None,
    ) -> Future[None] | None:
        """Run the jobs that are still leased to these attempts; the others are somebody else's.

        A provider's call that takes longer than `patience` seconds goes on in a thread of its own:
        then what is returned ends with it.
        """
        pairs = self._unparked(spec, tenant_id, pairs)
        if not pairs:
            return None
        if spec.call is not None:
            (pair,) = pairs  # a call is never batched
            return self._call(spec, spec.call, tenant_id, pair, patience)
        if len(pairs) > 1:
            try:
                self._work(spec, tenant_id, pairs)
            except Exception as error:  # a handler may raise anything; find out whose fault it is
                logger.info("Job %s one by one: a batch failed: %s", spec.name, describe(error))
            else:
                return None
        self._one_by_one(spec, tenant_id, pairs)
        return None

    def _one_by_one(self, spec: JobSpec, tenant_id: int | None, pairs: list[Pair]) -> None:
        """Each in a transaction of its own. What waits to be retried holds its lane up."""
        lanes = self._lanes(pairs) if len(pairs) > 1 else {}
        held_up: set[str] = set()
        behind: list[Pair] = []
        for pair in pairs:
            lane = lanes.get(pair[0])
            if lane in held_up:
                behind.append(pair)
                continue
            try:
                self._work(spec, tenant_id, [pair])
            except Exception as error:  # a handler may raise anything, an actor never does
                is_dead = self._failed(spec, tenant_id, pair, error)
                if lane is not None and not is_dead:
                    held_up.add(lane)
        if behind:
            with self._database.system() as session:
                give_back(session, behind)

    def _lanes(self, pairs: list[Pair]) -> dict[int, str]:
        ids = [job_id for job_id, _ in pairs]
        with self._database.system(write=False) as session:
            rows = session.execute(
                select(Job.id, Job.lane).where(Job.id.in_(ids), Job.lane.is_not(None))
            )
            return {row.id: row.lane for row in rows}

    def _unparked(self, spec: JobSpec, tenant_id: int | None, pairs: list[Pair]) -> list[Pair]:
        """Those of `pairs` whose plugin is on; the others are parked."""
        if tenant_id is None:
            return pairs
        if spec.plugin_of is not None:
            closed = [pair for pair in pairs if not self._is_served(spec, tenant_id, pair)]
        else:
            is_open = spec.owner == "core" or self._is_open(tenant_id, spec.owner)
            closed = [] if is_open else pairs
        if closed:
            with self._session(tenant_id) as session:
                park(session, tenant_id, closed)
            metrics.count_job(spec.name, "parked", len(closed))
        return [pair for pair in pairs if pair not in closed]

    def _is_served(self, spec: JobSpec, tenant_id: int, pair: Pair) -> bool:
        """Whether the plugin that a job of the core needs is there and on."""
        assert spec.plugin_of is not None  # noqa: S101 - the caller asked
        with self._database.tenant(tenant_id, write=False) as session:
            payload = fence.peek(session, tenant_id, pair)
            plugin = spec.plugin_of(session, payload) if payload is not None else None
        if payload is None:
            return True  # no longer ours: the fence will say so
        return plugin is not None and self._is_open(tenant_id, plugin)

    def _work(self, spec: JobSpec, tenant_id: int | None, pairs: list[Pair]) -> None:
        """Fence and effect in one transaction, begun anew where another one was in its way."""
        for turn in range(TURNS):
            try:
                return self._work_once(spec, tenant_id, pairs)
            except DBAPIError as error:
                if not is_conflict(error):
                    raise
                logger.info("Job %s gives way: %s", spec.name, describe(error))
            step_back(turn)
        return self._work_once(spec, tenant_id, pairs)

    def _work_once(self, spec: JobSpec, tenant_id: int | None, pairs: list[Pair]) -> None:
        assert spec.run is not None  # noqa: S101 - JobSpec has one of run and call
        with self._session(tenant_id) as session:
            payloads = fence.take(session, tenant_id, pairs)
            if not payloads:
                return
            with kept_open(session):
                spec.run(session, payloads if spec.batch else payloads[0])
        metrics.count_job(spec.name, "done", len(payloads))

    def _call(
        self,
        spec: JobSpec,
        call: ProviderCall,
        tenant_id: int | None,
        pair: Pair,
        patience: float | None,
    ) -> Future[None] | None:
        """Mark and lease in one transaction, call in none, record in another."""
        try:
            begun = self._begin_call(call, tenant_id, pair)
        except Exception as error:  # claim may raise anything
            self._failed(spec, tenant_id, pair, error)
            return None
        if begun is None:
            return None

        def go_on() -> None:
            try:
                result = call.call(begun)
            except Exception as error:  # the provider's answer, for `fail` to judge
                self._end(spec, tenant_id, pair, self._refused(spec, call, begun, error))
            else:
                self._end(spec, tenant_id, pair, self._answered(spec, call, begun, result))

        return _wait_for(go_on, patience)

    def _begin_call(self, call: ProviderCall, tenant_id: int | None, pair: Pair) -> Any | None:
        with self._session(tenant_id) as session:
            held = fence.hold(session, tenant_id, pair)
            if held is None:
                return None
            until = self._clock() + timedelta(seconds=call.timeout) + MARGIN
            fence.extend(session, held, until)
            with kept_open(session):
                claimed = call.claim(session, held.payload)  # type: ignore[arg-type] # a tenant's
            if claimed is None:
                fence.end(session, held)
            return claimed

    def _end(
        self,
        spec: JobSpec,
        tenant_id: int | None,
        pair: Pair,
        write: Callable[[BaseSession, Held], None],
    ) -> None:
        """The second fence: what the call came to is written only by the attempt that called."""
        try:
            with self._session(tenant_id) as session:
                held = fence.hold(session, tenant_id, pair)
                if held is None:
                    logger.warning("Job %s %s: its lease ended during the call.", spec.name, pair)
                    return
                with kept_open(session):
                    write(session, held)
        except Exception as error:  # complete and fail may raise anything
            self._failed(spec, tenant_id, pair, error)

    def _answered(
        self, spec: JobSpec, call: ProviderCall, claimed: Any, result: Any
    ) -> Callable[[BaseSession, Held], None]:
        def write(session: Any, held: Held) -> None:
            call.complete(session, held.payload, claimed, result)
            fence.end(session, held)
            session.on_commit(lambda: metrics.count_job(spec.name, "done"))

        return write

    def _refused(
        self, spec: JobSpec, call: ProviderCall, claimed: Any, error: Exception
    ) -> Callable[[BaseSession, Held], None]:
        def write(session: Any, held: Held) -> None:
            verdict: RetryAt | None = call.fail(session, held.payload, claimed, error)
            if verdict is None:
                fence.end(session, held)
                session.on_commit(lambda: metrics.count_job(spec.name, "done"))
                return
            reason = verdict.reason or describe(error)
            if record(session, spec, held, reason, self._clock(), retry_at=verdict.at):
                _tell_dead(session, spec, held, reason)

        return write

    def _failed(self, spec: JobSpec, tenant_id: int | None, pair: Pair, error: Exception) -> bool:
        """Record it. True: the job is dead, or no longer ours, and holds its lane no more."""
        reason = describe(error)
        frames = "".join(traceback.format_tb(error.__traceback__))  # without the error's own text
        logger.warning("Job %s %s failed: %s\n%s", spec.name, pair, reason, frames)
        with self._session(tenant_id) as session:
            held = fence.hold(session, tenant_id, pair)
            if held is None:
                return True
            is_dead = record(session, spec, held, reason, self._clock())
            if is_dead:
                logger.error("Job %s %s is dead: %s", spec.name, pair, reason)
                _tell_dead(session, spec, held, reason)
            return is_dead

    def _session(self, tenant_id: int | None) -> AbstractContextManager[BaseSession]:
        return self._database.system() if tenant_id is None else self._database.tenant(tenant_id)


def _wait_for(work: Callable[[], None], patience: float | None) -> Future[None] | None:
    """Do the work; where it takes longer than `patience` leave it to a thread of its own.

    Then what is returned ends with it. None: it has ended here.
    """
    if patience is None:
        work()
        return None
    done: Future[None] = Future()
    context = copy_context()

    def run() -> None:
        try:
            context.run(work)
        except BaseException as error:  # whoever waits for it raises it, or logs it
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="provider-call", daemon=True).start()
    try:
        done.result(patience)
    except TimeoutError:
        if not done.done():
            return done
        done.result()  # it ended at this moment, or is a time-out of the work's own
    return None


def _tell_dead(session: Any, spec: JobSpec, held: Held, reason: str) -> None:
    """Let the owner record that nothing more is tried. Its own failure leaves the job dead."""
    if spec.on_dead is None:
        return
    try:
        with session.begin_nested():
            spec.on_dead(session, held.payload, reason)
    except Exception as error:  # on_dead may raise anything
        logger.error(
            "Job %s %s: its end can't be recorded: %s", spec.name, held.id, describe(error)
        )
