"""What each kind of update means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.inbound import (
    Address,
    AddressesLinked,
    Counted,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    Item,
    MessageKind,
    WishTold,
)
from core.testing.providers.telegram_bodies import (
    edited,
    file,
    in_group,
    message,
    photo,
    reaction,
    shared_contact,
    standing,
    text,
    update,
)
from plugins.channels.telegram.adapter import TelegramAdapter
from tests.channels.telegram_account import bot_account

ANI = 5512345678
ADDRESS = Address(IdentityKind.TELEGRAM, str(ANI))


def read(content: dict[str, Any], kind: str = "message") -> list[Item]:
    body = json.dumps(update(kind, content)).encode()
    adapter = TelegramAdapter()
    adapter.check(body)
    return list(adapter.parse(bot_account(), body))


def read_one(content: dict[str, Any], kind: str = "message") -> InboundMessage:
    (item,) = read(content, kind)
    assert isinstance(item, InboundMessage)
    return item


def test_a_text_its_sender_and_what_it_answers() -> None:
    raw = text(ANI, "Halo", name="Ani", message_id=7, reply_to_message={"message_id": 5})
    raw["from"]["last_name"] = "Putri"
    item = read_one(raw)
    assert (item.provider_id, item.reply_to) == (f"{ANI}:7", f"{ANI}:5")
    assert (item.addresses, item.kind, item.text) == ((ADDRESS,), MessageKind.TEXT, "Halo")
    assert item.name == "Ani Putri"


@pytest.mark.parametrize(
    ("content", "kind", "file_id", "mime_type"),
    [
        ({"photo": photo("p1")}, MessageKind.IMAGE, "p1", "image/jpeg"),
        (
            {"animation": file("a1", mime_type="video/mp4"), "document": file("a1")},
            MessageKind.VIDEO,
            "a1",
            "video/mp4",
        ),
        ({"video": file("v1")}, MessageKind.VIDEO, "v1", "video/mp4"),
        ({"video_note": file("n1")}, MessageKind.VIDEO, "n1", "video/mp4"),
        ({"voice": file("o1")}, MessageKind.AUDIO, "o1", "audio/ogg"),
        ({"audio": file("m1", mime_type="audio/mp4")}, MessageKind.AUDIO, "m1", "audio/mp4"),
        ({"sticker": file("s1")}, MessageKind.STICKER, "s1", "image/webp"),
        ({"sticker": file("s1", is_video=True)}, MessageKind.STICKER, "s1", "video/webm"),
        (
            {"sticker": file("s1", is_animated=True)},
            MessageKind.STICKER,
            "s1",
            "application/x-tgsticker",
        ),
        ({"document": file("d1", file_name="a.pdf")}, MessageKind.DOCUMENT, "d1", ""),
    ],
)
def test_a_file_is_named_for_later(
    content: dict[str, Any], kind: MessageKind, file_id: str, mime_type: str
) -> None:
    item = read_one(message(ANI, caption="Ini", **content))
    (media,) = item.media
    assert (item.kind, media.kind, item.text) == (kind, kind, "Ini")
    assert (media.provider_id, media.mime_type) == (file_id, mime_type)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, "location"),
        ({"venue": {}, "location": {}}, "location"),
        ({"poll": {"id": "1"}}, "poll"),
        ({"contact": {"phone_number": "6281", "first_name": "B"}}, "contacts"),
        ({"pinned_message": {"message_id": 5}}, "service"),
    ],
)
def test_D2_what_is_not_kept_is_counted(content: dict[str, Any], what: str) -> None:
    assert read(message(ANI, **content)) == [Counted(what)]


@pytest.mark.parametrize(
    ("kind", "what"), [("group", "group"), ("supergroup", "group"), ("channel", "channel")]
)
def test_D2_a_group_makes_no_customer(kind: str, what: str) -> None:
    raw = in_group(ANI, "Halo semua", kind)
    assert read(raw) == [Counted(what)]
    assert read(edited(raw, "x"), "edited_message") == [Counted(what)]
    assert read(standing(ANI, "member", "left") | {"chat": raw["chat"]}, "my_chat_member") == [
        Counted(what)
    ]


def test_a_number_is_learnt_only_from_its_own_owner() -> None:
    linked, counted = read(shared_contact(ANI, "+6281234567890", owner=ANI))
    assert isinstance(linked, AddressesLinked)
    assert linked.addresses == (ADDRESS, Address(IdentityKind.PHONE, "+6281234567890"))
    assert counted == Counted("contacts")
    for other in (
        shared_contact(ANI, "6281234567890", owner=77),
        shared_contact(ANI, "6281234567890"),
        shared_contact(ANI, "no number", owner=ANI),
    ):
        assert read(other) == [Counted("contacts")]


def test_an_edit_names_its_message() -> None:
    raw = text(ANI, "Hallo", message_id=7)
    (item,) = read(edited(raw, "Halo"), "edited_message")
    assert isinstance(item, InboundEdit)
    assert (item.target_id, item.text) == (f"{ANI}:7", "Halo")
    moving = edited(message(ANI, location={}), "")
    assert read(moving, "edited_message") == [Counted("location")]


@pytest.mark.parametrize(("emojis", "shown"), [(("👍",), "👍"), (("❤", "👍"), "❤"), ((), "")])
def test_a_reaction_comes_and_goes(emojis: tuple[str, ...], shown: str) -> None:
    (item,) = read(reaction(ANI, 7, *emojis), "message_reaction")
    assert isinstance(item, InboundReaction)
    assert (item.target_id, item.emoji, item.addresses) == (f"{ANI}:7", shown, (ADDRESS,))


def test_a_picture_as_reaction_takes_the_earlier_emoji_away() -> None:
    raw = reaction(ANI, 7)
    raw["new_reaction"] = [{"type": "custom_emoji", "custom_emoji_id": "5"}, {"type": "paid"}]
    (item,) = read(raw, "message_reaction")
    assert isinstance(item, InboundReaction)
    assert item.emoji == ""


def test_a_block_is_a_wish_and_lifted_is_taken_back() -> None:
    (out,) = read(standing(ANI, "member", "kicked"), "my_chat_member")
    (back,) = read(standing(ANI, "kicked", "member"), "my_chat_member")
    assert isinstance(out, WishTold)
    assert isinstance(back, WishTold)
    assert (out.address, out.is_out, back.is_out) == (ADDRESS, True, False)


@pytest.mark.parametrize(("command", "is_out"), [("/stop", True), ("/start", False)])
def test_a_command_is_a_message_and_a_wish(command: str, is_out: bool) -> None:
    written, wish = read(text(ANI, command))
    assert isinstance(written, InboundMessage)
    assert isinstance(wish, WishTold)
    assert (written.text, wish.is_out) == (command, is_out)
    assert len(read(text(ANI, command + "ped yesterday"))) == 1


def test_a_die_is_text_and_what_has_no_name_is_a_placeholder() -> None:
    assert read_one(message(ANI, dice={"emoji": "🎲", "value": 4})).text == "🎲 4"
    raw = message(ANI, game={"title": "Chess"})
    odd = read_one(raw)
    assert (odd.kind, odd.raw) == (MessageKind.PLACEHOLDER, raw)


def test_another_kind_of_update_is_counted() -> None:
    assert read({"id": "1"}, "callback_query") == [Counted("callback_query")]
    body = b'{"update_id": 5}'
    assert list(TelegramAdapter().parse(bot_account(), body)) == [Counted("update")]
