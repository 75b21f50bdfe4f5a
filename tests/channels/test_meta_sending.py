"""What is handed to Messenger and Instagram, and what their refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.adapter import Account, Adapter, OutboundMessage
from core.inbound import Address, IdentityKind, Media, MessageKind
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.testing.providers.base import Answer, Call, wait_until
from core.testing.providers.messenger import PageSimulator, instagram_simulator
from plugins.channels.instagram.adapter import InstagramAdapter
from plugins.channels.messenger.adapter import MessengerAdapter
from tests.channels.meta_accounts import GRAM, gram_account, page_account

ANI = "7001000200030004"
JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
def page() -> Iterator[PageSimulator]:
    with PageSimulator() as simulator:
        yield simulator


@pytest.fixture
def gram() -> Iterator[PageSimulator]:
    with instagram_simulator() as simulator:
        yield simulator


def to_page(**changes: Any) -> OutboundMessage:
    usual: dict[str, Any] = {
        "to": Address(IdentityKind.PSID, ANI),
        "opaque": "our-id",
        "kind": MessageKind.TEXT,
        "text": "Halo",
    }
    return OutboundMessage(**(usual | changes))


def to_gram(**changes: Any) -> OutboundMessage:
    return to_page(**({"to": Address(IdentityKind.IGSID, ANI)} | changes))


def refusal(adapter: Adapter, account: Account, message: OutboundMessage, http: Any) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        adapter.send(account, message, http)
    return failed.value


def test_a_text_of_messenger(page: PageSimulator, http: OutboundClient) -> None:
    accepted = MessengerAdapter().send(page_account(page.url), to_page(reply_to="m-0"), http)
    (sent,) = page.sent
    assert accepted.provider_id == sent.mid
    assert sent.payload == {
        "recipient": {"id": ANI},
        "messaging_type": "RESPONSE",
        "message": {"text": "Halo", "metadata": "our-id"},
        "reply_to": {"mid": "m-0"},
    }
    assert page.calls[0].path == f"/v25.0/{page.bodies.own_id}/messages"
    assert page.calls[0].headers["authorization"] == "Bearer access-token"


def test_a_text_of_instagram(gram: PageSimulator, http: OutboundClient) -> None:
    InstagramAdapter().send(gram_account(gram.url), to_gram(), http)
    assert gram.sent[0].payload["message"] == {"text": "Halo"}
    assert gram.calls[0].path == f"/v25.0/{GRAM.own_id}/messages"


def test_instagram_through_a_page(http: OutboundClient) -> None:
    with instagram_simulator(node="104857600000001") as gram:
        account = gram_account(gram.url, page_id="104857600000001")
        InstagramAdapter().send(account, to_gram(), http)
        assert gram.calls[0].path == "/v25.0/104857600000001/messages"


def test_after_a_day_a_person_says_so(page: PageSimulator, http: OutboundClient) -> None:
    page.closed_windows.add(ANI)
    account = page_account(page.url)
    shut = refusal(MessengerAdapter(), account, to_page(), http)
    assert (shut.error_class, shut.code) == ("template", "10")
    MessengerAdapter().send(account, to_page(is_after_window=True), http)
    payload = page.sent[0].payload
    assert (payload["messaging_type"], payload["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        (MessageKind.IMAGE, "image"),
        (MessageKind.VIDEO, "video"),
        (MessageKind.AUDIO, "audio"),
        (MessageKind.DOCUMENT, "file"),
    ],
)
def test_a_file_is_uploaded_then_sent(
    page: PageSimulator,
    gram: PageSimulator,
    http: OutboundClient,
    kind: MessageKind,
    called: str,
) -> None:
    file = {
        "kind": kind,
        "text": "",
        "media": Media(kind, mime_type="image/jpeg"),
        "media_bytes": JPEG,
        "media_name": "a.jpg",
    }
    MessengerAdapter().send(page_account(page.url), to_page(**file), http)
    InstagramAdapter().send(gram_account(gram.url), to_gram(**file), http)
    for simulator in (page, gram):
        ((identifier, uploaded),) = simulator.uploads.items()
        assert uploaded == ("a.jpg", "image/jpeg", JPEG)
        attachment = simulator.sent[0].message["attachment"]
        assert attachment == {"type": called, "payload": {"attachment_id": identifier}}
    assert gram.calls[0].form["platform"] == "instagram"


def test_what_is_sent_is_sent_after_its_upload(page: PageSimulator, http: OutboundClient) -> None:
    file = to_page(kind=MessageKind.IMAGE, text="", media_bytes=JPEG)
    uploaded: list[datetime] = []
    take = page.answer

    def noting(call: Call) -> Answer:
        told = take(call)
        if call.path.endswith("message_attachments"):
            uploaded.append(datetime.now(UTC))
        return told

    page.answer = noting  # type: ignore[method-assign]
    at = MessengerAdapter().send(page_account(page.url), file, http).at
    assert at is not None
    assert uploaded[0] <= at


def test_a_lost_upload_is_tried_again(page: PageSimulator, http: OutboundClient) -> None:
    file = to_page(kind=MessageKind.IMAGE, text="", media_bytes=JPEG)
    page.garbage_next(only="message_attachments")
    assert refusal(MessengerAdapter(), page_account(page.url), file, http).error_class == "retry"
    page.drop_next(only="/messages")
    with pytest.raises(OutcomeUnknown):
        MessengerAdapter().send(page_account(page.url), file, http)


def test_what_can_not_go_is_said_before_any_call(page: PageSimulator, http: OutboundClient) -> None:
    account, adapter = page_account(page.url), MessengerAdapter()
    file = {"kind": MessageKind.IMAGE, "media_bytes": JPEG}
    assert refusal(adapter, account, to_page(**file), http).code == "caption"
    assert (
        refusal(adapter, account, to_page(text="", kind=MessageKind.IMAGE), http).code == "no_file"
    )
    huge = to_page(text="", kind=MessageKind.IMAGE, media_bytes=b"x" * (26 * 1024 * 1024))
    assert refusal(adapter, account, huge, http).code == "too_large"
    assert refusal(adapter, account, to_gram(), http).code == "address"
    gram = gram_account(page.url)
    assert refusal(InstagramAdapter(), gram, to_gram(text="é" * 501), http).code == "too_long"
    sticker = to_gram(text="", kind=MessageKind.STICKER, media_bytes=JPEG)
    assert refusal(InstagramAdapter(), gram, sticker, http).code == "kind"
    assert page.calls == []


def test_reactions_come_and_go(
    page: PageSimulator, gram: PageSimulator, http: OutboundClient
) -> None:
    adapter, account = MessengerAdapter(), page_account(page.url)
    adapter.send(account, to_page(text="🎉", reaction_to="m-1"), http)
    adapter.send(account, to_page(text="", reaction_to="m-1"), http)
    InstagramAdapter().send(gram_account(gram.url), to_gram(text="❤️", reaction_to="m-1"), http)
    put, taken = page.reactions
    assert (put["sender_action"], put["payload"]) == (
        "react",
        {"message_id": "m-1", "reaction": "🎉"},
    )
    assert (taken["sender_action"], taken["payload"]) == ("unreact", {"message_id": "m-1"})
    assert gram.reactions[0]["payload"]["reaction"] == "love"


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (190, 401, "channel"),
        (4, 400, "retry"),
        (613, 400, "retry"),
        (1200, 500, "retry"),
        (551, 400, "recipient"),
        (10, 403, "template"),
        (200, 403, "channel"),
        (100, 400, "payload"),
        (99999, 400, "payload"),
        (99999, 500, "retry"),
    ],
)
def test_error_classes(
    page: PageSimulator,
    gram: PageSimulator,
    http: OutboundClient,
    code: int,
    status: int,
    expected: str,
) -> None:
    for simulator in (page, gram):
        simulator.fail_next(status=status, code=code)
    assert (
        refusal(MessengerAdapter(), page_account(page.url), to_page(), http).error_class == expected
    )
    assert (
        refusal(InstagramAdapter(), gram_account(gram.url), to_gram(), http).error_class == expected
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 10, "message": "(#10) Application does not have permission"}, "channel"),
        ({"code": 10, "error_subcode": 2018278, "message": "outside of permission"}, "template"),
        ({"code": 200, "error_subcode": 1545041, "message": "not available"}, "recipient"),
        ({"code": 100, "error_subcode": 2018001, "message": "No matching user"}, "recipient"),
        ({"code": 100, "error_subcode": 33, "message": "Unsupported post request"}, "channel"),
        ({"code": True, "message": 5}, "payload"),
        ({"message": None}, "payload"),
    ],
)
def test_a_subcode_says_more(error: dict[str, Any], expected: str) -> None:
    from plugins.channels.messenger.errors import ERRORS

    found = ERRORS.read(error)
    assert found.error_class == expected
    assert found.reason


def test_a_file_is_fetched_from_meta_s_hosts_only(
    page: PageSimulator, http: OutboundClient
) -> None:
    adapter, account = MessengerAdapter(), page_account(page.url)
    url = page.keep_file(JPEG, "image/jpeg", "a.jpg")
    assert adapter.fetch_media(account, Media(MessageKind.IMAGE, url=url), http) == JPEG
    assert "authorization" not in page.calls[-1].headers
    expired = Media(MessageKind.IMAGE, url=url.replace("signed", "old"))
    for media, code in (
        (expired, "gone"),
        (Media(MessageKind.IMAGE, url="https://evil.example/a"), "address_refused"),
    ):
        with pytest.raises(SendFailed) as failed:
            adapter.fetch_media(account, media, http)
        assert (failed.value.error_class, failed.value.code) == ("payload", code)
    page.fail_next(status=503)
    with pytest.raises(SendFailed) as later:
        adapter.fetch_media(account, Media(MessageKind.IMAGE, url=url), http)
    assert later.value.error_class == "retry"
    assert wait_until(lambda: len(page.calls) == 3)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"name": "Ani Wijaya"}, "Ani Wijaya"),
        ({"first_name": "Ani", "last_name": "Wijaya"}, "Ani Wijaya"),
        ({"first_name": "Ani"}, "Ani"),
        ({"name": 5}, ""),
        ({}, ""),
    ],
)
def test_a_name_is_asked_for(
    page: PageSimulator, http: OutboundClient, told: dict[str, Any], name: str
) -> None:
    page.names[ANI] = told
    asked = MessengerAdapter().fetch_name(
        page_account(page.url), Address(IdentityKind.PSID, ANI), http
    )
    assert asked == name
    assert page.calls[0].query["fields"] == "name,first_name,last_name"


def test_instagram_tells_a_user_name(gram: PageSimulator, http: OutboundClient) -> None:
    gram.names[ANI] = {"username": "ani.w"}
    address = Address(IdentityKind.IGSID, ANI)
    assert InstagramAdapter().fetch_name(gram_account(gram.url), address, http) == "ani.w"
