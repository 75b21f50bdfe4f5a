"""android-sms-gateway, the app's own Python client, drives our gateway and reads our events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from android_sms_gateway import APIClient, Message, domain, enums, errors, webhooks

from core.testing.providers.android_sms import AndroidSmsSimulator
from core.testing.providers.android_sms_bodies import DEVICE, TIMES, event, received, told

ANI = "+6281234567890"


@pytest.fixture
def gateway() -> Iterator[AndroidSmsSimulator]:
    with AndroidSmsSimulator(needs_https=True) as simulator:
        yield simulator


def client(gateway: AndroidSmsSimulator) -> APIClient:
    return APIClient(gateway.username, gateway.password, base_url=gateway.api_url)


def message(number: str = ANI) -> Message:
    text = domain.TextMessage("Halo")
    return Message(phone_numbers=[number], text_message=text, id="o-1")


def test_it_sends_and_asks_how_far_it_got(gateway: AndroidSmsSimulator) -> None:
    with client(gateway) as api:
        sent = api.send(message())
        assert (sent.id, sent.state) == ("o-1", enums.ProcessState.Pending)
        assert api.get_state("o-1").recipients[0].phone_number == ANI
    assert gateway.sent[0].body["textMessage"] == {"text": "Halo"}
    assert gateway.sent[0].body["withDeliveryReport"] is True


def test_it_registers_and_takes_away_webhooks(gateway: AndroidSmsSimulator) -> None:
    wanted = domain.Webhook(None, "https://x/y", enums.WebhookEvent.SMS_RECEIVED)
    with client(gateway) as api:
        made = api.create_webhook(wanted)
        assert [row.url for row in api.get_webhooks()] == ["https://x/y"]
        api.delete_webhook(made.id or "")
        assert api.get_webhooks() == []
        assert [device.id for device in api.list_devices()] == [DEVICE]


def test_it_understands_every_refusal(gateway: AndroidSmsSimulator) -> None:
    with client(gateway) as api:
        with pytest.raises(errors.BadRequestError):
            api.send(message("nobody"))
        api.send(message())
        with pytest.raises(errors.APIError):
            api.send(message())
        gateway.password = "another"
        with pytest.raises(errors.UnauthorizedError):
            api.send(message())


def test_our_events_are_theirs() -> None:
    read = webhooks.SmsReceivedPayload.from_dict(received(ANI, "Halo"))
    assert (read.sender, read.message, read.sim_number) == (ANI, "Halo", 1)
    assert read.received_at.tzinfo is not None
    for name in TIMES:
        assert enums.WebhookEvent(told(name, "o-1", ANI)["event"]).value == name
    assert enums.WebhookEvent(event("sms:received", {})["event"])
