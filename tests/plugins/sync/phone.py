"""A paired phone behind a GOWA gateway, whose address book a test writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from core.inbound import Address, ContactPushed, IdentityKind, InboundMessage, MessageKind
from core.models import Channel, Contact, Customer, Identity
from core.models.base import now
from core.services import channels
from core.services.receive import receive
from core.testing.installation import Installation
from core.testing.providers.gowa import GowaSimulator
from core.testing.providers.gowa_devices import Device
from plugins.sync import devices, runs, undoing
from plugins.sync.models import Device as SyncDevice
from plugins.sync.models import Run

OWN = "6281100000001"


@dataclass
class Phone:
    """One device of the tenant."""

    house: Installation
    gowa: GowaSimulator
    channel_id: int

    def holds(self, book: dict[str, str]) -> None:
        """The phone's address book is now `book`: digits (or a JID) → name."""
        self.gowa.contacts = [
            {"jid": key if "@" in key else f"{key}@s.whatsapp.net", "name": name}
            for key, name in book.items()
        ]

    def begin(self, *, is_preview: bool = False) -> int:
        """Press Synchronise; the run's id."""
        with self.house.tenant() as session:
            run = runs.synchronise(session, self.channel(session), is_preview=is_preview)
            return run.id

    def sync(self, *, is_preview: bool = False) -> Run:
        """Synchronise and wait; the run as it ended."""
        run_id = self.begin(is_preview=is_preview)
        self.house.work()
        return self.run(run_id)

    def undo(self, run_id: int) -> Run:
        """Undo and wait."""
        with self.house.tenant() as session:
            undoing.undo(session, session.get_one(Run, run_id))
        self.house.work()
        return self.run(run_id)

    def switch(self, is_on: bool) -> None:
        with self.house.tenant() as session:
            switch = devices.switch_on if is_on else devices.switch_off
            switch(session, self.channel(session))

    def pushes(self, digits: str, name: str = "", *, is_removed: bool = False) -> None:
        """The device tells of one entry by itself."""
        with self.house.tenant() as session:
            address = Address(IdentityKind.PHONE, f"+{digits}")
            item = ContactPushed(address, now(), name=name, is_removed=is_removed)
            receive(session, self.channel(session), item)

    def writes(self, digits: str, name: str = "", number: int = 0) -> None:
        """Somebody writes to the device."""
        with self.house.tenant() as session:
            sender = Address(IdentityKind.PHONE, f"+{digits}")
            item = InboundMessage(
                f"in.{digits}.{number}", (sender,), MessageKind.TEXT, now(), text="Halo", name=name
            )
            receive(session, self.channel(session), item)

    def channel(self, session: Any) -> Channel:
        channel: Channel = session.get_one(Channel, self.channel_id)
        return channel

    def run(self, run_id: int) -> Run:
        with self.house.tenant(write=False) as session:
            run = session.get_one(Run, run_id)
            session.expunge(run)
            return run

    def device(self) -> SyncDevice:
        with self.house.tenant(write=False) as session:
            device = session.scalars(
                select(SyncDevice).where(SyncDevice.channel_id == self.channel_id)
            ).one()
            session.expunge(device)
            return device

    def people(self) -> dict[str, str]:
        """Phone → name of everybody in the address book. Fails where one number has two."""
        with self.house.tenant(write=False) as session:
            rows = session.execute(select(Contact.phone, Contact.name)).all()
            assert len(rows) == len({row.phone for row in rows}), "a number has two contacts"
            return {row.phone.lstrip("+"): row.name for row in rows}

    def counts(self) -> tuple[int, int, int]:
        """How many customers, contacts and addresses there are."""
        with self.house.tenant(write=False) as session:
            found = [
                session.scalar(select(func.count()).select_from(noun)) or 0
                for noun in (Customer, Contact, Identity)
            ]
            return found[0], found[1], found[2]


@contextmanager
def phone_of(house: Installation, name: str = "Phone") -> Iterator[Phone]:
    """A connected phone of `house`."""
    with GowaSimulator() as gowa:
        with house.tenant() as session:
            channel = channels.create_channel(
                session,
                kind="whatsapp_qr",
                name=name,
                values={
                    "own_number": f"+{OWN}",
                    "gateway_url": gowa.url,
                    "gateway_user": "sapa",
                    "gateway_password": "gateway-password",
                    "webhook_secret": "a-webhook-secret-of-its-own",
                },
            )
            channel.own_address = f"+{OWN}"
            channels.connect(session, channel)
            phone = Phone(house, gowa, channel.id)
            device = gowa.devices[f"sapa-{channel.uuid}"] = Device(f"sapa-{channel.uuid}")
            device.pair(OWN)
        yield phone
