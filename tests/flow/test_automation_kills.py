"""kill -9 at random moments while orders walk through the six triggers: each message once (B12).

In both modes. Meta is a process that nobody kills, and it tells of every delivery.
`SAPA_PROOF_RULE_KILLS=50 SAPA_PROOF_ORDERS=1000` is the whole proof, `SAPA_PROOF_SEED` repeats one.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from core.config import Settings
from core.inbound import MessageState
from core.models import Channel, Contact, ConversationState, Direction, Message, Order, Tenant
from core.models.base import now
from core.services import conversation_of, customers, orders
from core.testing.installation import CloudLine
from core.testing.providers.journal import doubles, read_journal
from core.testing.providers.whatsapp_cloud_bodies import status
from core.testing.waiting import wait_until
from plugins.automation.models import Rule, Run, RunState
from tests.flow.processes import Nursery, provider
from tests.flow.tally import Tally
from tests.flow.test_kill import told, town
from tests.flow.town import PROCESSES, THREADS, Town

KILLS = int(os.environ.get("SAPA_PROOF_RULE_KILLS", "5"))
ORDERS = int(os.environ.get("SAPA_PROOF_ORDERS", "40"))
SEED = int(os.environ.get("SAPA_PROOF_SEED", "0")) or random.randrange(10**6)
PATIENCE = 400.0 + ORDERS  # s in which all work must end
TRIGGERS = (
    "contact_created",
    "order_created",
    "order_follow_up",
    "order_paid",
    "order_shipped",
    "order_received",
)


@pytest.mark.prove
def test_B12_kills_while_orders_walk_through_all_six_triggers(
    settings: Settings, born: Nursery, tmp_path: Path
) -> None:
    print(f"\nseed {SEED}")
    chance, begun = random.Random(SEED), time.monotonic()
    journal = tmp_path / "journal.jsonl"
    with (
        provider(journal) as graph_url,
        town(settings, born, tmp_path, graph_url) as (place, line),
    ):
        walk = Walk(place, line)
        walk.make_rules()
        receipts, tally = Receipts(place, line, journal), Tally(place.house, [])
        place.keep()
        for number, way in enumerate(place.plan(KILLS, chance)):
            walk.go_on((number + 1) * ORDERS // (KILLS + 1))
            assert wait_until(lambda: place.keep() and place.web.is_up, 60)
            receipts.report()
            time.sleep(chance.uniform(0, 0.8))
            place.kill(way, chance)
            if way.hits_calls:
                tally.saw_kill()
            place.keep()
        walk.go_on(ORDERS)
        assert wait_until(
            # told last: a message that left as the work ended is still to be heard of
            lambda: place.keep() and tally.is_over() and receipts.report(),
            PATIENCE,
        ), tally.left()
        unknown = walk.check(read_journal(journal), tally)
        assert len(unknown) <= KILLS * THREADS * PROCESSES
    lines = read_journal(journal)
    print(
        f"{KILLS} kills in {time.monotonic() - begun:.0f} s ({told(place)}): {ORDERS} orders, "
        f"{len(lines)} messages at the provider, 0 lost, 0 twice; {len(unknown)} unknown, each "
        "killed in its call and never taken by the provider"
    )
    assert place.kills.total() == KILLS


@dataclass
class Walk:
    """Customers who order; each order is paid, estimated for today and sent."""

    place: Town
    line: CloudLine
    walked: int = 0

    def make_rules(self) -> None:
        with self.place.house.tenant() as session:
            self.place.house.desk.host.switches.enable(session, "automation")
            for trigger in TRIGGERS:
                values = {"template": "", "text": f"{trigger} {{contactname}}", "channel": ""}
                session.add(
                    Rule(
                        name=trigger,
                        trigger=trigger,
                        steps=[{"action": "send", "values": values}],
                        at_time="00:00",
                    )
                )

    def go_on(self, until: int) -> None:
        """The next orders, one transaction for each step, as people take them."""
        house = self.place.house
        while self.walked < until:
            number = self.walked
            with house.tenant() as session:
                made = customers.create_customer(
                    session, name=f"Budi {number}", phone=f"+62812{number:08}"
                )
                contact = made.contacts[0]
                contact_id = contact.id
                channel = session.get_one(Channel, self.line.channel_id)
                talk = conversation_of.find_or_open(
                    session, channel, list(contact.identities), state=ConversationState.CLOSED
                )
                talk.window_until = now() + timedelta(hours=20)  # they have just written
            with house.tenant() as session:
                zone = ZoneInfo(session.get_one(Tenant, house.tenant_id).time_zone)
                order = orders.create_order(
                    session,
                    session.get_one(Contact, contact_id),
                    lines=[orders.Line("Serum", 1, Decimal(1000))],
                    estimated_date=now().astimezone(zone).date(),
                )
                order_id = order.id
            with house.tenant() as session:
                orders.pay(session, session.get_one(Order, order_id))
            with house.tenant() as session:
                orders.ship(session, session.get_one(Order, order_id), "JNE", f"R{number}")
            self.walked += 1

    def check(self, journal: list[dict[str, Any]], tally: Tally) -> list[Message]:
        """Each message once, all that were due, none doubled; those that nobody knows of."""
        assert doubles(journal) == {}
        taken = {line["opaque"] for line in journal}
        with self.place.house.tenant(write=False) as session:
            sent = session.scalars(
                select(Message).where(Message.direction == Direction.OUT).order_by(Message.id)
            ).all()
            unended = session.scalars(select(Run).where(Run.state != RunState.DONE)).all()
            assert [(run.trigger, run.state, run.reason) for run in unended] == []
            unknown = [each for each in sent if each.state is MessageState.UNKNOWN]
            assert {each.id for each in unknown} <= tally.in_call, "unknown without a kill"
            assert all(str(each.uuid) not in taken for each in unknown)
            assert {str(each.uuid) for each in sent} - taken == {str(u.uuid) for u in unknown}
            unheard = {each.body.split(" ", 1)[1] for each in unknown if FOLLOWS in each.body}
            got: dict[str, Counter[str]] = defaultdict(Counter)
            for message in sent:
                trigger, _space, name = message.body.partition(" ")
                got[name][trigger] += 1
            for number in range(ORDERS):
                name = f"Budi {number}"
                due = [one for one in TRIGGERS if one != "order_received" or name not in unheard]
                assert got[name] == Counter(due), name
            session.expunge_all()
        return unknown


FOLLOWS = "order_follow_up"


@dataclass
class Receipts:
    """Tells the installation of all that the provider has delivered, each until it heard."""

    place: Town
    line: CloudLine
    journal: Path
    told: set[str] = field(default_factory=set)

    def report(self) -> bool:
        """True where everything is told."""
        new = [line for line in read_journal(self.journal) if line["wamid"] not in self.told]
        with httpx.Client(timeout=10, trust_env=False) as client:
            for line in new:
                body = status(line["wamid"], "delivered", line["to"], opaque=line["opaque"])
                raw = json.dumps(self.line.statuses(body)).encode()
                try:
                    answer = client.post(
                        f"{self.place.web.url}{self.line.path}",
                        content=raw,
                        headers=self.line.meta.sign(raw),
                    )
                except httpx.TransportError:
                    return False
                if answer.status_code != 200:
                    return False
                self.told.add(line["wamid"])
        return not new
