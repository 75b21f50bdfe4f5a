"""The webhook's door: every item once, nothing of what isn't proven, never a 500."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from core.inbound import MessageState
from core.models import (
    BadInboundItem,
    Channel,
    ChannelCount,
    Contact,
    Conversation,
    Job,
    Message,
    RawInbox,
    Task,
)
from core.services import channels, inbox, plugins
from core.services.send import send_message
from core.services.start import conversation_with
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation
from core.testing.providers.whatsapp_cloud_bodies import Json, status, text
from tests.flow.counting import rows

SENDERS = ("6281234567890", "6281234567891", "6281234567892")


def batch(line: CloudLine) -> Json:
    """Two entries of two changes of three messages each: twelve."""
    numbers = line.meta.numbers

    def change(name: str) -> Json:
        said = [text(s, f"{name} {n}", id=f"wamid.{name}.{n}") for n, s in enumerate(SENDERS)]
        return numbers.messages(*said)

    return numbers.entries([change("a"), change("b")], [change("c"), change("d")])


def bodies(session: TenantSession) -> list[str]:
    return list(session.scalars(select(Message.body).order_by(Message.id)))


def test_two_entries_of_two_changes_of_three_messages_are_twelve(
    house: Installation, line: CloudLine
) -> None:
    assert line.post(batch(line)).status_code == 200
    house.work()
    with house.tenant() as session:
        assert sorted(bodies(session)) == sorted(f"{c} {n}" for c in "abcd" for n in range(3))
        assert len(session.scalars(select(Conversation)).all()) == len(SENDERS)
        assert len(session.scalars(select(Contact)).all()) == len(SENDERS)
        assert len(session.scalars(select(Task)).all()) == len(SENDERS)
        assert session.scalars(select(RawInbox)).all() == []
        assert session.scalars(select(BadInboundItem)).all() == []


def test_the_same_body_fifty_times_at_once_is_stored_once(
    house: Installation, line: CloudLine
) -> None:
    body, answers = json.dumps(batch(line)).encode(), Counter[int]()
    gate = threading.Barrier(50)

    def post() -> None:
        gate.wait()
        answers[line.post(body).status_code] += 1

    threads = [threading.Thread(target=post) for _ in range(50)]
    house.desk.jobs.start()  # read at the same time, by four threads
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for_quiet(house)
    finally:
        house.desk.jobs.stop()
    assert answers == {200: 50}
    with house.tenant() as session:
        assert len(bodies(session)) == 12
        assert session.scalars(select(BadInboundItem)).all() == []
        assert sum(session.scalars(select(Conversation.unread))) == 12


def test_statuses_in_any_order_end_as_read(house: Installation, line: CloudLine) -> None:
    message_id = send(house, line)
    house.work()
    sent = line.meta.sent[0]
    for state in ("delivered", "read", "delivered", "sent"):
        assert line.post(line.statuses(status(sent.wamid, state, sent.to))).status_code == 200
    house.work()
    with house.tenant() as session:
        message = session.get_one(Message, message_id)
        assert message.state is MessageState.READ
        assert message.delivered_at is not None


@pytest.mark.parametrize("has_opaque", [True, False])
def test_a_status_before_the_answer_is_stored_is_applied(
    house: Installation, line: CloudLine, has_opaque: bool
) -> None:
    """The provider tells of it while its own answer is still on the way to us."""
    message_id = send(house, line)
    line.meta.delay_next(0.6, only="/messages")
    worker = threading.Thread(target=house.work)
    worker.start()
    while not line.meta.sent:
        time.sleep(0.01)
    sent = line.meta.sent[0]
    opaque = sent.opaque if has_opaque else ""
    line.post(line.statuses(status(sent.wamid, "delivered", sent.to, opaque=opaque)))
    with house.tenant() as session:
        assert session.get_one(Message, message_id).state is MessageState.SENDING
    worker.join()
    house.work()
    with house.tenant() as session:
        message = session.get_one(Message, message_id)
        assert (message.state, message.provider_id) == (MessageState.DELIVERED, sent.wamid)


@pytest.mark.parametrize("state", ["delivered", "failed"])
def test_a_receipt_that_is_stored_first_is_applied_with_the_answer(
    house: Installation, line: CloudLine, state: str
) -> None:
    message_id = send(house, line)
    line.meta.delay_next(1.0, only="/messages")
    worker = threading.Thread(target=house.work)
    worker.start()
    while not line.meta.sent:
        time.sleep(0.01)
    sent = line.meta.sent[0]
    line.post(line.statuses(status(sent.wamid, state, sent.to)))
    run_inbox(house)
    worker.join()
    house.work()
    with house.tenant() as session:
        assert session.get_one(Message, message_id).state.value == state


# what isn't proven


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha1=abc"},
        {"X-Hub-Signature-256": "\u00e9"},
        {"X-Other": "none"},
    ],
)
def test_a_wrong_or_missing_signature_is_401_and_nothing_is_stored(
    house: Installation, line: CloudLine, headers: dict[str, str]
) -> None:
    before = rows(house)
    assert line.post(batch(line), **headers).status_code == 401
    assert house.work() == 0
    assert rows(house) == before


def test_an_unconfigured_secret_refuses_everything(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        channel = line.channel(session)
        channel.sealed = house.desk.box.seal({}, context=f"channel:{channel.uuid}")
    before = rows(house)
    empty = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    assert line.post(batch(line)).status_code == 401
    assert line.post(batch(line), **empty).status_code == 401
    answer = house.client().get(f"{line.path}?hub.mode=subscribe&hub.verify_token=&hub.challenge=1")
    assert answer.status_code == 403
    assert rows(house) == before


def test_the_handshake_answers_the_challenge_and_refuses_a_wrong_token(
    house: Installation, line: CloudLine
) -> None:
    asked = f"{line.path}?hub.mode=subscribe&hub.challenge=4711&hub.verify_token="
    answer = house.client().get(asked + "verify-me")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"4711", "text/plain")
    for wrong in ("wrong", "", "%00", "%C3%A9"):
        assert house.client().get(asked + wrong).status_code == 403
    assert house.client().get(line.path).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"object": "page", "entry": []}',
        b'{"object": "whatsapp_business_account"}',
        b"\xff\xfe",
        b"{" * 9999,
        b"[" * 100_000,
    ],
)
def test_what_is_no_body_of_the_provider_is_400_and_nothing_is_stored(
    house: Installation, line: CloudLine, body: bytes
) -> None:
    before = rows(house)
    answer = line.post(body)
    assert answer.status_code == 400
    assert answer.get_json()["message"]
    assert rows(house) == before


def test_ten_megabytes_are_413_at_once_and_nothing_is_stored(
    house: Installation, line: CloudLine
) -> None:
    before, body = rows(house), b"x" * 10_000_000
    started = time.monotonic()
    assert line.post(body).status_code == 413
    assert time.monotonic() - started < 2
    assert rows(house) == before


# one bad item


def with_a_bad_item(line: CloudLine, bad: Any) -> Json:
    body = line.messages(
        text(SENDERS[0], "one"), text(SENDERS[0], "two"), text(SENDERS[0], "three")
    )
    body["entry"][0]["changes"][0]["value"]["messages"][1] = bad
    return body


@pytest.mark.parametrize(
    "bad",
    [
        {**text(SENDERS[0], "null\x00byte")},
        {**text(SENDERS[0], "half \ud800 a pair")},
        {**text(SENDERS[0], "x"), "text": {"body": 7}},
        {**text(SENDERS[0], "x"), "text": []},
        {**text(SENDERS[0], "x"), "timestamp": {"a": 1}},
        {**text(SENDERS[0], "x"), "from": ["62812"]},
        {**text(SENDERS[0], "x"), "id": None},
        {**text(SENDERS[0], "x"), "id": "w" * 250},
        "a string",
        None,
        7,
    ],
)
def test_a_bad_item_is_recorded_once_and_the_rest_is_stored(
    house: Installation, line: CloudLine, bad: Any
) -> None:
    body = with_a_bad_item(line, bad)
    for _ in range(2):
        assert line.post(body).status_code == 200
        house.work()
    with house.tenant() as session:
        assert bodies(session) == ["one", "three"]
        recorded = session.scalars(select(BadInboundItem)).one()
        assert recorded.reason
        assert recorded.count == 2


# whose


def test_an_unknown_address_is_404(house: Installation, line: CloudLine) -> None:
    path = "/webhooks/0190f5a2-0000-7000-8000-000000000001"
    assert house.client().post(path, data=b"{}").status_code == 404
    assert house.client().get(path).status_code == 404
    assert house.client().post("/webhooks/not-a-uuid", data=b"{}").status_code == 404


def test_an_archived_channel_is_404(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        channels.archive(session, line.channel(session))
    before = rows(house)
    assert line.post(batch(line)).status_code == 404
    assert rows(house) == before


def test_a_plugin_that_is_off_is_404_and_what_was_stored_waits_for_it(
    house: Installation, line: CloudLine
) -> None:
    assert line.post(batch(line)).status_code == 200
    with house.tenant() as session:
        plugins.disable(session, "whatsapp_cloud")
    assert line.post(batch(line)).status_code == 404
    assert house.client().get(line.path).status_code == 404
    house.work()
    with house.tenant() as session:
        assert bodies(session) == []
        assert len(session.scalars(select(RawInbox)).all()) == 1
    with house.tenant() as session:
        plugins.enable(session, "whatsapp_cloud")
    house.work()
    with house.tenant() as session:
        assert len(bodies(session)) == 12


def test_another_number_in_a_signed_body_writes_nothing_there(
    house: Installation, line: CloudLine
) -> None:
    stranger = house.add_tenant("tetangga")
    with stranger.cloud(app_secret=line.meta.app_secret) as other:
        body = other.messages(text(SENDERS[0], "for the neighbour"))
        assert line.post(body).status_code == 200
        house.work()
        for side in (house, stranger):
            with side.tenant() as session:
                assert bodies(session) == []
        with house.tenant() as session:
            assert session.scalars(select(ChannelCount.what)).all() == ["other_number"]


def test_a_receipt_for_another_channels_message_changes_nothing(
    house: Installation, line: CloudLine
) -> None:
    message_id = send(house, line)
    house.work()
    sent = line.meta.sent[0]
    with house.cloud() as other:
        for opaque in ("", sent.opaque):
            receipt = status(sent.wamid, "read", sent.to, opaque=opaque)
            assert other.post(other.statuses(receipt)).status_code == 200
        house.work()
    with house.tenant() as session:
        assert session.get_one(Message, message_id).state is MessageState.ACCEPTED


def test_a_signed_in_browser_may_post_too(house: Installation, line: CloudLine) -> None:
    """The phone of the simulator shares the browser's cookies: they change nothing here."""
    client = house.client()
    client.get("/login/")
    raw = json.dumps(batch(line)).encode()
    answer = client.post(line.path, data=raw, headers=line.meta.sign(raw))
    assert answer.status_code == 200


