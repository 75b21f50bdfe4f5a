"""A broadcast against the bare job queue, in the same run: people a second, and memory.

Of the customers 20 % are merged, two and two. The broadcast is listed, started and worked off, each
message with its job; the channel is paused, so that a send job ends before its call and no
provider's speed is measured. The peer is jobs that do nothing, one transaction each as sending is,
worked off by the same engine: half of them before the broadcast and half after, and of very many
only 30,000, as their pace doesn't change. Once the broadcast is broken off in the middle, and goes
on. Memory is what the process holds when a tenth of the messages is queued, and when the last is.

    python -m benchmarks.broadcast [--customers 100000] [--only postgresql]
"""

from __future__ import annotations

import argparse
import logging
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks._databases import on_postgres, on_sqlite
from benchmarks.figures import Figure, show
from core.inbound import IdentityKind
from core.jobs.outbox import NewJob, enqueue_all
from core.models import Contact, Customer, FieldSource, Identity, Job, Message
from core.models.base import now
from core.services import channels
from core.tenancy.bulk import insert_rows, insert_unnamed, update_rows
from core.tenancy.session import TenantSession
from core.testing.installation import Installation, installation
from plugins import BUILTIN
from plugins.automation.broadcasts import handling, sending
from plugins.automation.broadcasts.models import BroadcastState, Recipient

AT_ONCE = 2_000
NOTHING = "core.wake"  # of a conversation that is none: the job ends at once
NO_PACE = 10**7  # messages a minute: the machine is measured
BARE = 30_000
GOAL = 0.25


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--customers", type=int, default=100_000)
    asked.add_argument("--only", choices=("sqlite", "postgresql"))
    options = asked.parse_args()
    logging.disable(logging.ERROR)
    for name, opened in (("sqlite", on_sqlite), ("postgresql", on_postgres)):
        if options.only in (None, name):
            with opened() as settings, installation(settings, BUILTIN) as house:
                measure(name, house, options.customers)


def measure(name: str, house: Installation, customers: int) -> None:
    """One broadcast, and as many bare jobs."""
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "automation")
        channel = channels.create_channel(
            session,
            kind="simulator",
            name="Phone",
            own_address="+628110000001",
            module_id=None,
            values={"phone_url": "http://127.0.0.1:9/", "secret": "a-phone-secret"},
        )
        channels.pause(session, channel)
    for start in range(0, customers, AT_ONCE):
        people(house, start, min(AT_ONCE, customers - start))
    messages = customers - len(range(0, customers, 10))
    half = min(messages, BARE) // 2
    bare = timed(lambda: bare_jobs(house, half))
    with house.tenant() as session:
        made = handling.create(session, {"name": "Promo", "text": "Halo {contactname}"})
        made.per_minute = NO_PACE
        pk = made.id
    listed = timed(house.work)
    with house.tenant() as session:
        handling.start(session, handling.get(session, pk))
    watch = Watch(messages)
    sent = timed(lambda: send_all(house, pk, watch))
    bare += timed(lambda: bare_jobs(house, half))
    check(house, pk, messages)
    whole = listed + sent
    show(
        Figure(
            "broadcast",
            name,
            (bare / (2 * half) / (whole / messages),),
            "jobs that do nothing",
            goal=GOAL,
            detail=f"{customers:,} customers, {messages:,} messages once each in {whole:.0f} s "
            f"(listed in {listed:.0f}, queued and worked off in {sent:.0f}), "
            f"{messages / whole:,.0f}/s, bare {2 * half / bare:,.0f}/s, "
            f"memory {watch.early:.0f} MB at a tenth, {watch.late:.0f} MB at the end",
        )
    )


@dataclass
class Watch:
    """Breaks a broadcast off once, and looks at memory on its way."""

    messages: int
    seen: int = 0
    is_broken: bool = False
    early: float = 0.0
    late: float = 0.0

    def around(self, queue: Callable[..., int]) -> Callable[..., int]:
        """What queues some, watched; in the middle it fails after it wrote them."""

        def watched(*given: Any) -> int:
            done = queue(*given)
            if not self.is_broken and 2 * (self.seen + done) >= self.messages:
                self.is_broken = True
                raise RuntimeError("broken off")
            self.seen += done
            self.late = memory()
            if self.seen * 10 <= self.messages:
                self.early = self.late
            return done

        return watched


def send_all(house: Installation, pk: int, watch: Watch) -> None:
    """Queue the whole broadcast and work off every send."""
    queue = sending._queue
    sending._queue = watch.around(queue)  # for this run
    try:
        work_off(house, pk)
    finally:
        sending._queue = queue


def check(house: Installation, pk: int, wanted: int) -> None:
    """Everybody has one message, and nothing is left to do."""
    with house.tenant(write=False) as session:
        messages = session.scalar(select(func.count(Message.id)))
        people = session.scalar(select(func.count(func.distinct(Recipient.customer_id))))
        sends = session.scalar(select(func.count(Job.id)).where(Job.actor == "core.send"))
    if not messages == people == wanted or sends:
        raise SystemExit(f"{messages} messages to {people} people, not {wanted}; {sends} wait")


def work_off(house: Installation, pk: int) -> None:
    """Work until the broadcast is over, whatever its jobs wait for."""
    for hours in range(1, 20):
        house.desk.jobs.run_pending(until=now() + timedelta(hours=hours))
        with house.tenant(write=False) as session:
            if handling.get(session, pk).state is BroadcastState.DONE:
                return
    raise SystemExit("The broadcast doesn't end.")


def people(house: Installation, start: int, count: int) -> None:
    """Customers with a number each; of ten, two are merged."""
    with house.tenant() as session:
        names = [f"Customer {start + number}" for number in range(count)]
        phones = [f"+62812{start + number:08}" for number in range(count)]
        homes = insert_rows(
            session,
            Customer,
            [{"name": n, "phone": p} for n, p in zip(names, phones, strict=True)],
        )
        contacts = insert_rows(
            session,
            Contact,
            [
                {
                    "customer_id": home,
                    "home_id": home,
                    "name": n,
                    "phone": p,
                    "sources": {"name": FieldSource.PERSON.value},
                }
                for home, n, p in zip(homes, names, phones, strict=True)
            ],
        )
        insert_unnamed(
            session,
            Identity,
            [
                {"contact_id": c, "kind": IdentityKind.PHONE, "address": p}
                for c, p in zip(contacts, phones, strict=True)
            ],
        )
        merge(session, homes, contacts)


def merge(session: TenantSession, homes: list[int], contacts: list[int]) -> None:
    """Every tenth customer and the one after it are one person."""
    firsts = [place for place in range(len(homes) - 1) if place % 10 == 0]
    groups = insert_rows(session, Customer, [{"name": "Merged", "is_group": True} for _ in firsts])
    pairs = [
        (place + more, group)
        for place, group in zip(firsts, groups, strict=True)
        for more in (0, 1)
    ]
    update_rows(session, Contact, [{"id": contacts[at], "customer_id": g} for at, g in pairs])
    update_rows(session, Customer, [{"id": homes[at], "successor_id": g} for at, g in pairs])


def bare_jobs(house: Installation, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        with house.tenant() as session:
            enqueue_all(
                session,
                [NewJob(NOTHING, {"conversation_id": 0})] * min(AT_ONCE, count - start),
            )
    house.work()


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory() -> float:
    """What this process holds now, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
