"""A tenant with routing on, one number, people who come and go, and a clock that moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update
from werkzeug.security import generate_password_hash

from core.boot import open_desk
from core.config import Settings
from core.desk import Desk
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind
from core.models import Channel, Conversation, Division, Membership, Message, Tenant
from core.models.base import now
from core.models.tenant import Presence
from core.services import allocating, channels, conversations, presence, send
from core.services.receive import receive
from core.services.tenants import RoleName, add_member
from core.tenancy.session import TenantSession
from core.testing.installation import Installation, installation
from plugins import BUILTIN
from plugins.routing import clock
from plugins.routing.models import Case, DistributionSetting
from tests.web.installation import Shop, install, open_shop

_numbers = count(1)

HASH = generate_password_hash("rahasia-123")
"""Made once: nobody logs in, and a hash for each agent took a quarter of these tests."""


@dataclass
class Floor:
    """The work floor. Everything is named by ids, so that no row outlives its transaction."""

    house: Installation
    channel_id: int
    members: dict[str, int] = field(default_factory=dict)
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return now() + self.ahead

    def restart(self) -> None:
        """Everything that the process remembered is gone; only rows are left."""
        old = self.house.desk
        shut(old)
        self.house.desk = open_desk(old.settings, BUILTIN)

    def work(self) -> None:
        """Do what is due on the moved clock."""
        self.house.desk.jobs.run_pending(until=self.now())

    def pass_time(self, **span: float) -> None:
        """Move the clock; whoever is here stays here."""
        self.ahead += timedelta(**span)
        with self.house.tenant() as session:
            session.execute(
                update(Membership)
                .where(Membership.seen_at.is_not(None))
                .values(seen_at=self.now())
                .execution_options(synchronize_session=False)
            )

    def hire(self, name: str, *, online: bool = True, role: str = RoleName.AGENT) -> int:
        with self.house.desk.database.system() as session:
            tenant = session.get_one(Tenant, self.house.tenant_id)
            address = f"{name.lower()}@toko.example"
            user = User(username=address, email=address, first_name=name, last_name="")
            user.active, user.password = True, HASH
            session.add(user)
            session.flush()
            member_id = add_member(session, tenant, user, [role]).id
        self.members[name] = member_id
        if online:
            self.come(name)
        return member_id

    def team(self, *names: str) -> list[int]:
        return [self.hire(name) for name in names]

    def come(self, name: str) -> None:
        self.say(name, Presence.ONLINE)

    def go(self, name: str) -> None:
        self.say(name, Presence.OFFLINE)

    def say(self, name: str, how: Presence) -> None:
        with self.member(name) as (session, member):
            presence.choose(session, member, how)
            member.seen_at = self.now()

    @contextmanager
    def member(self, name: str) -> Iterator[tuple[TenantSession, Membership]]:
        with self.house.tenant() as session:
            yield session, session.get_one(Membership, self.members[name])

    def allocate(self, name: str, *channel_ids: int, most: int | None = None) -> None:
        with self.member(name) as (session, member):
            allocating.allocate(session, member, dict.fromkeys(channel_ids, most))

    def capacity(self, name: str, most: int) -> None:
        with self.member(name) as (session, member):
            allocating.set_capacity(session, member, most)

    def channel(self, name: str) -> int:
        with self.house.tenant() as session:
            return add_channel(session, name)

    def division(self, name: str, *rules: tuple[str, str], members: tuple[str, ...] = ()) -> int:
        with self.house.tenant() as session:
            rows = [{"criterion": criterion, "value": value} for criterion, value in rules]
            made = Division(name=name, rules=rows)
            session.add(made)
            session.flush()
            for each in members:
                member = session.get_one(Membership, self.members[each])
                allocating.join_divisions(session, member, [made.id])
            return made.id

    def setting(self, channel_id: int = 0, **values: Any) -> None:
        with self.house.tenant() as session:
            session.add(
                DistributionSetting(name="A", channel_id=channel_id or self.channel_id, **values)
            )

    def write(
        self, number: str = "", text: str = "Halo", *, channel_id: int = 0, work: bool = True
    ) -> int:
        """A customer writes; the conversation's id."""
        number = number or f"+62812{next(_numbers):08}"
        with self.house.tenant() as session:
            channel = session.get_one(Channel, channel_id or self.channel_id)
            receive(session, channel, message(number, text))
            found = select(Message.conversation_id).order_by(Message.id.desc()).limit(1)
            conversation_id = session.scalars(found).one()
        if work:
            self.work()
        return conversation_id

    def answer(self, conversation_id: int, name: str = "", sender: Any = None) -> None:
        with self.house.tenant() as session:
            conversation = session.get_one(Conversation, conversation_id)
            author = session.get_one(Membership, self.members[name]) if name else None
            more = {"sender": sender} if sender else {}
            send.send_message(session, conversation, text="Ada, kak.", author=author, **more)

    def echo(self, conversation_id: int) -> None:
        """Somebody types the answer on the phone itself."""
        with self.house.tenant() as session:
            conversation = session.get_one(Conversation, conversation_id)
            item = message(conversation.identity.address, "Ada", is_echo=True)
            receive(session, conversation.channel, item)
        self.work()

    def close(self, conversation_id: int, *, work: bool = True) -> None:
        with self.house.tenant() as session:
            conversations.close(session, session.get_one(Conversation, conversation_id))
        if work:
            self.work()

    def holder(self, conversation_id: int) -> str:
        """Who has it, by name; "" nobody."""
        with self.house.tenant(write=False) as session:
            held = session.get_one(Conversation, conversation_id).assignee_id
        return next((name for name, key in self.members.items() if key == held), "")

    def case(self, conversation_id: int) -> Case:
        with self.house.tenant(write=False) as session:
            found = select(Case).where(Case.conversation_id == conversation_id)
            case = session.scalars(found).one()
            session.expunge(case)
            return case


