"""kill -9 in the middle of a broadcast: it goes on, nobody gets it twice, nobody is forgotten.

In both modes, while it is listed and while it is sent. Meta is a process that nobody kills.
`SAPA_PROOF_BROADCAST_KILLS=30 SAPA_PROOF_PEOPLE=2000` is the whole proof, `SAPA_PROOF_SEED` repeats
one.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.config import Settings
from core.inbound import IdentityKind, MessageState
from core.models import Contact, Conversation, ConversationState, Customer, Identity, Message
from core.models.base import now
from core.tenancy.bulk import insert_rows, update_rows
from core.testing.providers.journal import doubles, read_journal
from core.testing.waiting import wait_until
from plugins.automation.broadcasts import handling
from plugins.automation.broadcasts.models import BroadcastState, Recipient, RecipientState
from tests.flow.processes import Nursery, provider
from tests.flow.tally import Tally
from tests.flow.test_automation_kills import Receipts
from tests.flow.test_kill import told, town
from tests.flow.town import PROCESSES, THREADS, Town

KILLS = int(os.environ.get("SAPA_PROOF_BROADCAST_KILLS", "3"))
PEOPLE = int(os.environ.get("SAPA_PROOF_PEOPLE", "200"))
SEED = int(os.environ.get("SAPA_PROOF_SEED", "0")) or random.randrange(10**6)
PATIENCE = 300.0  # s in which all work must end


@pytest.mark.prove
def test_E9_kills_in_the_middle_of_a_broadcast(
    settings: Settings, born: Nursery, tmp_path: Path
) -> None:
    print(f"\nseed {SEED}")
    chance, begun = random.Random(SEED), time.monotonic()
    journal = tmp_path / "journal.jsonl"
    with (
        provider(journal) as graph_url,
        town(settings, born, tmp_path, graph_url) as (place, line),
    ):
        mailing, tally = Mailing(place, line.channel_id), Tally(place.house, [])
        receipts = Receipts(place, line, journal)
        mailing.write()
        place.keep()
        for number, way in enumerate(place.plan(KILLS, chance)):
            # the first hits the listing; the others come as the messages do
            assert wait_until(lambda: place.keep() and place.web.is_up, 60), place.web.told()
            if number:
                share = number * len(mailing.customers) // KILLS
                assert wait_until(
                    lambda share=share: place.keep() and mailing.go_on() >= share, PATIENCE
                ), tally.left()
            time.sleep(chance.uniform(0, 0.8))
            place.kill(way, chance)
            if way.hits_calls:
                tally.saw_kill()
        assert wait_until(
            lambda: place.keep() and mailing.is_done() and tally.is_over() and receipts.report(),
            PATIENCE,
        ), (mailing.state(), tally.left())
        unknown = mailing.check([line["opaque"] for line in read_journal(journal)], tally)
        assert doubles(read_journal(journal)) == {}
        assert unknown <= KILLS * THREADS * PROCESSES
    print(
        f"{KILLS} kills in {time.monotonic() - begun:.0f} s ({told(place)}): "
        f"{len(mailing.customers)} people, {len(read_journal(journal))} messages at the provider, "
        f"0 lost, 0 twice; {unknown} unknown, each killed in its call and never taken"
    )
    assert place.kills.total() == KILLS


@dataclass
class Mailing:
    """A broadcast to everybody: of ten people two are one."""

    place: Town
    channel_id: int
    broadcast_id: int = 0
    customers: frozenset[int] = frozenset()

    def write(self) -> None:
        """People who wrote a moment ago, and the broadcast, which processes list."""
        with self.place.house.tenant() as session:
            self.place.house.desk.host.switches.enable(session, "automation")
            names = [f"Budi {number}" for number in range(PEOPLE)]
            phones = [f"+62812{number:08}" for number in range(PEOPLE)]
            homes = insert_rows(session, Customer, [{"name": name} for name in names])
            contacts = insert_rows(
                session,
                Contact,
                [
                    {"customer_id": home, "home_id": home, "name": name, "phone": phone}
                    for home, name, phone in zip(homes, names, phones, strict=True)
                ],
            )
            identities = insert_rows(
                session,
                Identity,
                [
                    {"contact_id": contact, "kind": IdentityKind.PHONE, "address": phone}
                    for contact, phone in zip(contacts, phones, strict=True)
                ],
            )
            insert_rows(
                session,
                Conversation,
                [
                    {
                        "channel_id": self.channel_id,
                        "identity_id": identity,
                        "contact_id": contact,
                        "state": ConversationState.CLOSED,
                        "window_until": now() + timedelta(hours=20),
                    }
                    for identity, contact in zip(identities, contacts, strict=True)
                ],
            )
            merged = range(0, PEOPLE - 1, 10)
            groups = insert_rows(session, Customer, [{"is_group": True} for _pair in merged])
            pairs = [
                (at + more, group)
                for at, group in zip(merged, groups, strict=True)
                for more in (0, 1)
            ]
            update_rows(
                session, Contact, [{"id": contacts[at], "customer_id": g} for at, g in pairs]
            )
            update_rows(
                session, Customer, [{"id": homes[at], "successor_id": g} for at, g in pairs]
            )
            self.customers = frozenset({*homes, *groups} - {homes[at] for at, _group in pairs})
            values = {"name": "Promo", "text": "Halo {contactname}", "per_minute": 1_200}
            if PEOPLE > 1_000:
                values["per_minute"] = 60_000
            self.broadcast_id = handling.create(session, values).id

    def go_on(self) -> int:
        """Start it once it is listed; how many messages have left for the provider."""
        if self.state() is BroadcastState.READY:
            with self.place.house.tenant() as session:
                handling.start(session, handling.get(session, self.broadcast_id))
        left = select(func.count(Message.id)).where(Message.state != MessageState.QUEUED)
        with self.place.house.tenant(write=False) as session:
            return session.scalar(left) or 0

    def state(self) -> BroadcastState:
        with self.place.house.tenant(write=False) as session:
            return handling.get(session, self.broadcast_id).state

    def is_done(self) -> bool:
        self.go_on()
        return self.state() is BroadcastState.DONE

    def check(self, taken: list[str], tally: Tally) -> int:
        """One message for each person, at the provider or unknown; how many of those.

        After the receipts: a call that was cut after the provider took it is known by then.
        """
        with self.place.house.tenant(write=False) as session:
            rows = session.execute(
                select(Recipient.customer_id, Recipient.state, Message.uuid, Message.state)
                .join(Message, Message.id == Recipient.message_id)
                .order_by(Recipient.id)
            ).all()
            written = session.scalar(select(func.count(Message.id)))
            listed = session.scalar(select(func.count(Recipient.id)))
            unknown = session.execute(
                select(Message.id, Message.uuid).where(Message.state == MessageState.UNKNOWN)
            ).all()
        assert {row.customer_id for row in rows} == self.customers
        assert len(rows) == written == listed == len(self.customers)
        assert {row[1] for row in rows} == {RecipientState.QUEUED}
        assert {row.id for row in unknown} <= tally.in_call, "unknown without a kill"
        assert {str(row.uuid) for row in rows} - set(taken) == {str(row.uuid) for row in unknown}
        return len(unknown)
