"""Random stories: what comes in on two channels of a tenant, and what its people do meanwhile.

`Story(seed)` tells the same to every tenant that it is told to, so that two ways of receiving can
be compared. Each chapter is a list of items; between chapters people close, snooze, archive, merge.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.inbound import (
    Address,
    AddressChanged,
    AddressesLinked,
    BadItem,
    ChannelChanged,
    ContactPushed,
    Counted,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    Item,
    Media,
    MessageKind,
    MessageState,
)
from core.models import (
    Card,
    Channel,
    ChannelFilter,
    Contact,
    Conversation,
    Customer,
    Direction,
    FieldSource,
    Message,
    Module,
    Sender,
)
from core.services import channels, conversations, customers
from core.tenancy.session import TenantSession

LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)
SOME_DAY = datetime(2100, 1, 1, tzinfo=UTC)
BEFORE = datetime(2025, 12, 1, tzinfo=UTC)

PHONES = (
    "+6281234567890",
    "+6281234567891",
    "+40722000111",
    "+5511987654321",  # one Brazilian line, written twice
    "+551187654321",
    "+525512345678",  # one Mexican line, written twice
    "+5215512345678",
    "+6281234567892",
)
NAMES = ("", "", "Dewi", "Budi")
TEXTS = ("Halo", "Berapa harganya?", "  ", "", "stop", "STOP!", "mulai", "x" * 400, "dua\nbaris")
OUR_TEXTS = ("Selamat pagi", "Halo")
STATES = (
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.READ,
    MessageState.PLAYED,
    MessageState.FAILED,
)


class Story:
    """A seeded story. `chapters` yields (channel number, items); act between them."""

    def __init__(self, seed: int, slug: str) -> None:
        self._chance = random.Random(seed)
        self._slug = slug
        self._told: list[InboundMessage] = []
        self._ours = 0
        self._ids = 0

    def begin(self, session: TenantSession) -> list[int]:
        """Two channels, of which one gives strangers a card; people with a past. Channel ids."""
        module = Module(name="Sales", stages=["Lead", "Won"])
        session.add(module)
        session.flush()
        made = []
        for name in ("A", "B"):
            channel = channels.create_channel(
                session,
                kind="whatsapp_cloud",
                name=name,
                own_address=f"+62811000{ord(name)}00",
                values={
                    "phone_number_id": str(ord(name)),
                    "waba_id": "1",
                    "access_token": "a token of some length",
                    "app_secret": "a secret of some length",
                    "verify_token": "verify-me",
                },
            )
            made.append(channel)
        made[0].module_id = module.id
        for phone, name in zip(self._chance.sample(PHONES[:4], 3), ("Ani", "", "Ion"), strict=True):
            known = customers.create_customer(session, name=name, phone=phone)
            for stage in self._chance.choice(([], ["Lead"], ["Lead", "Won"])):
                session.add(
                    Card(
                        title=stage,
                        module_id=module.id,
                        contact_id=known.contacts[0].id,
                        stage=stage,
                        is_open=stage == "Lead",
                        updated_at=BEFORE,
                    )
                )
        session.flush()
        return [channel.id for channel in made]

    def chapters(self, count: int, length: int) -> Iterator[tuple[int, list[Item]]]:
        for _ in range(count):
            number = self._chance.choice((0, 0, 1))
            yield number, [self._item() for _ in range(self._chance.randint(1, length))]

    # items

    def _item(self) -> Item:
        kind = self._chance.choices(
            ("message", "status", "again", "edit", "reaction", "count", "rare", "poison"),
            (66, 22, 5, 1, 1, 2, 2, 1),
        )[0]
        made: Item = getattr(self, f"_{kind}")()
        return made

    def _message(self) -> InboundMessage:
        chance = self._chance
        is_echo = chance.random() < 0.25
        self._ids += 1
        item = InboundMessage(
            provider_id=f"m{self._ids}",
            addresses=self._addresses(),
            kind=MessageKind.TEXT,
            sent_at=self._moment(),
            text=chance.choice(OUR_TEXTS if is_echo else TEXTS),
            name=chance.choice(NAMES),
            subject=chance.choice(("", "", "Kaos merah")),
            reply_to=self._some_id() if chance.random() < 0.2 else "",
            is_echo=is_echo,
            is_automatic=not is_echo and chance.random() < 0.05,
            is_history=chance.random() < 0.1,
            opaque=self._opaque() if is_echo and chance.random() < 0.4 else "",
            raw={"type": "order"} if chance.random() < 0.1 else {},
        )
        if chance.random() < 0.15:
            kind = chance.choice((MessageKind.IMAGE, MessageKind.DOCUMENT))
            file = Media(kind, provider_id="1", mime_type="image/png", filename="a.png")
            item = replace(item, kind=kind, media=(file,) * chance.randint(1, 2))
        elif item.is_history and chance.random() < 0.5:
            item = replace(item, kind=MessageKind.PLACEHOLDER)
        self._told.append(item)
        return item

    def _status(self) -> InboundStatus:
        state = self._chance.choice(STATES)
        is_failed = state is MessageState.FAILED
        return InboundStatus(
            provider_id=self._some_id() if self._chance.random() < 0.95 else "",
            state=state,
            at=self._moment(),
            opaque=self._opaque() if self._chance.random() < 0.4 else "",
            error_class="recipient" if is_failed else "",
            error_code="131026" if is_failed else "",
            error_reason="Unreachable." if is_failed else "",
        )

    def _again(self) -> Item:
        if not self._told:
            return Counted("group")
        told = self._chance.choice(self._told)
        if told.kind is not MessageKind.PLACEHOLDER:
            return told
        file = Media(MessageKind.IMAGE, provider_id="1", mime_type="image/png")
        return replace(told, kind=MessageKind.IMAGE, text="Foto", media=(file,))  # it comes later

    def _edit(self) -> InboundEdit:
        is_revoked = self._chance.random() < 0.3
        return InboundEdit(self._some_id(), self._moment(), "Baru", is_revoked=is_revoked)

    def _reaction(self) -> InboundReaction:
        emoji = self._chance.choice(("👍", ""))
        return InboundReaction("r", self._some_id(), emoji, self._addresses(), self._moment())

    def _count(self) -> Counted:
        return Counted(self._chance.choice(("group", "location")))

    def _rare(self) -> Item:
        at = self._moment()
        phone = self._phone()
        made: list[Item] = [
            AddressChanged(phone, self._phone(), at),
            AddressesLinked((phone, self._username(phone)), at),
            ContactPushed(phone, at, name="Push"),
            ChannelChanged("quality", "Low.", at),
            BadItem("It is not an object.", [1]),
        ]
        return self._chance.choice(made)

    def _poison(self) -> InboundMessage:
        """PostgreSQL refuses the text, both the id, or nobody is behind it."""
        # without the opaque value, which names the tenant: a bad item is kept with all of its text
        item = replace(self._message(), is_echo=False, name="", opaque="")
        del self._told[-1]
        wrong: list[dict[str, Any]] = [
            {"text": "a\x00b"},
            {"provider_id": "x" * 300},
            {"addresses": ()},
        ]
        return replace(item, **self._chance.choice(wrong))

    def _addresses(self) -> tuple[Address, ...]:
        phone = self._phone()
        return self._chance.choice(
            (
                (phone,),
                (phone,),
                (phone, self._username(phone)),
                (self._username(phone),),
                (self._username(phone), phone),
            )
        )

    def _phone(self) -> Address:
        return Address(IdentityKind.PHONE, self._chance.choice(PHONES))

    def _username(self, phone: Address) -> Address:
        return Address(IdentityKind.BSUID, f"ID.{phone.value}")

    def _moment(self) -> datetime:
        minutes = self._ids * 3 + self._chance.randint(-30, 3)
        return LONG_AGO + timedelta(minutes=minutes)

    def _some_id(self) -> str:
        made = self._chance.choice(("m", "m", "m", "s"))
        return f"{made}{self._chance.randint(max(1, self._ids - 15), self._ids + 3)}"

    def _opaque(self) -> str:
        if not self._ours:
            return "not an id"
        return str(self._uuid(self._chance.randint(1, self._ours)))

    def _uuid(self, number: int) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self._slug}/{number}")

    # what people do

    def act(self, session: TenantSession, channel_ids: list[int]) -> None:
        """Something that a person does between two chapters."""
        for _ in range(self._chance.randint(0, 3)):
            act = self._chance.choice(
                (
                    self._close,
                    self._snooze,
                    self._send,
                    self._send,
                    self._archive,
                    self._merge,
                    self._take_name,
                    self._filter,
                )
            )
            act(session, channel_ids)
            session.flush()

    def _one_of(self, session: TenantSession, noun: type[Any]) -> Any:
        rows = session.scalars(select(noun).order_by(noun.id)).all()
        return rows[self._chance.randrange(len(rows))] if rows else None

    def _close(self, session: TenantSession, channel_ids: list[int]) -> None:
        if (conversation := self._one_of(session, Conversation)) is not None:
            conversations.close(session, conversation)

    def _snooze(self, session: TenantSession, channel_ids: list[int]) -> None:
        if (conversation := self._one_of(session, Conversation)) is not None:
            conversations.snooze(session, conversation, SOME_DAY)

    def _send(self, session: TenantSession, channel_ids: list[int]) -> None:
        conversation = self._one_of(session, Conversation)
        if conversation is None:
            return
        self._ours += 1
        self._ids += 1
        state = self._chance.choice(
            (
                MessageState.QUEUED,
                MessageState.SENDING,
                MessageState.UNKNOWN,
                MessageState.ACCEPTED,
            )
        )
        session.add(
            Message(
                uuid=self._uuid(self._ours),
                conversation_id=conversation.id,
                channel_id=conversation.channel_id,
                contact_id=conversation.contact_id,
                direction=Direction.OUT,
                sender=Sender.AGENT,
                state=state,
                provider_id=f"s{self._ids}" if state is MessageState.ACCEPTED else None,
                body=self._chance.choice(OUR_TEXTS),
            )
        )

    def _archive(self, session: TenantSession, channel_ids: list[int]) -> None:
        if (contact := self._one_of(session, Contact)) is not None:
            customers.archive_contact(session, contact)

    def _merge(self, session: TenantSession, channel_ids: list[int]) -> None:
        one, other = self._one_of(session, Contact), self._one_of(session, Contact)
        if one is None or one is other:
            return
        group = Customer(is_group=True, name=one.name or other.name)
        session.add(group)
        session.flush()
        one.customer_id = other.customer_id = group.id

    def _take_name(self, session: TenantSession, channel_ids: list[int]) -> None:
        if (contact := self._one_of(session, Contact)) is None:
            return
        contact.name = ""
        if self._chance.random() < 0.5:
            contact.sources = {**contact.sources, "name": FieldSource.PERSON.value}

    def _filter(self, session: TenantSession, channel_ids: list[int]) -> None:
        channel = session.get_one(Channel, self._chance.choice(channel_ids))
        channel.filter = self._chance.choice(list(ChannelFilter))
        channel.filter_numbers = self._chance.sample(PHONES, 2)
