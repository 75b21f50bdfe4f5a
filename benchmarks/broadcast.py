"""A broadcast against the bare job queue, in the same run: people a second, and memory.

Of the customers 20 % are merged, two and two. The broadcast is listed, started and worked off, each
message with its job; the channel is paused, so that a send job ends before its call and no
provider's speed is measured. The peer is as many jobs that do nothing, worked off by the same
engine. Once a job is broken off in the middle, and the rest goes on.

    python -m benchmarks.broadcast [--customers 20000] [--only postgresql]
"""

from __future__ import annotations

import argparse
import logging
import resource
import time
from datetime import timedelta

from sqlalchemy import func, select

from benchmarks._databases import on_postgres, on_sqlite
from benchmarks.figures import Figure, show
from core.inbound import IdentityKind
from core.jobs.outbox import NewJob, enqueue_all
from core.models import Contact, Customer, FieldSource, Identity, Message
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


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--customers", type=int, default=20_000)
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
    bare = timed(lambda: bare_jobs(house, customers))
    before = memory()
    with house.tenant() as session:
        wanted = {"name": "Promo", "text": "Halo {contactname}", "per_minute": 60_000}
        pk = handling.create(session, wanted).id
    listed = timed(lambda: house.work())
    with house.tenant() as session:
        handling.start(session, handling.get(session, pk))
    break_off_once()
    sent = timed(lambda: work_off(house, pk))
    grown = memory() - before
    with house.tenant(write=False) as session:
        messages = session.scalar(select(func.count(Message.id))) or 0
        reached = session.scalar(select(func.count(func.distinct(Recipient.customer_id)))) or 0
    wanted_messages = customers - customers // 10
    if not messages == reached == wanted_messages:
        raise SystemExit(f"{messages} messages to {reached} people, not {wanted_messages}")
    show(
        Figure(
            "broadcast",
            name,
            (bare / customers / ((listed + sent) / messages),),
            "as many jobs that do nothing",
            detail=f"{customers:,} customers, {messages:,} messages once each, "
            f"{messages / (listed + sent):,.0f}/s, bare {customers / bare:,.0f}/s, "
            f"listed in {listed:.1f} s, memory +{grown:.0f} MB",
        )
    )


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


def break_off_once() -> None:
    """The tenth handful is lost after it was written: its job is tried again."""
    queue, calls = sending._queue, iter(range(10**9))

    def broken(*args: object) -> int:
        done = queue(*args)  # type: ignore[arg-type]  # passed through
        if next(calls) == 9:
            raise RuntimeError("broken off")
        return done

    sending._queue = broken  # type: ignore[assignment]  # for this run


def timed(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]  # a callable without arguments
    return time.perf_counter() - start


def memory() -> float:
    """The most that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
