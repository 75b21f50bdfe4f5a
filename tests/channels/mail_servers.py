"""The mail servers that these tests talk to, and a desk whose mailbox is at them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.config import Settings
from core.models import Channel, Conversation, Direction, Message
from core.outbound import OutboundClient
from core.services import channels
from core.services.send import Upload, send_message
from core.testing.installation import Installation, installation
from core.testing.providers.mail_server import PASSWORD, USER, Dovecot, Trust, make_trust
from core.testing.providers.smtp_server import SmtpServer
from plugins.channels.email.poll import read_soon
from tests.channels.mail_account import OWN

ANI = "Ani Wijaya <ani@pembeli.example>"
PLUGINS = ("plugins.channels.email.plugin",)


@cache
def trust() -> Trust:
    """One certificate for all."""
    return make_trust(Path(tempfile.mkdtemp(prefix="sapa-mail-")))


def client(**changes: Any) -> OutboundClient:
    """An outbound client that may reach these servers and trusts them."""
    usual = {"private_hosts": ("127.0.0.1",), "ssl_context": trust().client, "read": 5.0}
    return OutboundClient(**{**usual, **changes})


def letter(text: str = "Halo", **headers: str) -> EmailMessage:
    """A mail of Ani's; header names with `_` for `-`."""
    mail = EmailMessage()
    given = {"From": ANI, "To": OWN, "Subject": "Kaos merah", "Message-ID": "<m1@pembeli.example>"}
    for name, value in {**given, **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
        mail[name] = value
    mail.set_content(text)
    return mail


@dataclass
class Shop:
    """A desk with one mailbox."""

    house: Installation
    imap: Dovecot
    smtp: SmtpServer
    channel_id: int
    uuid: UUID

    def poll(self) -> None:
        """Read the mailbox, and do all the work that comes of it."""
        with self.house.tenant() as session:
            read_soon(session, self.channel_id)
        self.house.work()

    def get(self, *mails: EmailMessage | bytes, folder: str = "") -> None:
        """These mails arrive and are read."""
        for mail in mails:
            self.imap.deliver(mail if isinstance(mail, bytes) else mail.as_bytes(), folder)
        self.poll()

    def messages(self, *where: Any) -> list[Message]:
        """Messages in order, with conversation, detached."""
        with self.house.tenant(write=False) as session:
            found = list(session.scalars(select(Message).where(*where).order_by(Message.id)))
            for message in found:
                _ = message.conversation.identity.address, message.reply_to, message.attachments
            session.expunge_all()
            return found

    def ours(self) -> list[Message]:
        return self.messages(Message.direction == Direction.OUT)

    def answer(self, text: str = "Ada.", upload: Upload | None = None, **more: Any) -> int:
        """An agent answers the conversation that was written to last; the message's id."""
        with self.house.tenant() as session:
            newest = select(Conversation).order_by(Conversation.last_at.desc()).limit(1)
            talk = session.scalars(newest).one()
            message_id = send_message(session, talk, text=text, upload=upload, **more).id
        self.house.work()
        return message_id

    def channel(self) -> Channel:
        with self.house.tenant(write=False) as session:
            found = session.get_one(Channel, self.channel_id)
            session.expunge(found)
            return found

    def change(self, **values: Any) -> None:
        """Change the mailbox's settings."""
        with self.house.tenant() as session:
            channel = session.get_one(Channel, self.channel_id)
            channels.configure(session, channel, values)


@contextmanager
def shop(
    settings: Settings,
    imap: Dovecot,
    smtp: SmtpServer,
    plugins: tuple[str, ...] = PLUGINS,
    **changes: Any,
) -> Iterator[Shop]:
    """A desk with an empty mailbox that was read once: what comes from now on is new."""
    imap.empty()
    with installation(settings, plugins, web=changes.pop("web", False)) as house:
        house.desk.outbound.close()
        house.desk.outbound = client()
        with house.tenant() as session:
            channel = channels.create_channel(
                session,
                kind="email",
                name="Toko",
                values={
                    "own_address": OWN,
                    "user": USER,
                    "password": PASSWORD,
                    "sender_name": "Toko Melati",
                    "imap_host": "127.0.0.1",
                    "imap_port": imap.port,
                    "smtp_host": "127.0.0.1",
                    "smtp_port": smtp.port,
                    "plus_addresses": True,
                    **changes,
                },
            )
            found = Shop(house, imap, smtp, channel.id, channel.uuid)
        found.poll()
        yield found
