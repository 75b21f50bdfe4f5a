"""What reaches the gateway, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.adapter import OutboundMessage, OutboundTemplate
from core.inbound import Address, IdentityKind, Media, MessageKind
from core.outbound import OutcomeUnknown, SendFailed
from core.testing.providers.gowa import GowaSimulator, paired
from plugins.channels.whatsapp_qr.adapter import WhatsAppQrAdapter
from plugins.channels.whatsapp_qr.gateway import static_path
from tests.channels.cloud_account import local_client
from tests.channels.qr_account import DEVICE, OWN, qr_account

ANI = Address(IdentityKind.PHONE, "+6281234567890")


@pytest.fixture
def gowa() -> Iterator[GowaSimulator]:
    with GowaSimulator() as simulator:
        paired(simulator, DEVICE, OWN)
        yield simulator


def send(gowa: GowaSimulator, kind: MessageKind = MessageKind.TEXT, **fields: Any) -> str:
    message = OutboundMessage(to=fields.pop("to", ANI), opaque="o", kind=kind, **fields)
    return WhatsAppQrAdapter().send(qr_account(gowa.url), message, local_client()).provider_id


def refusal(gowa: GowaSimulator, **fields: Any) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(gowa, **({"text": "Halo"} | fields))
    return failed.value


def test_a_text_and_a_reply(gowa: GowaSimulator) -> None:
    identifier = send(gowa, text="Halo", reply_to="3EB0")
    (sent,) = gowa.sent
    assert sent.id == identifier
    assert (sent.to, sent.text, sent.reply_to) == ("6281234567890@s.whatsapp.net", "Halo", "3EB0")
    assert sent.device == DEVICE


def test_a_lid_is_written_to_as_one(gowa: GowaSimulator) -> None:
    send(gowa, text="Halo", to=Address(IdentityKind.LID, "2515"))
    assert gowa.sent[0].to == "2515@lid"


@pytest.mark.parametrize("kind", sorted(WhatsAppQrAdapter.capabilities.media))
def test_a_file_goes_as_its_kind(gowa: GowaSimulator, kind: MessageKind) -> None:
    content, media = b"bytes", Media(kind, mime_type="image/png")
    send(gowa, kind, media_bytes=content, media=media, media_name="a.png")
    (sent,) = gowa.sent
    assert sent.file == ("a.png", "image/png", content)
    assert sent.kind == ("file" if kind is MessageKind.DOCUMENT else kind.value)


def test_a_caption_goes_along(gowa: GowaSimulator) -> None:
    send(gowa, MessageKind.IMAGE, media_bytes=b"x", text="Struk", reply_to="3EB0")
    assert (gowa.sent[0].text, gowa.sent[0].reply_to) == ("Struk", "3EB0")


def test_a_reaction_and_its_end(gowa: GowaSimulator) -> None:
    send(gowa, text="👍", reaction_to="3EB0")
    send(gowa, text="", reaction_to="3EB0")
    assert [(sent.kind, sent.text, sent.reply_to) for sent in gowa.sent] == [
        ("reaction", "👍", "3EB0"),
        ("reaction", "", "3EB0"),
    ]


@pytest.mark.parametrize(
    ("fields", "error_class", "code"),
    [
        ({"text": "x" * 5000}, "payload", "too_long"),
        ({"kind": MessageKind.AUDIO, "media_bytes": b"x"}, "payload", "caption"),
        ({"kind": MessageKind.IMAGE, "text": ""}, "payload", "no_file"),
        ({"kind": MessageKind.PLACEHOLDER}, "payload", "kind"),
        ({"template": OutboundTemplate("halo", "id")}, "payload", "template"),
        ({"to": Address(IdentityKind.EMAIL, "a@b.c")}, "recipient", "address"),
    ],
)
def test_what_can_t_go_is_refused_before_the_call(
    gowa: GowaSimulator, fields: dict[str, Any], error_class: str, code: str
) -> None:
    failed = refusal(gowa, **fields)
    assert (failed.error_class, failed.code) == (error_class, code)
    assert gowa.calls == []


@pytest.mark.parametrize(
    ("status", "code", "error_class"),
    [
        (401, "AUTHENTICATION_ERROR", "channel"),
        (404, "DEVICE_NOT_FOUND", "channel"),
        (400, "DEVICE_ID_REQUIRED", "channel"),
        (500, "INVALID_WA_CLI", "channel"),
        (400, "INVALID_JID", "recipient"),
        (429, "WA_REACHOUT_TIMELOCK", "recipient"),
        (429, None, "retry"),
        (400, "VALIDATION_ERROR", "payload"),
        (413, "ODD", "payload"),
        (500, None, "retry"),
        (503, "DEVICE_MANAGER_UNAVAILABLE", "retry"),
    ],
)
def test_a_refusal_has_its_class(
    gowa: GowaSimulator, status: int, code: Any, error_class: str
) -> None:
    gowa.fail_next(status=status, code=code)
    failed = refusal(gowa)
    assert failed.error_class == error_class
    assert failed.reason


def test_a_wrong_password_stops_the_channel(gowa: GowaSimulator) -> None:
    gowa.credentials = "sapa:changed"
    failed = refusal(gowa)
    assert failed.error_class == "channel"
    assert "user name or password" in failed.reason


def test_a_phone_that_logged_out_stops_the_channel(gowa: GowaSimulator) -> None:
    gowa.log_out()
    assert "pair it again" in refusal(gowa).reason


@pytest.mark.parametrize(
    "words",
    [
        "timed out waiting for message send response",
        "context deadline exceeded",
        "websocket disconnected before info query returned response",
    ],
)
def test_waiting_in_vain_is_unknown(gowa: GowaSimulator, words: str) -> None:
    gowa.device.trouble = words
    with pytest.raises(OutcomeUnknown):
        send(gowa, text="Halo")


def test_GATEWAY_TIMEOUT_is_unknown(gowa: GowaSimulator) -> None:
    gowa.fail_next(status=504, code="GATEWAY_TIMEOUT")  # type: ignore[arg-type]  # GOWA's are words
    with pytest.raises(OutcomeUnknown):
        send(gowa, text="Halo")


def test_files_are_fetched_both_ways(gowa: GowaSimulator) -> None:
    path = gowa.keep_file(b"a picture")
    gowa.keep_media("3EB0", b"another")
    adapter, http, account = WhatsAppQrAdapter(), local_client(), qr_account(gowa.url)
    by_path = Media(MessageKind.IMAGE, url=path)
    by_call = Media(MessageKind.IMAGE, url="message/3EB0/download?phone=62812@s.whatsapp.net")
    assert adapter.fetch_media(account, by_path, http) == b"a picture"
    assert adapter.fetch_media(account, by_call, http) == b"another"


@pytest.mark.parametrize(
    ("url", "error_class"),
    [
        ("statics/media/gone.jpeg", "payload"),
        ("../etc/passwd", "payload"),
        ("https://evil.example/statics/../devices", "payload"),
        ("devices", "payload"),
        ("", "payload"),
    ],
)
def test_a_file_elsewhere_is_not_fetched(gowa: GowaSimulator, url: str, error_class: str) -> None:
    with pytest.raises(SendFailed) as failed:
        WhatsAppQrAdapter().fetch_media(
            qr_account(gowa.url), Media(MessageKind.IMAGE, url=url), local_client()
        )
    assert failed.value.error_class == error_class
    assert [call.path for call in gowa.calls if not call.path.startswith("/statics/media")] == []


def test_a_link_s_host_is_never_believed() -> None:
    account = qr_account("http://10.0.0.5:3000/gowa")
    assert static_path(account, "http://evil.example/gowa/statics/a.png") == "statics/a.png"
    assert static_path(account, "http://evil.example/a.png") == ""
    assert static_path(account, "statics/media/a b.png") == "statics/media/a%20b.png"


def test_only_people_of_the_address_book_have_an_address(gowa: GowaSimulator) -> None:
    gowa.contacts = [
        {"jid": "6281234567890@s.whatsapp.net", "name": "Ani"},
        {"jid": "2515@lid", "name": ""},
        {"jid": "120363@g.us", "name": "Keluarga"},
        {"jid": "status@broadcast", "name": "x"},
        {"jid": "628111@s.whatsapp.net", "name": "nul\x00l"},
        {"jid": 5},
        "odd",  # type: ignore[list-item]  # that's the point
    ]
    pages = list(WhatsAppQrAdapter().fetch_contacts(qr_account(gowa.url), local_client()))
    assert [(c.address, c.name, c.raw) for page in pages for c in page] == [
        (ANI, "Ani", "6281234567890@s.whatsapp.net"),
        (Address(IdentityKind.LID, "2515"), "", "2515@lid"),
        (None, "Keluarga", "120363@g.us"),
        (None, "x", "status@broadcast"),
    ]


def test_an_empty_address_book_is_one(gowa: GowaSimulator) -> None:
    gowa.contacts = None  # type: ignore[assignment]  # Go writes an empty list as null
    assert list(WhatsAppQrAdapter().fetch_contacts(qr_account(gowa.url), local_client())) == [[]]
