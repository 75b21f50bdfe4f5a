"""The whole way: webhooks through the application, sends through its jobs, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from core.adapter import Receipts
from core.config import Settings
from core.inbound import MessageKind, MessageState
from core.models import (
    BadInboundItem,
    Channel,
    ChannelState,
    Contact,
    Conversation,
    Direction,
    Job,
    Message,
    Notice,
    NoticeLevel,
    Task,
)
from core.models.base import now
from core.services import channels
from core.services.notices import open_notices
from core.services.send import send_message
from core.services.taken_in import take_in
from core.testing.contract.supplied import ANI, BASE_URL, Supplied
from core.testing.installation import Installation, installation
from core.testing.prepared import prepared
from core.testing.providers.base import ProviderSimulator
from core.web.app import create_app


@dataclass
class Desk:
    """An installation with one channel of the adapter's kind, and its provider."""

    house: Installation
    provider: ProviderSimulator
    contract: Supplied
    channel_id: int
    uuid: UUID

    def deliver(self, body: bytes, *, is_signed: bool = True) -> int:
        """Post a body to the channel's webhook and do the work; the HTTP status.

        Where the adapter is polled, the body is kept as what was fetched.
        """
        if self.contract.why_no_webhooks and is_signed:
            with self.house.tenant() as session:
                take_in(session, session.get_one(Channel, self.channel_id), [body])
            self.house.work()
            return 200
        account = self.contract.account(self.provider.url)
        headers = self.contract.signature(account, body) if is_signed else {}
        answer = self.house.client().post(
            f"/webhooks/{self.uuid}", data=body, headers=headers, content_type="application/json"
        )
        self.house.work()
        return int(answer.status_code)

    def write(self, *raws: dict[str, Any]) -> None:
        """Let people write: these messages are delivered."""
        for body in self.contract.bodies([list(raws)]):
            assert self.deliver(body) == 200

    def send(self, text: str) -> int:
        """An agent answers the first conversation; the message's id. Nothing is called yet."""
        with self.house.tenant() as session:
            talk = session.scalars(select(Conversation).order_by(Conversation.id).limit(1)).one()
            return send_message(session, talk, text=text).id

    def message(self, message_id: int) -> Message:
        with self.house.tenant(write=False) as session:
            found = session.get_one(Message, message_id)
            session.expunge(found)
            return found

    def count(self, noun: type[Any], *where: Any) -> int:
        with self.house.tenant(write=False) as session:
            return session.scalar(select(func.count()).select_from(noun).where(*where)) or 0

    def all_is_due(self) -> None:
        """The pause that a provider asked for, or our own back-off, is over."""
        with self.house.desk.database.system() as session:
            session.execute(update(Job).values(due_at=now()))
        self.house.work()

    def channel(self) -> Channel:
        with self.house.tenant(write=False) as session:
            found = session.get_one(Channel, self.channel_id)
            session.expunge(found)
            return found

    def notices(self) -> list[Notice]:
        with self.house.tenant(write=False) as session:
            return list(open_notices(session))


