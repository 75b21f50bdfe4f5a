"""What Messenger and Instagram say, in our words. Both speak one tongue, with a few words apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.adapter import Adapter
from core.inbound import (
    Address,
    BadItem,
    ChannelChanged,
    Counted,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    InboundWatermark,
    Item,
    Media,
    MessageKind,
    MessageState,
)
from core.testing.providers.messenger_bodies import PlatformBodies, file
from plugins.channels.instagram.adapter import InstagramAdapter
from plugins.channels.messenger.adapter import MessengerAdapter
from tests.channels.meta_accounts import GRAM, PAGE, gram_account, page_account

ANI = "7001000200030004"
AT = 1_790_000_000_500
THEN = datetime.fromtimestamp(AT / 1000, UTC)
CDN = "https://scontent.xx.fbcdn.net/v/t1/a.jpg?oh=1"

Side = tuple[Adapter, PlatformBodies, IdentityKind]


@pytest.fixture(params=["page", "instagram"])
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == "page":
        return MessengerAdapter(), PAGE, IdentityKind.PSID
    return InstagramAdapter(), GRAM, IdentityKind.IGSID


def read(side: Side, body: dict[str, Any]) -> list[Item]:
    account = page_account() if side[1] is PAGE else gram_account()
    return list(side[0].parse(account, json.dumps(body).encode()))


def only(side: Side, *events: dict[str, Any]) -> Any:
    (item,) = read(side, side[1].body(*events))
    return item


def test_a_text_and_what_it_answers(side: Side) -> None:
    _, bodies, kind = side
    said = only(side, bodies.text(ANI, "Halo", mid="m-1", at=AT, reply_to={"mid": "m-0"}))
    assert isinstance(said, InboundMessage)
    assert (said.provider_id, said.text, said.reply_to) == ("m-1", "Halo", "m-0")
    assert said.addresses == (Address(kind, ANI),)
    assert (said.sent_at, said.kind, said.is_echo) == (THEN, MessageKind.TEXT, False)


def test_every_entry_and_standby_is_read(side: Side) -> None:
    _, bodies, _ = side
    body = bodies.entries([bodies.text(ANI, "1"), bodies.text(ANI, "2")], [bodies.text(ANI, "3")])
    body["entry"][1]["standby"] = [bodies.text(ANI, "4"), bodies.echo(ANI, "5")]
    found = read(side, body)
    assert [(item.text, item.is_echo) for item in found if isinstance(item, InboundMessage)] == [
        ("1", False),
        ("2", False),
        ("3", False),
        ("4", False),
        ("5", True),
    ]


def test_an_echo_bears_our_own_id(side: Side) -> None:
    _, bodies, _ = side
    said = only(side, bodies.echo(ANI, "Siap", metadata="0190f5a2", app_id=1))
    assert (said.is_echo, said.opaque, said.addresses[0].value) == (True, "0190f5a2", ANI)
    # a person can't make theirs look like one of ours
    forged = only(side, bodies.text(ANI, "Siap", metadata="0190f5a2"))
    assert (forged.is_echo, forged.opaque) == (False, "")


def test_what_was_taken_back_or_edited(side: Side) -> None:
    _, bodies, _ = side
    gone = only(side, bodies.deleted(ANI, "m-1"))
    assert gone == InboundEdit(target_id="m-1", at=gone.at, is_revoked=True)
    edited = only(
        side, bodies.event(ANI, message_edit={"mid": "m-1", "text": "Dua", "num_edit": 1})
    )
    assert edited == InboundEdit(target_id="m-1", at=edited.at, text="Dua")


@pytest.mark.parametrize(
    ("attachments", "kind", "media", "text"),
    [
        ([file("image", CDN)], MessageKind.IMAGE, [Media(MessageKind.IMAGE, url=CDN)], ""),
        (
            [file("image", CDN), file("video", "https://x.fbcdn.net/v.mp4")],
            MessageKind.IMAGE,
            [
                Media(MessageKind.IMAGE, url=CDN),
                Media(MessageKind.VIDEO, url="https://x.fbcdn.net/v.mp4"),
            ],
            "",
        ),
        (
            [file("file", "https://cdn.fbsbx.com/v/t59/faktur%201.pdf?_nc=1")],
            MessageKind.DOCUMENT,
            [
                Media(
                    MessageKind.DOCUMENT,
                    url="https://cdn.fbsbx.com/v/t59/faktur%201.pdf?_nc=1",
                    filename="faktur 1.pdf",
                )
            ],
            "",
        ),
        (
            [file("image", CDN, sticker_id=369239263222822)],
            MessageKind.STICKER,
            [Media(MessageKind.STICKER, url=CDN)],
            "",
        ),
        (
            [file("fallback", "https://toko.example/1", title="Toko")],
            MessageKind.TEXT,
            [],
            "Toko\nhttps://toko.example/1",
        ),
        ([{"type": "share", "payload": {"url": CDN}}], MessageKind.TEXT, [], CDN),
        (
            [file("ig_reel", CDN, title="Reel", reel_video_id="1")],
            MessageKind.VIDEO,
            [Media(MessageKind.VIDEO, url=CDN)],
            "Reel",
        ),
        ([{"type": "template", "payload": {"elements": []}}], MessageKind.PLACEHOLDER, [], ""),
        ([{"type": "hologram"}], MessageKind.PLACEHOLDER, [], ""),
    ],
)
def test_files_and_shares(
    side: Side, attachments: list[Any], kind: MessageKind, media: list[Media], text: str
) -> None:
    said = only(side, side[1].files(ANI, *attachments))
    assert isinstance(said, InboundMessage)
    assert (said.kind, said.media, said.text) == (kind, tuple(media), text)
    assert bool(said.raw) is (kind is MessageKind.PLACEHOLDER)


@pytest.mark.parametrize(
    ("attachment", "text"),
    [
        (file("fallback", "https://toko.example/1", title="Toko"), "Toko\nhttps://toko.example/1"),
        ({"type": "share", "payload": {"url": CDN}}, CDN),
        ({"type": "template", "payload": {"elements": []}}, ""),
    ],
)
def test_a_share_beside_a_text_is_kept(side: Side, attachment: Any, text: str) -> None:
    event = side[1].files(ANI, attachment)
    event["message"]["text"] = "Ini?"
    said = only(side, event)
    assert isinstance(said, InboundMessage)
    assert (said.kind, said.text) == (MessageKind.TEXT, "\n".join(filter(None, ["Ini?", text])))
    assert said.raw["message"]["attachments"] == [attachment]


def test_a_link_of_the_text_stands_there_once(side: Side) -> None:
    event = side[1].files(ANI, file("fallback", "https://toko.example/1", title="Toko"))
    event["message"]["text"] = "Lihat https://toko.example/1"
    said = only(side, event)
    assert isinstance(said, InboundMessage)
    assert said.text == "Lihat https://toko.example/1\nToko"


def test_D2_a_location_is_counted(side: Side) -> None:
    where = {"type": "location", "payload": {"coordinates": {"lat": -6.2, "long": 106.8}}}
    assert only(side, side[1].files(ANI, where)) == Counted("location")


def test_a_button_is_the_customer_s_words(side: Side) -> None:
    _, bodies, _ = side
    pressed = only(side, bodies.postback(ANI, "Mulai", mid="m-9"))
    assert (pressed.provider_id, pressed.text, bool(pressed.raw)) == ("m-9", "Mulai", True)
    old = only(side, bodies.postback(ANI, "Mulai"))
    assert old.provider_id.startswith(f"postback/{ANI}/")


def test_a_reaction_comes_and_goes(side: Side) -> None:
    _, bodies, _ = side
    put = only(side, bodies.reaction(ANI, "m-1", "🎉"))
    assert isinstance(put, InboundReaction)
    assert (put.target_id, put.emoji, put.is_echo) == ("m-1", "🎉", False)
    assert only(side, bodies.reaction(ANI, "m-1", action="unreact")).emoji == ""
    named = bodies.event(ANI, reaction={"mid": "m-1", "action": "react", "reaction": "wow"})
    assert only(side, named).emoji == "😮"


def test_receipts_name_some_and_mean_all_before(side: Side) -> None:
    _, bodies, kind = side
    person = (Address(kind, ANI),)
    first, second, rest = read(side, bodies.body(bodies.delivered(ANI, "m-1", "m-2", watermark=AT)))
    assert isinstance(first, InboundStatus)
    assert [first.provider_id, second.provider_id] == ["m-1", "m-2"]
    delivered = MessageState.DELIVERED
    assert rest == InboundWatermark(addresses=person, state=delivered, at=THEN, until=THEN)
    seen = only(side, bodies.read(ANI, watermark=AT))
    assert (seen.state, seen.until, seen.provider_id) == (MessageState.READ, THEN, "")
    exact, upto = read(side, bodies.body(bodies.read(ANI, mid="m-3")))
    assert isinstance(exact, InboundStatus)
    assert (exact.provider_id, exact.state) == ("m-3", MessageState.READ)
    assert isinstance(upto, InboundWatermark)
    assert (upto.provider_id, upto.until) == ("m-3", None)


@pytest.mark.parametrize(
    "event", ["referral", "optin", "pass_thread_control", "account_linking", "hologram"]
)
def test_what_is_no_message_is_counted(side: Side, event: str) -> None:
    counted = only(side, side[1].event(ANI, **{event: {"x": 1}}))
    assert counted == Counted(event if event != "hologram" else "event")


def test_a_block_stops_the_page_and_its_end_starts_it(side: Side) -> None:
    own = {"id": side[1].own_id}
    policy = {"action": "block", "reason": "Spam."}
    event = {"recipient": own, "timestamp": AT, "policy_enforcement": policy}
    down = only(side, event)
    assert isinstance(down, ChannelChanged)
    assert down.is_down
    assert "Spam." in str(down.reason)
    up = only(side, event | {"policy_enforcement": {"action": "unblock"}})
    assert (up.is_up, up.is_down) == (True, False)


def test_the_dashboard_s_test_is_read(side: Side) -> None:
    _, bodies, _ = side
    value = bodies.text(ANI, "Halo", mid="m-1")
    changes = [{"field": "messages", "value": value}, {"field": "comments", "value": {"id": "1"}}]
    body = bodies.body()
    body["entry"][0] |= {"changes": changes}
    said, counted = read(side, body)
    assert isinstance(said, InboundMessage)
    assert counted == Counted("change")


def test_another_page_s_events_are_counted_and_nothing_is_kept(side: Side) -> None:
    _, bodies, _ = side
    other = PlatformBodies("999", bodies.what)
    body = other.body(other.text(ANI, "Rahasia"), standby=(other.echo(ANI, "x"),))
    assert read(side, body) == [Counted("other_account")] * 2
    # the entry is ours, the event somebody else's
    assert only(side, other.text(ANI, "Rahasia")) == Counted("other_account")


def test_the_wrong_object_is_malformed(side: Side) -> None:
    other = GRAM if side[1] is PAGE else PAGE
    (found,) = read(side, other.body(other.text(ANI, "Halo")))
    assert isinstance(found, BadItem)
    assert found.reason == f'The body is not an object of "{side[1].what}".'


@pytest.mark.parametrize(
    "event",
    [
        {"delivery": {"watermark": "x"}},
        {"delivery": {"mids": [5], "watermark": AT}},
        {"read": {}},
        {"reaction": {"mid": "m"}},
        {"message_edit": {"mid": "m", "text": None}},
        {"postback": "x"},
        {"message": None, "read": {"watermark": True}},
    ],
)
def test_a_broken_event_is_one_bad_item(side: Side, event: dict[str, Any]) -> None:
    _, bodies, _ = side
    good = bodies.text(ANI, "Halo")
    found = read(side, bodies.body(good, bodies.event(ANI, **event), good))
    assert [type(item).__name__ for item in found] == [
        "InboundMessage",
        "BadItem",
        "InboundMessage",
    ]
