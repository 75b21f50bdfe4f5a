"""A bot in a whole installation: set up by itself, files both ways, a number, a block."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.inbound import MessageKind, MessageState
from core.models import (
    Attachment,
    AttachmentState,
    Channel,
    ChannelState,
    Consent,
    Contact,
    Direction,
    Identity,
    Message,
)
from core.services import channels, plugins, reactions
from core.services.subscribing import last_line, leave
from core.testing.providers.telegram import TOKEN, TelegramSimulator
from core.testing.providers.telegram_bodies import (
    Json,
    edited,
    message,
    photo,
    reaction,
    shared_contact,
    standing,
    text,
    update,
)
from tests.channels.channel_house import ConnectedLine, Home, connect

ANI = 5512345678


class Talk:
    """A connected bot, and Telegram behind it."""

    def __init__(self, line: ConnectedLine, telegram: TelegramSimulator) -> None:
        self.line, self.telegram = line, telegram

    def write(self, content: Json, kind: str = "message") -> int:
        """Telegram posts an update with the secret that it was told."""
        body = json.dumps(update(kind, content)).encode()
        return self.line.post(body, self.telegram.sign(body))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home.make(tmp_path_factory.mktemp("bot"), "plugins.channels.telegram.plugin")


@pytest.fixture
def talk(home: Home) -> Iterator[Talk]:
    with TelegramSimulator(needs_https=True) as telegram, home.house() as house:
        values = {"bot_token": TOKEN, "api_url": telegram.url}
        yield Talk(connect(house, "telegram", values), telegram)


def test_a_new_channel_is_told_to_telegram_and_takes_a_conversation(talk: Talk) -> None:
    assert str(talk.telegram.webhook["url"]).startswith("https://sapa.example/webhooks/")
    assert talk.write(text(ANI, "Halo", name="Ani")) == 200
    (contact,) = talk.line.all(Contact)
    assert contact.name == "Ani"
    sent = talk.line.answer()
    assert sent.state is MessageState.ACCEPTED
    assert [(each.chat, each.text) for each in talk.telegram.sent] == [(ANI, "Siap")]

    raw = text(ANI, "Salah", message_id=900)
    talk.write(raw)
    talk.write(edited(raw, "Benar"), "edited_message")
    talk.write(reaction(ANI, talk.telegram.sent[0].message_id, "👍"), "message_reaction")
    inbound = {each.provider_id: each for each in talk.line.all(Message)}
    assert inbound[f"{ANI}:900"].body == "Benar"
    assert inbound[sent.provider_id].reactions == {"customer": "👍"}
    with talk.line.house.tenant() as session:
        reactions.react(session, session.get_one(Message, inbound[f"{ANI}:900"].id), "❤")
    talk.line.house.work()
    assert talk.telegram.reactions[0]["message_id"] == 900


def test_a_picture_is_fetched_in_a_job_and_one_goes_back(talk: Talk) -> None:
    file_id = talk.telegram.keep_file(b"\xff\xd8\xff a picture")
    talk.write(message(ANI, photo=photo(file_id), caption="Ini"))
    (attachment,) = talk.line.all(Attachment)
    assert (attachment.state, attachment.size) == (AttachmentState.STORED, 13)
    assert attachment.kind is MessageKind.IMAGE


def test_the_own_number_reaches_the_contact(talk: Talk) -> None:
    talk.write(text(ANI, "Halo"))
    talk.write(shared_contact(ANI, "6281234567890", owner=ANI))
    (contact,) = talk.line.all(Contact)
    assert contact.phone == "+6281234567890"
    assert {each.address for each in talk.line.all(Identity)} == {str(ANI), "+6281234567890"}
    assert len(talk.line.all(Message)) == 1  # D2: the shared contact itself is only counted


def test_a_block_silences_and_lifted_speaks_again(talk: Talk) -> None:
    talk.write(text(ANI, "Halo"))
    talk.write(standing(ANI, "member", "kicked"), "my_chat_member")
    (contact,) = talk.line.all(Contact)
    assert (contact.consent, contact.consent_by) == (Consent.OUT, "provider")
    talk.write(standing(ANI, "kicked", "member"), "my_chat_member")
    assert talk.line.all(Contact)[0].consent is Consent.UNKNOWN


def test_a_block_that_a_send_meets_is_noted(talk: Talk) -> None:
    talk.write(text(ANI, "Halo"))
    talk.telegram.blocked.add(ANI)
    failed = talk.line.answer()
    assert (failed.state, failed.error_class) == (MessageState.FAILED, "recipient")
    assert talk.line.all(Contact)[0].consent is Consent.OUT
    assert talk.line.all(Channel)[0].state is ChannelState.CONNECTED


def test_a_word_of_one_s_own_outlives_a_lifted_block(talk: Talk) -> None:
    talk.write(text(ANI, "STOP"))
    talk.write(standing(ANI, "member", "kicked"), "my_chat_member")
    talk.write(standing(ANI, "kicked", "member"), "my_chat_member")
    (contact,) = talk.line.all(Contact)
    assert (contact.consent, contact.consent_by) == (Consent.OUT, "keyword")


def test_a_command_is_a_word_of_one_s_own(talk: Talk) -> None:
    talk.write(text(ANI, "/stop"))
    talk.write(standing(ANI, "member", "kicked"), "my_chat_member")
    talk.write(standing(ANI, "kicked", "member"), "my_chat_member")
    assert talk.line.all(Contact)[0].consent is Consent.OUT
    talk.write(text(ANI, "/start"))
    assert talk.line.all(Contact)[0].consent is Consent.UNKNOWN


def test_a_token_that_is_refused_stops_the_channel_until_resumed(talk: Talk) -> None:
    talk.telegram.webhook = {}
    talk.telegram.fail_next(status=401, only="setWebhook")
    with talk.line.house.tenant() as session:
        channels.resume(session, session.get_one(Channel, talk.line.channel_id))
    talk.line.house.work()
    (channel,) = talk.line.all(Channel)
    assert channel.state is ChannelState.BROKEN
    assert "told where to deliver" in channel.reason
    with talk.line.house.tenant() as session:
        channels.resume(session, session.get_one(Channel, talk.line.channel_id))
    talk.line.house.work()
    assert talk.telegram.webhook["url"]
    assert talk.line.all(Channel)[0].state is ChannelState.CONNECTED


def test_a_channel_that_is_given_up_is_delivered_to_no_more(talk: Talk) -> None:
    assert talk.telegram.webhook
    with talk.line.house.tenant() as session:
        line = last_line(session, session.get_one(Channel, talk.line.channel_id))
    assert line is not None
    leave(line)
    assert talk.telegram.webhook == {}
    talk.telegram.fail_next(status=401)
    leave(line)  # a provider that can't be asked holds nobody up
    with talk.line.house.tenant() as session:
        plugins.disable(session, "telegram")
        assert last_line(session, session.get_one(Channel, talk.line.channel_id)) is None


def test_F4_switched_off_its_webhook_is_404_and_on_again_it_works(talk: Talk) -> None:
    with talk.line.house.tenant() as session:
        plugins.disable(session, "telegram")
    assert talk.write(text(ANI, "Halo")) == 404
    with talk.line.house.tenant() as session:
        plugins.enable(session, "telegram")
    assert talk.write(text(ANI, "Halo")) == 200
    assert len(talk.line.all(Message, Message.direction == Direction.IN)) == 1