def message(number: str, text: str, **more: Any) -> InboundMessage:
    values: dict[str, Any] = {"sent_at": now(), **more}
    return InboundMessage(
        provider_id=f"wamid.{next(_numbers)}",
        kind=MessageKind.TEXT,
        addresses=(Address(IdentityKind.PHONE, number),),
        text=text,
        **values,
    )


def add_channel(session: TenantSession, name: str) -> int:
    return channels.create_channel(
        session,
        kind="simulator",
        name=name,
        own_address=f"+62811{next(_numbers):07}",
        module_id=None,
        values={"phone_url": "http://127.0.0.1:9/", "secret": "a-phone-secret"},
    ).id


@contextmanager
def floor_on(settings: Settings, patch: pytest.MonkeyPatch) -> Iterator[Floor]:
    with installation(settings, BUILTIN) as house:
        with house.tenant() as session:
            house.desk.host.switches.enable(session, "routing")
            channel_id = add_channel(session, "WhatsApp 1")
        floor = Floor(house, channel_id)
        patch.setattr(clock, "now", floor.now)
        yield floor
        shut(house.desk)  # another one than at first, after a restart


def shut(desk: Desk) -> None:
    """Let go of what a desk holds."""
    desk.outbound.close()
    desk.database.dispose()


@pytest.fixture
def floor(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    with floor_on(settings, monkeypatch) as made:
        yield made


@pytest.fixture
def lite(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    """For what no database decides."""
    with floor_on(sqlite_settings, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return install(tmp_path_factory.mktemp("routing"))


_shops = count(1)


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A tenant with routing on, and two agents."""
    made = open_shop(app, f"toko-{next(_shops)}")
    with made.desk.database.tenant(made.tenant_id) as session:
        made.desk.host.switches.enable(session, "routing")
    made.hire("budi", RoleName.AGENT)
    made.hire("citra", RoleName.AGENT)
    return made
