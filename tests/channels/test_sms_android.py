"""What the app's events mean, what reaches the gateway, and how a phone is set up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from core.adapter import Finding, OutboundMessage, OutboundTemplate
from core.inbound import (
    Address,
    Counted,
    IdentityKind,
    InboundMessage,
    InboundStatus,
    Item,
    MessageKind,
    MessageState,
)
from core.outbound import OutcomeUnknown, SendFailed
from core.testing.providers.android_sms import AndroidSmsSimulator
from core.testing.providers.android_sms_bodies import DEVICE, event, received, told
from plugins.channels.sms.android.adapter import AndroidSmsAdapter
from plugins.channels.sms.android.parse import EVENTS
from plugins.channels.sms.android.settings import AndroidSettings
from tests.channels.cloud_account import local_client
from tests.channels.sms_account import phone_account

ANI = "+6281234567890"
ADDRESS = Address(IdentityKind.PHONE, ANI)
URL = "https://sapa.example/webhooks/x"


@pytest.fixture
def gateway() -> Iterator[AndroidSmsSimulator]:
    with AndroidSmsSimulator(needs_https=True) as simulator:
        yield simulator


def read(document: dict[str, Any], **settings: str) -> Item:
    body = json.dumps(document).encode()
    AndroidSmsAdapter().check(body)
    account = phone_account()
    account = replace(account, settings={**account.settings, **settings})
    (item,) = AndroidSmsAdapter().parse(account, body)
    return item


def send(gateway: AndroidSmsSimulator, **fields: Any) -> str:
    settings = {**phone_account(gateway.api_url).settings, **fields.pop("settings", {})}
    values: dict[str, Any] = {"to": ADDRESS, "kind": MessageKind.TEXT, "text": "Halo"}
    message = OutboundMessage(**{"opaque": "o-1"} | values | fields)
    account = phone_account(settings=settings)
    return AndroidSmsAdapter().send(account, message, local_client()).provider_id


def refusal(gateway: AndroidSmsSimulator, **fields: Any) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(gateway, **fields)
    return failed.value


def test_a_text_s_id_is_made_of_phone_sender_time_and_text() -> None:
    raw = received("081234567890", "Ya", receivedAt="2026-11-01T16:00:00.000+07:00")
    first = read(event("sms:received", raw))
    assert isinstance(first, InboundMessage)
    assert (first.addresses, first.text) == ((ADDRESS,), "Ya")
    ids = {first.provider_id}
    for other in (
        event("sms:received", raw),
        event("sms:received", raw | {"messageId": "another"}),
    ):
        again = read(other)
        assert isinstance(again, InboundMessage)
        ids.add(again.provider_id)
    assert len(ids) == 1
    for other in (
        event("sms:received", raw | {"receivedAt": "2026-11-01T16:00:01.000+07:00"}),
        event("sms:received", raw | {"message": "Tidak"}),
        event("sms:received", raw | {"sender": "+6281299999999"}),
        event("sms:received", raw, device="another"),
    ):
        found = read(other)
        assert isinstance(found, InboundMessage)
        ids.add(found.provider_id)
    assert len(ids) == 5


def test_an_older_app_names_the_sender_otherwise() -> None:
    raw = received(ANI, "Halo")
    del raw["sender"], raw["recipient"]
    item = read(event("sms:received", raw))
    assert isinstance(item, InboundMessage)
    assert item.addresses == (ADDRESS,)


def test_an_mms_is_a_placeholder_with_what_is_known() -> None:
    raw = {"sender": ANI, "receivedAt": "2026-11-01T16:00:00Z", "subject": "Foto", "size": 5}
    item = read(event("mms:received", raw))
    assert isinstance(item, InboundMessage)
    assert (item.kind, item.text, item.raw) == (MessageKind.PLACEHOLDER, "Foto", raw)


@pytest.mark.parametrize("sender", ["INFOBANK", "777"])
def test_what_nobody_can_answer_makes_no_customer(sender: str) -> None:
    assert read(event("sms:received", received(sender, "Kode 123"))) == Counted("no_person")


def test_another_phone_and_another_sim_are_only_counted() -> None:
    raw = event("sms:received", received(ANI, "Halo", simNumber=2))
    assert read(raw, device_id="another") == Counted("other_device")
    assert read(raw, sim_number="1") == Counted("other_sim")
    assert isinstance(read(raw, device_id=DEVICE, sim_number="2"), InboundMessage)
    assert read(event("system:ping", {})) == Counted("system_ping")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("sms:sent", MessageState.SENT),
        ("sms:delivered", MessageState.DELIVERED),
        ("sms:failed", MessageState.FAILED),
        ("sms:cancelled", MessageState.FAILED),
    ],
)
def test_an_event_says_how_far_a_message_got(name: str, state: MessageState) -> None:
    item = read(told(name, "o-1", ANI, "RESULT_ERROR_GENERIC_FAILURE"))
    assert isinstance(item, InboundStatus)
    assert (item.provider_id, item.opaque, item.state) == ("o-1", "o-1", state)


@pytest.mark.parametrize(
    ("reason", "error_class", "words"),
    [
        ("RESULT_ERROR_LIMIT_EXCEEDED", "channel", "slow down"),
        ("RESULT_ERROR_GENERIC_FAILURE", "channel", "balance"),
        ("Can't send message: No SIMs found", "channel", "SIM"),
        ("RESULT_ERROR_FDN_CHECK_FAILURE", "recipient", "fixed"),
        ("RESULT_ODD", "payload", "RESULT_ODD"),
        ("", "payload", "no reason"),
    ],
)
def test_a_failure_has_its_class_and_a_sentence(reason: str, error_class: str, words: str) -> None:
    item = read(told("sms:failed", "o-1", ANI, reason))
    assert isinstance(item, InboundStatus)
    assert item.error_class == error_class
    assert words in item.error_reason


def test_a_text_goes_under_our_own_id(gateway: AndroidSmsSimulator) -> None:
    assert send(gateway, text="Halo ✓") == "o-1"
    assert gateway.sent[0].body == {
        "id": "o-1",
        "textMessage": {"text": "Halo ✓"},
        "phoneNumbers": [ANI],
        "withDeliveryReport": True,
    }
    send(gateway, opaque="o-2", settings={"device_id": DEVICE, "sim_number": "2"})
    body = gateway.sent[1].body
    assert (body["deviceId"], body["simNumber"]) == (DEVICE, 2)


def test_a_repeated_attempt_is_one_text(gateway: AndroidSmsSimulator) -> None:
    gateway.hang_next(is_processed=True)
    with pytest.raises(OutcomeUnknown):
        send(gateway)
    assert send(gateway) == "o-1"
    assert len(gateway.sent) == 1


@pytest.mark.parametrize(
    ("fields", "error_class", "code"),
    [
        ({"text": "x" * 1531}, "payload", "too_long"),
        ({"kind": MessageKind.IMAGE, "media_bytes": b"x"}, "payload", "kind"),
        ({"template": OutboundTemplate("halo", "id")}, "payload", "kind"),
        ({"to": Address(IdentityKind.EMAIL, "a@b.c")}, "recipient", "address"),
    ],
)
def test_what_can_t_go_is_refused_before_the_call(
    gateway: AndroidSmsSimulator, fields: dict[str, Any], error_class: str, code: str
) -> None:
    failed = refusal(gateway, **fields)
    assert (failed.error_class, failed.code) == (error_class, code)
    assert gateway.calls == []


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, "payload"),
        (401, "channel"),
        (403, "channel"),
        (404, "channel"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
def test_a_refusal_has_its_class(
    gateway: AndroidSmsSimulator, status: int, error_class: str
) -> None:
    gateway.fail_next(status=status)
    failed = refusal(gateway)
    assert failed.error_class == error_class
    assert failed.reason


def test_no_number_is_the_recipient_s(gateway: AndroidSmsSimulator) -> None:
    failed = refusal(gateway, to=Address(IdentityKind.PHONE, "+0"))
    assert failed.error_class == "recipient"


def subscribe(gateway: AndroidSmsSimulator, url: str = URL) -> None:
    AndroidSmsAdapter().subscribe(phone_account(gateway.api_url), url, local_client())


def test_every_event_is_registered_once_and_taken_away(gateway: AndroidSmsSimulator) -> None:
    gateway.webhooks["theirs"] = {"id": "theirs", "url": "https://x/", "event": "sms:received"}
    subscribe(gateway)
    subscribe(gateway)
    ours = [row for row in gateway.webhooks.values() if row["url"] == URL]
    assert sorted(row["event"] for row in ours) == sorted(EVENTS)
    assert all(len(row["id"]) <= 36 for row in ours)
    AndroidSmsAdapter().unsubscribe(phone_account(gateway.api_url), URL, local_client())
    assert list(gateway.webhooks) == ["theirs"]


def test_an_older_app_works_without_the_later_events(gateway: AndroidSmsSimulator) -> None:
    gateway.known_events = ("sms:received", "sms:sent", "sms:delivered", "sms:failed")
    subscribe(gateway)
    assert len(gateway.webhooks) == 4
    with pytest.raises(SendFailed) as failed:
        subscribe(gateway, "http://127.0.0.1/webhooks/x")
    assert "SAPA_BASE_URL" in failed.value.reason


def findings(gateway: AndroidSmsSimulator, **settings: str) -> list[Finding]:
    account = phone_account(gateway.api_url)
    account = replace(account, settings={**account.settings, **settings})
    return list(AndroidSmsAdapter().check_connection(account, URL, local_client()))


def test_the_test_of_a_connection_says_what_is_wrong(gateway: AndroidSmsSimulator) -> None:
    assert [finding.is_good for finding in findings(gateway)] == [True, True, False]
    subscribe(gateway)
    assert [finding.is_good for finding in findings(gateway)] == [True, True, True]
    assert "Device ID" in findings(gateway, device_id="another")[1].advice
    gateway.devices[0]["lastSeen"] = "2026-01-01T00:00:00Z"
    assert "battery" in findings(gateway)[1].advice
    gateway.is_local = True
    assert len(findings(gateway)) == 2
    gateway.password = "another"
    (finding,) = findings(gateway)
    assert "Home tab" in finding.advice


FORM = {
    "own_number": "+62 812-3456-7890",
    "username": "USER01",
    "password": " secret ",
    "signing_key": "key",
}


def test_D4_the_form_keeps_the_number_with_its_prefix_and_hides_secrets() -> None:
    settings = AndroidSettings(**FORM)  # type: ignore[arg-type]  # as typed
    assert settings.own_number == ANI
    assert settings.password.get_secret_value() == "secret"
    assert "secret" not in repr(settings).replace("SecretStr", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("own_number", "081234567890"),
        ("username", "a:b"),
        ("password", ""),
        ("signing_key", " "),
        ("api_url", "192.168.1.5:8080"),
        ("sim_number", "4"),
    ],
)
def test_D4_the_form_refuses_with_its_field_named(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AndroidSettings(**FORM | {field: value})  # type: ignore[arg-type]
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
