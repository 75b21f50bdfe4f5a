"""A shop with automation on, one phone number, and a clock that moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.config import Settings
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind, MessageState
from core.models import Channel, Contact, Direction, Job, Message, Order, Tenant
from core.models.base import now
from core.services import channels, customers, orders, tenants
from core.services.receive import receive
from core.services.states import move
from core.testing.installation import Installation, installation
from core.testing.prepared import copy_sqlite
from plugins import BUILTIN
from plugins.automation import clock
from plugins.automation.models import Rule, Run

_numbers = count(1)


@dataclass
class Shop:
    """The shop. Rows are named by ids, so that none outlives its transaction."""

    house: Installation
    channel_id: int
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return now() + self.ahead

    def work(self) -> None:
        """Do what is due on the moved clock."""
        self.house.desk.jobs.run_pending(until=self.now())

    def pass_time(self, **span: float) -> None:
        self.ahead += timedelta(**span)
        self.work()

    def rule(self, trigger: str, *steps: Mapping[str, Any], **more: Any) -> int:
        """A rule that is on; without steps it sends one text."""
        taken = [dict(step) for step in steps] or [send(f"{trigger} {{contactname}}")]
        with self.house.tenant() as session:
            rule = Rule(name=trigger, trigger=trigger, steps=taken, **more)
            session.add(rule)
            session.flush()
            return rule.id

    def customer(self, name: str = "Dewi", phone: str = "", origin: str = "person") -> int:
        """A new customer; the contact's id."""
        phone = phone or f"+62812{next(_numbers):08}"
        with self.house.tenant() as session:
            made = customers.create_customer(session, name=name, phone=phone, origin=origin)
            contact_id = made.contacts[0].id
        self.work()
        return contact_id

    def order(self, contact_id: int, total: int = 150_000, day: date | None = None) -> int:
        with self.house.tenant() as session:
            contact = session.get_one(Contact, contact_id)
            lines = [orders.Line("Serum", 1, Decimal(total))]
            made = orders.create_order(session, contact, lines=lines, estimated_date=day)
            order_id = made.id
        self.work()
        return order_id

    @contextmanager
    def changing(self, order_id: int) -> Iterator[tuple[Any, Order]]:
        """Change an order; the work that follows is done."""
        with self.house.tenant() as session:
            yield session, session.get_one(Order, order_id)
        self.work()

    def write(self, text: str = "Halo", phone: str = "", **more: Any) -> str:
        """A customer writes; their number."""
        phone = phone or f"+62813{next(_numbers):08}"
        item = InboundMessage(
            provider_id=f"in.{next(_numbers)}",
            kind=MessageKind.TEXT,
            addresses=(Address(IdentityKind.PHONE, phone),),
            text=text,
            **{"sent_at": now(), **more},
        )
        with self.house.tenant() as session:
            receive(session, session.get_one(Channel, self.channel_id), item)
        self.work()
        return phone

    def sent(self) -> list[str]:
        """What went out, in order."""
        with self.house.tenant(write=False) as session:
            asked = select(Message.body).where(Message.direction == Direction.OUT)
            return list(session.scalars(asked.order_by(Message.id)))

    def runs(self, **wanted: Any) -> list[Run]:
        """Every run, in order, detached."""
        with self.house.tenant(write=False) as session:
            found = list(session.scalars(select(Run).filter_by(**wanted).order_by(Run.id)))
            session.expunge_all()
            return found

    def arrive(self, body: str, state: MessageState = MessageState.DELIVERED) -> None:
        """The receipt of a message of ours."""
        with self.house.tenant() as session:
            message = session.scalars(select(Message).where(Message.body == body)).one()
            move(session, message, state, self.now())
        self.work()


def send(text: str, **more: str) -> dict[str, Any]:
    """A step that sends words of the rule's own."""
    return {"action": "send", "values": {"template": "", "text": text, "channel": "", **more}}


def all_of(**line: str) -> dict[str, Any]:
    """Conditions of one line."""
    return {"join": "all", "items": [{"join": "all", "items": [line]}]}


def hire(shop: Shop, name: str = "rina") -> int:
    """Somebody who works there; their membership."""
    with shop.house.desk.database.system() as system:
        email = f"{name}-{shop.house.tenant_id}@toko.example"
        user = tenants.create_user(system, email, password="rahasia-123", first_name=name.title())
        tenant = system.get_one(Tenant, shop.house.tenant_id)
        member = tenants.add_member(system, tenant, user, [tenants.RoleName.ADMIN])
        system.flush()
        return member.id


@contextmanager
def shop_in(house: Installation, patch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Automation is on, one phone number is connected, and the clock moves."""
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "automation")
        channel = channels.create_channel(
            session,
            kind="simulator",
            name="WhatsApp 1",
            own_address="+628110000001",
            module_id=None,
            values={"phone_url": "http://127.0.0.1:9/", "secret": "a-phone-secret"},
        )
        made = Shop(house, channel.id)
    patch.setattr(clock, "now", made.now)
    yield made


@pytest.fixture
def shop(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """On both databases."""
    with installation(settings, BUILTIN) as house, shop_in(house, monkeypatch) as made:
        yield made
        house.desk.outbound.close()


@pytest.fixture(scope="session")
def street(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """One installation, in which each test opens a shop of its own: half a second less for each."""
    home = tmp_path_factory.mktemp("street")
    copy_sqlite(sqlite_template, home)
    with installation(Settings(home=home), BUILTIN) as house:
        yield house


@pytest.fixture
def lite(street: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """For what no database decides: a tenant that is new, and alone in the queue."""
    house = street.add_tenant(f"toko-{next(_numbers)}")
    with shop_in(house, monkeypatch) as made:
        yield made
    with street.desk.database.system() as system:
        for job in system.scalars(select(Job)):
            system.delete(job)
