"""What reaches the Bot API, and what its refusals mean."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from core.adapter import OutboundMessage, OutboundTemplate
from core.inbound import Address, IdentityKind, Media, MessageKind
from core.outbound import OutcomeUnknown, SendFailed
from core.services.sending import SendCall
from core.testing.contract.claims import Timed
from core.testing.providers.telegram import TOKEN, TelegramSimulator
from plugins.channels.telegram.adapter import TelegramAdapter
from plugins.channels.telegram.media import way_of
from tests.channels.cloud_account import local_client
from tests.channels.telegram_account import bot_account

ANI = 5512345678
MIB = 1024 * 1024


@pytest.fixture
def telegram() -> Iterator[TelegramSimulator]:
    with TelegramSimulator() as simulator:
        yield simulator


def send(telegram: TelegramSimulator, kind: MessageKind = MessageKind.TEXT, **fields: Any) -> str:
    to = fields.pop("to", Address(IdentityKind.TELEGRAM, str(ANI)))
    message = OutboundMessage(to=to, opaque="o", kind=kind, **fields)
    return TelegramAdapter().send(bot_account(telegram.url), message, local_client()).provider_id


def refusal(telegram: TelegramSimulator, **fields: Any) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(telegram, **({"text": "Halo"} | fields))
    return failed.value


def test_a_text_and_a_reply(telegram: TelegramSimulator) -> None:
    identifier = send(telegram, text="*Halo* <b>", reply_to=f"{ANI}:41")
    (sent,) = telegram.sent
    assert identifier == f"{ANI}:{sent.message_id}"
    assert (sent.chat, sent.text) == (ANI, "*Halo* <b>")
    assert sent.params["reply_parameters"] == {
        "message_id": 41,
        "allow_sending_without_reply": True,
    }
    assert "parse_mode" not in sent.params  # what a person types is never markup


@pytest.mark.parametrize(
    ("kind", "mime_type", "method"),
    [
        (MessageKind.IMAGE, "image/jpeg", "sendPhoto"),
        (MessageKind.IMAGE, "image/png", "sendPhoto"),
        (MessageKind.IMAGE, "image/gif", "sendAnimation"),
        (MessageKind.IMAGE, "image/tiff", "sendDocument"),
        (MessageKind.VIDEO, "video/mp4", "sendVideo"),
        (MessageKind.VIDEO, "video/x-matroska", "sendDocument"),
        (MessageKind.AUDIO, "audio/ogg; codecs=opus", "sendVoice"),
        (MessageKind.AUDIO, "audio/mpeg", "sendAudio"),
        (MessageKind.AUDIO, "audio/wav", "sendDocument"),
        (MessageKind.DOCUMENT, "application/pdf", "sendDocument"),
    ],
)
def test_a_file_goes_as_what_telegram_shows(
    telegram: TelegramSimulator, kind: MessageKind, mime_type: str, method: str
) -> None:
    media = Media(kind, mime_type=mime_type)
    fields = {"text": "Ini", "reply_to": f"{ANI}:5", "media_name": "struk ñ.x"}
    send(telegram, kind, media_bytes=b"bytes", media=media, **fields)
    (sent,) = telegram.sent
    assert sent.file is not None
    assert (sent.method, sent.text, sent.file[2]) == (method, "Ini", b"bytes")
    assert sent.file[0] == "struk ñ.x"
    assert sent.params["reply_parameters"]["message_id"] == 5


def test_a_sticker_with_words_is_a_document(telegram: TelegramSimulator) -> None:
    media = Media(MessageKind.STICKER, mime_type="image/webp")
    send(telegram, MessageKind.STICKER, media_bytes=b"RIFF", media=media)
    send(telegram, MessageKind.STICKER, media_bytes=b"RIFF", media=media, text="Halo")
    assert [sent.method for sent in telegram.sent] == ["sendSticker", "sendDocument"]


def test_what_is_no_photo_to_telegram_goes_as_a_document(telegram: TelegramSimulator) -> None:
    media = Media(MessageKind.IMAGE, mime_type="image/png")
    send(telegram, MessageKind.IMAGE, media_bytes=b"thin and long", media=media)
    assert [sent.method for sent in telegram.sent] == ["sendDocument"]
    large = OutboundMessage(
        to=Address(IdentityKind.TELEGRAM, str(ANI)),
        opaque="o",
        kind=MessageKind.IMAGE,
        media=media,
        media_bytes=b"x" * (10 * MIB + 1),
    )
    assert way_of(large).method == "sendDocument"


@pytest.mark.parametrize(
    ("kind", "mime_type", "content"),
    [
        (MessageKind.IMAGE, "image/jpeg", b"thin"),
        (MessageKind.VIDEO, "video/mp4", b"x" * (50 * MIB)),
    ],
)
def test_a_file_is_up_before_the_lease_ends(
    telegram: TelegramSimulator, kind: MessageKind, mime_type: str, content: bytes
) -> None:
    http = Timed(private_hosts=("127.0.0.1",))
    message = OutboundMessage(
        to=Address(IdentityKind.TELEGRAM, str(ANI)),
        opaque="o",
        kind=kind,
        media=Media(kind, mime_type=mime_type),
        media_bytes=content,
    )
    TelegramAdapter().send(bot_account(telegram.url), message, http)
    assert http.seconds <= SendCall.timeout


def test_a_reaction_and_its_end(telegram: TelegramSimulator) -> None:
    send(telegram, text="👍", reaction_to=f"{ANI}:41")
    send(telegram, text="", reaction_to=f"{ANI}:41")
    given = [(each["message_id"], each["reaction"]) for each in telegram.reactions]
    assert given == [(41, [{"type": "emoji", "emoji": "👍"}]), (41, [])]


@pytest.mark.parametrize(
    ("fields", "error_class", "code"),
    [
        ({"text": "x" * 5000}, "payload", "too_long"),
        (
            {"kind": MessageKind.IMAGE, "media_bytes": b"x", "text": "x" * 1025},
            "payload",
            "too_long",
        ),
        ({"kind": MessageKind.IMAGE, "text": ""}, "payload", "no_file"),
        ({"kind": MessageKind.STICKER, "media_bytes": b"x" * MIB}, "payload", "too_large"),
        ({"kind": MessageKind.PLACEHOLDER}, "payload", "kind"),
        ({"template": OutboundTemplate("halo", "id")}, "payload", "template"),
        ({"reaction_to": "wamid.5"}, "payload", "target"),
        ({"to": Address(IdentityKind.EMAIL, "a@b.c")}, "recipient", "address"),
        ({"to": Address(IdentityKind.TELEGRAM, "-100123")}, "recipient", "address"),
    ],
)
def test_what_can_t_go_is_refused_before_the_call(
    telegram: TelegramSimulator, fields: dict[str, Any], error_class: str, code: str
) -> None:
    failed = refusal(telegram, **fields)
    assert (failed.error_class, failed.code) == (error_class, code)
    assert telegram.calls == []


@pytest.mark.parametrize(
    ("status", "description", "error_class", "code"),
    [
        (403, "Forbidden: bot was blocked by the user", "recipient", "blocked"),
        (403, "Forbidden: user is deactivated", "recipient", "deactivated"),
        (403, "Forbidden: bot can't initiate conversation with a user", "recipient", "stranger"),
        (403, "Forbidden: another reason", "recipient", "403"),
        (400, "Bad Request: chat not found", "recipient", "chat_not_found"),
        (400, "Bad Request: message is too long", "payload", "too_long"),
        (400, "Bad Request: REACTION_INVALID", "payload", "reaction"),
        (400, "Bad Request: odd", "payload", "400"),
        (413, "Request Entity Too Large", "payload", "413"),
        (401, "Unauthorized", "channel", "401"),
        (404, "Not Found", "channel", "404"),
        (409, "Conflict: terminated by setWebhook request", "retry", "409"),
        (500, "Internal Server Error", "retry", "500"),
    ],
)
def test_a_refusal_has_its_class(
    telegram: TelegramSimulator, status: int, description: str, error_class: str, code: str
) -> None:
    telegram.refuse_next(status, description)
    failed = refusal(telegram)
    assert (failed.error_class, failed.code) == (error_class, code)
    assert failed.is_opt_out == (code == "blocked")


def test_a_gateway_in_between_leaves_it_unknown(telegram: TelegramSimulator) -> None:
    telegram.garbage_next(body=b"<html>Bad Gateway</html>", status=502)
    with pytest.raises(OutcomeUnknown):
        send(telegram, text="Halo")


def test_the_token_stands_in_no_log(
    telegram: TelegramSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(telegram, text="Halo")
    assert "sendMessage" in caplog.text
    assert TOKEN not in caplog.text


def test_a_file_is_fetched_by_its_id(telegram: TelegramSimulator) -> None:
    file_id = telegram.keep_file(b"a picture")
    media = Media(MessageKind.IMAGE, provider_id=file_id)
    account = bot_account(telegram.url)
    assert TelegramAdapter().fetch_media(account, media, local_client()) == b"a picture"


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        ((400, "Bad Request: file is too big"), "payload"),
        ((400, "Bad Request: wrong file_id"), "payload"),
        ((401, "Unauthorized"), "channel"),
        ((500, "Internal"), "retry"),
    ],
)
def test_a_file_that_can_t_be_had(
    telegram: TelegramSimulator, answer: tuple[int, str], error_class: str
) -> None:
    telegram.refuse_next(*answer)
    media = Media(MessageKind.IMAGE, provider_id="x")
    with pytest.raises(SendFailed) as failed:
        TelegramAdapter().fetch_media(bot_account(telegram.url), media, local_client())
    assert failed.value.error_class == error_class


@pytest.mark.parametrize("path", ["../../etc/passwd", "a//b", "", 5])
def test_a_path_that_leads_elsewhere_is_not_followed(
    telegram: TelegramSimulator, path: Any
) -> None:
    telegram.garbage_next(body=json.dumps({"ok": True, "result": {"file_path": path}}).encode())
    media = Media(MessageKind.IMAGE, provider_id="x")
    with pytest.raises(SendFailed):
        TelegramAdapter().fetch_media(bot_account(telegram.url), media, local_client())
    assert len(telegram.calls) == 1
