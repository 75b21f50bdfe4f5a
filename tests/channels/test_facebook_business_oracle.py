"""Meta's own client (facebook-business) drives our simulated Messenger Platform.

It has no reader of webhooks; their shapes stand on Meta's reference alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from core.testing.providers.messenger import PageSimulator, instagram_simulator

ANI = "7001000200030004"


def client(meta: PageSimulator) -> Any:
    """The SDK's page, whose calls go to the simulator."""
    session = FacebookSession(meta.app_id, meta.app_secret, meta.access_token)
    session.GRAPH = meta.url
    return Page(meta.node, api=FacebookAdsApi(session))


@pytest.fixture
def meta() -> Iterator[PageSimulator]:
    with PageSimulator() as simulator:
        yield simulator


def test_it_sends_a_text_with_the_proof_of_our_secret(meta: PageSimulator) -> None:
    message = {"text": "Halo", "metadata": "our-id"}
    client(meta).create_message(
        params={
            "recipient": {"id": ANI},
            "messaging_type": "RESPONSE",
            "message": message,
            "reply_to": {"mid": "m-0"},
        }
    )
    (sent,) = meta.sent
    assert (sent.to, sent.message, sent.payload["reply_to"]) == (ANI, message, {"mid": "m-0"})
    assert meta.calls[0].query["appsecret_proof"]


def test_it_uploads_a_file_and_sends_it(meta: PageSimulator, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"\xff\xd8\xff a picture")
    attachment = {"type": "image", "payload": {"is_reusable": True}}
    with picture.open("rb") as file:
        answer = (
            client(meta)
            .get_api()
            .call(
                "POST",
                (meta.node, "message_attachments"),
                params={"message": {"attachment": attachment}},
                files={"filedata": ("a.jpg", file, "image/jpeg")},
            )
        )
    uploaded = answer.json()["attachment_id"]
    assert meta.uploads[uploaded][2] == b"\xff\xd8\xff a picture"
    named = {"type": "image", "payload": {"attachment_id": uploaded}}
    client(meta).create_message(params={"recipient": {"id": ANI}, "message": {"attachment": named}})
    assert meta.sent[0].message == {"attachment": named}


def test_it_reacts(meta: PageSimulator) -> None:
    client(meta).create_message(
        params={
            "recipient": {"id": ANI},
            "sender_action": Page.SenderAction.react,
            "payload": '{"message_id": "m-1", "reaction": "love"}',
        }
    )
    assert meta.reactions[0]["payload"] == {"message_id": "m-1", "reaction": "love"}


def test_its_words_are_ours(meta: PageSimulator) -> None:
    """What we send is in the SDK's own lists."""
    assert Page.MessagingType.response == "RESPONSE"
    assert Page.MessagingType.message_tag == "MESSAGE_TAG"
    assert {"react", "unreact"} <= {
        Page.SenderAction.react.lower(),
        Page.SenderAction.unreact.lower(),
    }
    meta.closed_windows.add(ANI)
    said = {"recipient": {"id": ANI}, "message": {"text": "Halo"}}
    tagged = {**said, "messaging_type": Page.MessagingType.message_tag, "tag": "HUMAN_AGENT"}
    client(meta).get_api().call("POST", (meta.node, "messages"), params=tagged)
    assert meta.sent[0].payload["tag"] == "HUMAN_AGENT"


@pytest.mark.parametrize(
    ("code", "subcode"), [(190, 0), (4, 0), (613, 0), (551, 1545041), (10, 2018278)]
)
def test_it_understands_the_refusals(meta: PageSimulator, code: int, subcode: int) -> None:
    document = meta.error_body(code, 400, "Refused", subcode=subcode)
    meta.fail_next(status=400, code=code)
    with pytest.raises(FacebookRequestError) as refused:
        client(meta).create_message(params={"recipient": {"id": ANI}, "message": {"text": "x"}})
    assert refused.value.api_error_code() == code
    assert refused.value.http_status() == 400
    assert document["error"].get("error_subcode", 0) == subcode


def test_a_shut_window_and_a_gone_person_are_told_by_their_subcodes(meta: PageSimulator) -> None:
    meta.closed_windows.add("1")
    meta.gone.add("2")
    for person, code, subcode in (("1", 10, 2018278), ("2", 551, 1545041)):
        with pytest.raises(FacebookRequestError) as refused:
            client(meta).create_message(
                params={"recipient": {"id": person}, "message": {"text": "x"}}
            )
        assert refused.value.api_error_code() == code
        assert refused.value.api_error_subcode() == subcode


def test_it_subscribes_a_page(meta: PageSimulator) -> None:
    fields = ["messages", "message_echoes"]
    client(meta).create_subscribed_app(params={"subscribed_fields": fields})
    (app,) = client(meta).get_subscribed_apps()
    assert app["id"] == meta.app_id
    assert sorted(app["subscribed_fields"]) == sorted(fields)


def test_instagram_takes_the_same_calls() -> None:
    with instagram_simulator() as gram:
        client(gram).create_message(params={"recipient": {"id": ANI}, "message": {"text": "Halo"}})
        assert gram.sent[0].text == "Halo"
