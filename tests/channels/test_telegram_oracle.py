"""python-telegram-bot, a client by others, drives our Bot API and reads the updates it makes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from telegram import Bot, Message, ReplyParameters, Update, error
from telegram.request import HTTPXRequest

from core.testing.providers.telegram import TOKEN, TelegramSimulator
from core.testing.providers.telegram_bodies import (
    edited,
    file,
    message,
    photo,
    reaction,
    shared_contact,
    standing,
    text,
    update,
)

ANI = 5512345678
Found = TypeVar("Found")


@pytest.fixture
def telegram() -> Iterator[TelegramSimulator]:
    with TelegramSimulator(needs_https=True) as simulator:
        yield simulator


def ask(telegram: TelegramSimulator, work: Callable[[Bot], Awaitable[Found]]) -> Found:
    """Do `work` with a bot of theirs that takes our simulator for Telegram."""

    async def run() -> Found:
        request = HTTPXRequest(httpx_kwargs={"trust_env": False})
        bot = Bot(
            TOKEN,
            base_url=f"{telegram.url}/bot",
            base_file_url=f"{telegram.url}/file/bot",
            request=request,
            get_updates_request=request,
        )
        async with bot:
            return await work(bot)

    with ThreadPoolExecutor(1) as own:  # a browser's test leaves this thread a running loop
        return own.submit(asyncio.run, run()).result()


def test_it_knows_who_it_is(telegram: TelegramSimulator) -> None:
    async def name(bot: Bot) -> str:
        return (await bot.get_me()).username or ""

    assert ask(telegram, name) == "tokomelati_bot"


def test_it_sends_a_text_that_answers(telegram: TelegramSimulator) -> None:
    quoted = ReplyParameters(41, allow_sending_without_reply=True)

    async def work(bot: Bot) -> Message:
        return await bot.send_message(ANI, "Halo", reply_parameters=quoted)

    sent = ask(telegram, work)
    assert (sent.message_id, sent.text) == (telegram.sent[0].message_id, "Halo")
    given = telegram.sent[0].params["reply_parameters"]
    assert given == {"message_id": 41, "allow_sending_without_reply": True}


@pytest.mark.parametrize(
    "kind", ["photo", "video", "animation", "audio", "voice", "document", "sticker"]
)
def test_it_uploads_every_kind_and_fetches_it_back(telegram: TelegramSimulator, kind: str) -> None:
    async def work(bot: Bot) -> bytes:
        sent = await getattr(bot, f"send_{kind}")(ANI, b"some bytes")
        kept = getattr(sent, kind)
        found = await bot.get_file((kept[-1] if kind == "photo" else kept).file_id)
        return bytes(await found.download_as_bytearray())

    assert ask(telegram, work) == b"some bytes"
    assert telegram.sent[0].method == f"send{kind.capitalize()}"


def test_it_reacts(telegram: TelegramSimulator) -> None:
    async def work(bot: Bot) -> bool:
        return await bot.set_message_reaction(ANI, 41, "👍")

    assert ask(telegram, work) is True
    assert telegram.reactions[0]["reaction"] == [{"type": "emoji", "emoji": "👍"}]


def test_it_sets_and_takes_away_a_webhook(telegram: TelegramSimulator) -> None:
    url = "https://sapa.example/webhooks/x"

    async def work(bot: Bot) -> list[str]:
        await bot.set_webhook(url, secret_token="s3cret", allowed_updates=["message"])
        first = await bot.get_webhook_info()
        await bot.delete_webhook()
        return [first.url, *(first.allowed_updates or ()), (await bot.get_webhook_info()).url]

    assert ask(telegram, work) == [url, "message", ""]

    async def refused(bot: Bot) -> None:
        await bot.set_webhook("http://sapa.example/")

    with pytest.raises(error.BadRequest, match=r"(?i)https"):
        ask(telegram, refused)


def test_it_understands_every_refusal(telegram: TelegramSimulator) -> None:
    async def work(bot: Bot) -> Any:
        return await bot.send_message(ANI, "Halo")

    telegram.blocked.add(ANI)
    with pytest.raises(error.Forbidden, match="blocked"):
        ask(telegram, work)
    telegram.blocked.clear()
    telegram.strangers.add(ANI)
    with pytest.raises(error.BadRequest, match="not found"):
        ask(telegram, work)
    telegram.strangers.clear()
    telegram.fail_next(status=429, retry_after="17", only="sendMessage")
    with pytest.raises(error.RetryAfter) as pause:
        ask(telegram, work)
    assert str(pause.value).endswith("17 seconds")
    telegram.token = "999:another"
    with pytest.raises(error.InvalidToken):
        ask(telegram, work)


@pytest.mark.parametrize(
    ("content", "attribute"),
    [
        ({"text": "Halo"}, "text"),
        ({"photo": photo("p1")}, "photo"),
        ({"document": file("d1", file_name="a.pdf")}, "document"),
        ({"voice": file("o1", duration=3)}, "voice"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "dice"),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, "location"),
    ],
)
def test_our_messages_are_theirs(content: dict[str, Any], attribute: str) -> None:
    read = Update.de_json(update("message", message(ANI, "Ani", **content)), None)
    assert read.message is not None
    assert read.message.from_user is not None
    assert read.message.effective_attachment or read.message.text
    assert getattr(read.message, attribute)
    assert (read.message.chat.id, read.message.from_user.first_name) == (ANI, "Ani")


def test_our_other_updates_are_theirs() -> None:
    changed = Update.de_json(update("edited_message", edited(text(ANI, "Hallo"), "Halo")), None)
    assert changed.edited_message is not None
    assert changed.edited_message.text == "Halo"
    assert changed.edited_message.edit_date is not None
    own = Update.de_json(update("message", shared_contact(ANI, "62812", owner=ANI)), None)
    assert own.message is not None
    assert own.message.contact is not None
    assert own.message.contact.user_id == ANI
    liked = Update.de_json(update("message_reaction", reaction(ANI, 7, "👍")), None)
    assert liked.message_reaction is not None
    assert liked.message_reaction.new_reaction[0].type == "emoji"
    blocked = Update.de_json(update("my_chat_member", standing(ANI, "member", "kicked")), None)
    assert blocked.my_chat_member is not None
    assert blocked.my_chat_member.new_chat_member.status == "kicked"
