"""Reading the raw inbox in batches against one webhook per transaction, in the same run.

Each webhook bears three messages: two from people who wrote before, one from somebody new, which
makes a contact, a conversation, a card and a task. A plugin hears of every message, so that each
writes a job too. The limit is the definition of receiving: one body parsed, its items received one
after another (`services.receive`), one commit. Both start from the same rows and stop at the same.
Databases are as durable as in production: `fsync` on.

    python -m benchmarks.processing [--bodies 600] [--rounds 5] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import json
import logging
import pstats
import time
from collections.abc import Callable

from sqlalchemy import delete, func, select

from benchmarks._databases import on_postgres, on_sqlite
from benchmarks.figures import Figure, show
from core.models import Channel, Job, Message, RawInbox
from core.services import channels, inbox
from core.services.channel_stamps import stamp_of
from core.services.inbox_store import raw_body, store_bodies
from core.services.receive import receive_safely
from core.testing.installation import Installation, installation
from core.testing.providers.whatsapp_cloud_bodies import CloudBodies, text
from plugins import BUILTIN

GOALS = {"sqlite": 4.0, "postgresql": 10.0}
KNOWN = 2_000  # people who wrote before
ALONE_SHARE = 10  # one by one is so slow that it gets a tenth of the bodies
NUMBERS = CloudBodies(phone_number_id="106540352240001", waba_id="102290129340001")
TEXTS = (
    "Halo kak, apakah produk ini masih ada?",
    "Berapa ongkos kirim ke Bandung?",
    "Oke, saya pesan dua ya. Terima kasih!",
)

_people = itertools.count()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bodies", type=int, default=600)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--profile", action="store_true", help="where the time of a batch goes")
    asked.add_argument("--only", choices=GOALS)
    options = asked.parse_args()
    logging.disable(logging.WARNING)
    for name, opened in (("sqlite", on_sqlite), ("postgresql", on_postgres)):
        if options.only in (None, name):
            with opened() as settings, installation(settings, BUILTIN_AND_LISTENER) as house:
                measure(name, Desk(house), options)


BUILTIN_AND_LISTENER = (*BUILTIN, "benchmarks._listener")


class Desk:
    """One channel of one tenant, its people, and the bodies that wait for it."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        with house.cloud() as line:
            self.channel_id = line.channel_id
            with house.desk.database.system(write=False) as session:
                self.stamp = stamp_of(session.connection(), line.uuid) or ""
        self.fill(KNOWN // 3 + 1)
        self.together()

    def fill(self, count: int) -> None:
        """Store `count` bodies, as the webhook door does."""
        bodies = [raw_body(self.channel_id, self.stamp, self.body()) for _ in range(count)]
        with self.house.desk.database.bind(write=True, system=True).begin() as connection:
            store_bodies(connection, bodies)

    def body(self) -> bytes:
        """Three messages: one from the next person nobody knows, two from people of before."""
        stranger = next(_people)
        senders = [stranger, max(0, stranger - 7) // 2, max(0, stranger - 500)]
        return json.dumps(
            NUMBERS.body(
                NUMBERS.messages(
                    *(text(number(n), TEXTS[i]) for i, n in enumerate(senders)),
                    names={number(n): f"Pelanggan {n}" for n in senders},
                )
            )
        ).encode()

    def together(self) -> float:
        """Seconds to read all that waits, as the job does."""
        start = time.perf_counter()
        while self.waiting():
            with self.house.tenant() as session:
                inbox.process(session, {"channel_id": self.channel_id})
        return time.perf_counter() - start

    def alone(self) -> float:
        """Seconds to read all that waits, one webhook per transaction, item after item."""
        start = time.perf_counter()
        for raw_id in self.waiting():
            with self.house.tenant() as session:
                raw = session.get_one(RawInbox, raw_id)
                channel = session.get_one(Channel, self.channel_id)
                account = channels.account_of(session, channel)
                for item in channels.adapter_of(session, channel).parse(account, raw.body):
                    receive_safely(session, channel, item)
                session.delete(raw)
        return time.perf_counter() - start

    def waiting(self) -> list[int]:
        with self.house.tenant(write=False) as session:
            return list(session.scalars(select(RawInbox.id).order_by(RawInbox.id)))

    def messages(self) -> int:
        with self.house.tenant(write=False) as session:
            return session.scalar(select(func.count()).select_from(Message)) or 0

    def tidy(self) -> None:
        """The jobs of the round before are somebody else's work."""
        with self.house.desk.database.system() as session:
            session.execute(delete(Job))


def number(person: int) -> str:
    return f"62812{person:08}"


def measure(name: str, desk: Desk, options: argparse.Namespace) -> None:
    alone, together = [], []
    for _ in range(options.rounds):
        alone.append(per_second(desk, desk.alone, options.bodies // ALONE_SHARE))
        together.append(per_second(desk, desk.together, options.bodies))
    show(
        Figure(
            area="processing",
            name=f"in batches, {name}",
            ratios=tuple(ours / limit for ours, limit in zip(together, alone, strict=True)),
            peer="one webhook per transaction",
            goal=GOALS[name],
            detail=f"{max(together):,.0f} against {max(alone):,.0f} webhooks/s of three messages",
        )
    )
    if options.profile:
        desk.fill(options.bodies)
        profiler = cProfile.Profile()
        profiler.runcall(desk.together)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def per_second(desk: Desk, read: Callable[[], float], count: int) -> float:
    """Webhooks read in a second. Each must have left three messages: else nothing to compare."""
    desk.tidy()
    desk.fill(count)
    before = desk.messages()
    spent = read()
    assert desk.messages() - before == 3 * count  # noqa: S101
    return count / spent


if __name__ == "__main__":
    main()