class DeskContract(Supplied):
    """What a team sees of the adapter."""

    @pytest.fixture(scope="class")
    @classmethod
    def home(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Flask]]:
        """One application for all tests of the class: making it takes longer than they do."""
        settings = Settings(
            home=tmp_path_factory.mktemp("contract"),
            private_hosts=("127.0.0.1",),
            base_url=BASE_URL,
        )
        prepared(settings, (cls.plugin,))
        app = create_app(settings, (cls.plugin,))
        app.extensions["sapa"].outbound = cls().client()
        yield settings, app
        app.extensions["sapa"].database.dispose()

    @pytest.fixture
    def desk(self, running: ProviderSimulator, home: tuple[Settings, Flask]) -> Iterator[Desk]:
        """A desk on SQLite with the adapter's plugin, empty but for one connected channel."""
        settings, app = home
        prepared(settings, (self.plugin,))
        with installation(settings, (self.plugin,), app=app) as house:
            account = self.account(running.url)
            with house.tenant() as session:
                context = f"channel:{account.uuid}"
                channel = Channel(
                    kind=account.kind,
                    name="The channel",
                    uuid=account.uuid,
                    own_address=account.own_address,
                    region=account.region,
                    settings=dict(account.settings),
                    sealed=session.desk.box.seal(dict(account.secrets), context=context),
                    state=ChannelState.CONNECTED,
                )
                session.add(channel)
                session.flush()
                channel_id = channel.id
            yield Desk(house, running, self, channel_id, account.uuid)

    @pytest.fixture
    def talk(self, desk: Desk) -> Desk:
        """The desk, after Ani has written."""
        desk.write(self.raw_message("m-first", ANI, "Halo"))
        return desk

    def test_a_batch_delivered_twice_is_stored_whole_and_once(self, desk: Desk) -> None:
        raws = [self.raw_message(f"m-{i}", f"+62812345678{i:02}", f"Nr {i}") for i in range(5)]
        desk.write(*raws)
        desk.write(*raws)
        with desk.house.tenant(write=False) as session:
            texts = session.scalars(select(Message.body).order_by(Message.id)).all()
        assert texts == [f"Nr {i}" for i in range(5)]
        assert desk.count(Contact) == 5

    def test_a_body_without_its_signature_stores_nothing(self, desk: Desk) -> None:
        assert desk.deliver(self.one_body(), is_signed=False) == 401
        assert desk.count(Message) == 0

    def test_an_unknown_kind_is_seen_as_a_placeholder(self, desk: Desk) -> None:
        desk.write(self.raw_unknown("m-1", ANI))
        assert desk.count(Message, Message.kind == MessageKind.PLACEHOLDER) == 1

    def test_a_bad_item_is_kept_beside_the_good_ones(self, desk: Desk) -> None:
        good = [self.raw_message(f"m-{i}", ANI, "Halo") for i in range(2)]
        desk.write(good[0], {}, good[1])
        assert desk.count(Message) == 2
        assert desk.count(BadInboundItem) == 1

    def test_receipts_in_any_order_end_with_the_furthest(self, talk: Desk) -> None:
        if self.why_no_receipts:
            assert not self.adapter.capabilities.receipts.value.startswith("read")
            return
        sent = talk.send("Siap")
        talk.house.work()
        message = talk.message(sent)
        assert message.provider_id
        states = [MessageState.READ, MessageState.DELIVERED, MessageState.SENT]
        if self.adapter.capabilities.receipts is Receipts.DELIVERED:
            states.remove(MessageState.READ)
        for state in states:
            assert talk.deliver(self.receipt(message.provider_id, state, str(message.uuid))) == 200
        assert talk.message(sent).state is states[0]

    def test_a_failure_after_the_delivery_changes_nothing(self, talk: Desk) -> None:
        if self.why_no_receipts:
            assert not self.adapter.capabilities.receipts.value.startswith("read")
            return
        sent = talk.send("Siap")
        talk.house.work()
        message = talk.message(sent)
        for state in (MessageState.DELIVERED, MessageState.FAILED):
            talk.deliver(self.receipt(message.provider_id or "", state, str(message.uuid)))
        assert talk.message(sent).state is MessageState.DELIVERED

    def test_D15_an_echo_is_ours_and_closes_the_task(self, talk: Desk) -> None:
        if self.why_no_echoes:
            assert self.why_no_echoes.endswith("."), "say it in a sentence"
            return
        assert talk.count(Task, Task.done_at.is_(None)) == 1
        body = self.echo("m-echo", ANI, "Siap, dikirim")
        for _ in range(2):
            assert talk.deliver(body) == 200
        assert talk.count(Message, Message.direction == Direction.OUT) == 1
        assert talk.count(Task, Task.done_at.is_(None)) == 0

    def test_an_echo_of_our_own_message_is_the_same_message(self, talk: Desk) -> None:
        if self.why_no_echoes:
            assert self.why_no_echoes.endswith("."), "say it in a sentence"
            return
        sent = talk.send("Siap")
        talk.house.work()
        talk.deliver(self.echo(talk.message(sent).provider_id or "", ANI, "Siap"))
        assert talk.count(Message, Message.direction == Direction.OUT) == 1

    def test_a_time_out_is_unknown_and_not_sent_again(self, talk: Desk) -> None:
        talk.provider.hang_next(is_processed=True)
        sent = talk.send("Siap")
        talk.house.work()
        talk.all_is_due()
        assert talk.message(sent).state is MessageState.UNKNOWN
        assert len(self.sent_opaques(talk.provider)) == 1

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_busy_provider_gets_it_later_and_once(self, talk: Desk, status: int) -> None:
        talk.provider.fail_next(status=status)
        sent = talk.send("Siap")
        talk.house.work()
        assert talk.message(sent).state is MessageState.QUEUED
        assert self.sent_opaques(talk.provider) == []
        talk.all_is_due()
        assert talk.message(sent).state is MessageState.ACCEPTED
        assert len(self.sent_opaques(talk.provider)) == 1

    def test_refused_credentials_stop_the_channel_and_tell_the_admin(self, talk: Desk) -> None:
        self.credential_error(talk.provider)
        first = talk.send("Satu")
        talk.house.work()
        second = talk.send("Dua")
        talk.house.work()
        assert talk.message(first).error_class == "channel"
        assert (talk.channel().state, bool(talk.channel().reason)) == (ChannelState.BROKEN, True)
        assert talk.message(second).state is MessageState.QUEUED
        (notice,) = talk.notices()
        assert (notice.level, notice.href) == (NoticeLevel.BAD, f"/channels/{talk.channel_id}")
        assert talk.channel().reason in notice.text

    def test_a_channel_that_works_again_sends_what_waited(self, talk: Desk) -> None:
        self.credential_error(talk.provider)
        talk.send("Satu")
        talk.house.work()
        waiting = talk.send("Dua")
        with talk.house.tenant() as session:
            channels.resume(session, session.get_one(Channel, talk.channel_id))
        talk.house.work()
        assert talk.message(waiting).state is MessageState.ACCEPTED
        assert talk.notices() == []
