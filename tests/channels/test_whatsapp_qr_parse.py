"""What each event of GOWA's becomes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.adapter import SignatureRefused, WebhookRequest
from core.inbound import (
    Address,
    BadItem,
    Counted,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    Media,
    MessageKind,
    MessageState,
)
from core.testing.providers.gowa import signature
from core.testing.providers.gowa_bodies import ack, edited, event, payload, reaction, revoked, text
from plugins.channels.whatsapp_qr.adapter import WhatsAppQrAdapter
from tests.channels.qr_account import DEVICE, OWN, SECRETS, qr_account

ANI = "6281234567890"
ANI_PHONE = Address(IdentityKind.PHONE, f"+{ANI}")
ANI_LID = Address(IdentityKind.LID, "251556368777322")
AT = "2026-11-01T16:00:00+07:00"
FIXTURES = Path(__file__).parents[2] / "plugins/channels/whatsapp_qr/fixtures"


def parse(content: Any, name: str = "message", **envelope: Any) -> list[Any]:
    adapter = WhatsAppQrAdapter()
    raw = json.dumps(event(name, content, OWN, DEVICE) | envelope).encode()
    adapter.check(raw)
    return list(adapter.parse(qr_account(), raw))


def one(content: Any, name: str = "message", **envelope: Any) -> Any:
    (item,) = parse(content, name, **envelope)
    return item


@pytest.mark.parametrize("case", json.loads((FIXTURES / "events.json").read_text()))
def test_fixtures(case: dict[str, Any]) -> None:
    raw = json.dumps(case["body"]).encode()
    items = list(WhatsAppQrAdapter().parse(qr_account(), raw))
    assert [type(item).__name__ for item in items] == case["items"]


def test_a_text_has_sender_name_and_time() -> None:
    assert one(text(ANI, "Halo", id="3EB0", timestamp=AT)) == InboundMessage(
        provider_id="3EB0",
        addresses=(ANI_PHONE,),
        kind=MessageKind.TEXT,
        sent_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
        text="Halo",
        name="Person 7890",
    )


def test_number_and_lid_are_both_the_person_s_and_the_number_is_answered() -> None:
    lid = "251556368777322@lid"
    item = one(text(ANI, "Halo", chat_lid=lid, from_lid=lid))
    assert item.addresses == (ANI_PHONE, ANI_LID)
    alone = one(payload(lid, body="Halo", chat_lid=lid, from_lid=lid))
    assert alone.addresses == (ANI_LID,)


def test_a_lid_s_digits_never_pass_for_a_number() -> None:
    item = one(payload("6281234567890@lid", body="Halo"))
    assert item.addresses == (Address(IdentityKind.LID, ANI),)


def test_D15_an_echo_is_the_owner_s_and_its_party_the_chat() -> None:
    item = one(text(ANI, "Ada, kak", own=OWN))
    assert item.is_echo
    assert item.addresses == (ANI_PHONE,)


@pytest.mark.parametrize(
    ("chat", "counted"),
    [
        ("120363402106000000@g.us", "group"),
        ("status@broadcast", "status"),
        ("1234@broadcast", "broadcast"),
        ("120363123456789@newsletter", "newsletter"),
        ("867051314767696@bot", "bot"),
        (OWN, "note_to_self"),
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        lambda chat: ("message", text(chat, "Halo")),
        lambda chat: ("message.reaction", reaction(chat, "👍", "3EB0")),
        lambda chat: ("message.edited", edited(chat, "3EB0", "Halo")),
        lambda chat: ("message.revoked", revoked(chat, "3EB0")),
    ],
)
def test_D2_what_is_no_person_s_makes_no_customer(chat: str, counted: str, make: Any) -> None:
    name, content = make(chat)
    assert one(content | {"from": f"{ANI}@s.whatsapp.net"}, name) == Counted(counted)


@pytest.mark.parametrize(
    ("key", "counted"),
    [
        ("location", "location"),
        ("live_location", "location"),
        ("contact", "contacts"),
        ("contacts_array", "contacts"),
    ],
)
def test_D2_locations_and_contacts_are_only_counted(key: str, counted: str) -> None:
    assert one(payload(ANI, **{key: {"x": 1}})) == Counted(counted)


@pytest.mark.parametrize(
    ("key", "kind", "mime"),
    [
        ("image", MessageKind.IMAGE, "image/jpeg"),
        ("video", MessageKind.VIDEO, "image/jpeg"),
        ("video_note", MessageKind.VIDEO, "image/jpeg"),
        ("audio", MessageKind.AUDIO, "image/jpeg"),
        ("document", MessageKind.DOCUMENT, "image/jpeg"),
        ("sticker", MessageKind.STICKER, "image/jpeg"),
    ],
)
def test_a_downloaded_file_is_named_by_its_path(key: str, kind: MessageKind, mime: str) -> None:
    path = "statics/media/1752404751-a.jpeg"
    for value in (path, {"path": path, "caption": "Struk"}):
        item = one(payload(ANI, id="3EB0", **{key: value}))
        assert item.kind is kind
        assert item.media == (Media(kind, "3EB0", path, mime),)
        assert item.text == ("" if isinstance(value, str) else "Struk")


def test_a_file_left_at_whatsapp_is_asked_for_by_its_message() -> None:
    file = {"url": "https://mmg.whatsapp.net/v/t62/x.enc?oh=1", "filename": "laporan.pdf"}
    item = one(payload(ANI, id="3EB0/1", document=file, body="Laporan"))
    assert item.text == "Laporan"
    assert item.media == (
        Media(
            MessageKind.DOCUMENT,
            "3EB0/1",
            f"message/3EB0%2F1/download?phone={ANI}@s.whatsapp.net",
            "application/pdf",
            filename="laporan.pdf",
        ),
    )


def test_buttons_are_their_text_and_what_is_unnamed_a_placeholder() -> None:
    assert one(payload(ANI, interactive="Pilih: Merah")).text == "Pilih: Merah"
    poll = one(payload(ANI))
    assert poll.kind is MessageKind.PLACEHOLDER
    assert poll.raw["chat_id"]


def test_a_reaction_and_its_end() -> None:
    item = one(reaction(ANI, "👍", "3EB0", id="r", timestamp=AT), "message.reaction")
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert item == InboundReaction("r", "3EB0", "👍", (ANI_PHONE,), at)
    assert one(reaction(ANI, "", "3EB0"), "message.reaction").emoji == ""
    assert one(reaction(ANI, "👍", "3EB0", own=OWN), "message.reaction").is_echo


def test_edits_and_withdrawals() -> None:
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    changed = one(edited(ANI, "3EB0", "Biru", timestamp=AT), "message.edited")
    assert changed == InboundEdit("3EB0", at, "Biru")
    gone = one(revoked(ANI, "3EB0", timestamp=AT), "message.revoked")
    assert gone == InboundEdit("3EB0", at, is_revoked=True)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("delivered", MessageState.DELIVERED),
        ("read", MessageState.READ),
        ("played", MessageState.PLAYED),
    ],
)
def test_receipts_one_for_each_id(kind: str, state: MessageState) -> None:
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    items = parse(ack(ANI, kind, "a", "b"), "message.ack", timestamp=AT)
    assert items == [InboundStatus(i, state, at) for i in ("a", "b")]


@pytest.mark.parametrize("kind", ["read-self", "sender", "retry", "played-self"])
def test_receipts_of_our_own_devices_say_nothing(kind: str) -> None:
    assert one(ack(ANI, kind, "a"), "message.ack") == Counted("receipt")


def test_a_group_s_receipt_is_counted() -> None:
    assert one(ack("1203634@g.us", "read", "a"), "message.ack") == Counted("receipt")


def test_a_receipt_that_names_nothing_spoils_no_other() -> None:
    content = ack(ANI, "read", "a") | {"ids": ["a", 5, "b"]}
    assert [type(i) for i in parse(content, "message.ack")] == [
        InboundStatus,
        BadItem,
        InboundStatus,
    ]


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("message.deleted", "deleted_for_me"),
        ("chat_presence", "typing"),
        ("call.offer", "call"),
        ("group.joined", "group"),
        ("newsletter.message", "newsletter"),
        ("label.edit", "label"),
        ("hologram.shown", "hologram"),
    ],
)
def test_other_events_are_counted(name: str, counted: str) -> None:
    assert one({"anything": 1}, name) == Counted(counted)


def test_another_phone_s_event_writes_nothing_here() -> None:
    foreign = text(ANI, "Halo")
    assert one(foreign, device_id="40721000002@s.whatsapp.net") == Counted("other_number")
    assert one(foreign, session_id="sapa-another") == Counted("other_number")


def test_a_number_with_another_spelling_is_one_s_own() -> None:
    account = qr_account(own_address="+5511987654321")
    body = json.dumps(event("message", text(ANI, "Oi"), "551187654321", DEVICE)).encode()
    (item,) = WhatsAppQrAdapter().parse(account, body)
    assert isinstance(item, InboundMessage)


def test_the_default_secret_proves_nothing() -> None:
    body = json.dumps(event("message", text(ANI, "Halo"), OWN)).encode()
    headers = {name.lower(): value for name, value in signature("secret", body).items()}
    account = replace(qr_account(), secrets={**SECRETS, "webhook_secret": "secret"})
    with pytest.raises(SignatureRefused) as refused:
        WhatsAppQrAdapter().verify(account, WebhookRequest("POST", "", headers, {}, body))
    assert refused.value.is_unconfigured
