"""An installation with one plugin of channels: the application is made once for a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select

from core.config import Settings
from core.models import Channel, Conversation, Message
from core.services import channels
from core.services.send import send_message
from core.testing.installation import Installation, installation
from core.testing.prepared import prepared
from core.web.app import create_app

Row = TypeVar("Row")


@dataclass(frozen=True)
class Home:
    """What all tests of a module share."""

    settings: Settings
    app: Flask
    plugin: str

    @classmethod
    def make(cls, folder: Path, plugin: str) -> Home:
        settings = Settings(
            home=folder, base_url="https://sapa.example", private_hosts=("127.0.0.1",)
        )
        prepared(settings, (plugin,))
        return cls(settings, create_app(settings, (plugin,)), plugin)

    @contextmanager
    def house(self) -> Iterator[Installation]:
        """The same application on an empty database."""
        prepared(self.settings, (self.plugin,))
        with installation(self.settings, (self.plugin,), app=self.app) as house:
            yield house


@dataclass
class ConnectedLine:
    """One channel of the house, made as the screen makes it."""

    house: Installation
    channel_id: int
    path: str

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Deliver to the channel's webhook and do the work; the HTTP status."""
        answer = self.house.client().post(self.path, data=body, headers=headers)
        self.house.work()
        return int(answer.status_code)

    def all(self, noun: type[Row], *where: Any) -> list[Row]:
        """The rows of the tenant."""
        with self.house.tenant(write=False) as session:
            rows = list(session.scalars(select(noun).where(*where)))
            session.expunge_all()
            return rows

    def answer(self, text: str = "Siap") -> Message:
        """An agent answers the first conversation; the message as it ended."""
        with self.house.tenant() as session:
            talk = session.scalars(select(Conversation).order_by(Conversation.id).limit(1)).one()
            sent = send_message(session, talk, text=text).id
        self.house.work()
        (found,) = self.all(Message, Message.id == sent)
        return found


def connect(house: Installation, kind: str, values: dict[str, Any]) -> ConnectedLine:
    """Connect a channel, and do what follows from it."""
    with house.tenant() as session:
        channel = channels.create_channel(session, kind=kind, name="Line", values=values)
        line = ConnectedLine(house, channel.id, f"/webhooks/{channel.uuid}")
    house.work()
    return line


def channel_of(line: ConnectedLine) -> Channel:
    """Its row as it is now."""
    (found,) = line.all(Channel, Channel.id == line.channel_id)
    return found