def test_a_real_server_takes_a_batch_and_refuses_ten_megabytes(
    house: Installation, line: CloudLine
) -> None:
    assert house.app is not None
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        courier = line.meta.connect(f"http://127.0.0.1:{server.port}{line.path}", attempts=1)
        assert courier.post(batch(line)).statuses == (200,)
        before = rows(house)
        assert courier.post(b"x" * 10_000_000).statuses in ((413,), (0,))  # cut while we send
        assert courier.post_forged(batch(line)).statuses == (401,)
        assert courier.post_unsigned(batch(line)).statuses == (401,)
        assert rows(house) == before
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    house.work()
    with house.tenant() as session:
        assert len(bodies(session)) == 12


# helpers


def send(house: Installation, line: CloudLine) -> int:
    """Let the customer write, then queue an answer; its id."""
    line.post(line.messages(text(SENDERS[0], "Halo")))
    house.work()
    with house.tenant() as session:
        conversation = conversation_with(
            session, session.get_one(Channel, line.channel_id), f"+{SENDERS[0]}"
        )
        return send_message(session, conversation, text="Selamat pagi").id


def run_inbox(house: Installation) -> None:
    """Process what came in, beside a worker that waits for its provider."""
    with house.tenant() as session:
        for raw in session.scalars(select(RawInbox)).all():
            inbox.process(session, {"channel_id": raw.channel_id})


def wait_for_quiet(house: Installation, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with house.tenant(write=False) as session:
            if session.scalar(select(Job.id).limit(1)) is None:
                return
        time.sleep(0.05)
    raise AssertionError("work is left")
