"""Both kinds of SMS in a whole installation: set up by themselves, a talk, receipts, STOP."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.inbound import MessageState
from core.models import Attachment, AttachmentState, Channel, Consent, Contact, Message
from core.services.message_dialog import addressee, senders
from core.testing.providers.android_sms import AndroidSmsSimulator
from core.testing.providers.android_sms_bodies import OWN as PHONE
from core.testing.providers.android_sms_bodies import event, received, told
from core.testing.providers.twilio import TOKEN, TwilioSimulator
from core.testing.providers.twilio_bodies import (
    ACCOUNT_SID,
    OWN,
    Form,
    encoded,
    inbound,
    status,
)
from plugins.channels.sms.android.parse import EVENTS
from tests.channels.channel_house import ConnectedLine, Home, channel_of, connect

ANI = "+6281234567890"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home.make(tmp_path_factory.mktemp("sms"), "plugins.channels.sms.plugin")


class Rented:
    """A number at Twilio."""

    def __init__(self, line: ConnectedLine, twilio: TwilioSimulator) -> None:
        self.line, self.twilio = line, twilio

    def post(self, form: Form) -> int:
        body = encoded(form)
        return self.line.post(body, self.twilio.sign(body, self.twilio.number["sms_url"]))


@pytest.fixture
def rented(home: Home) -> Iterator[Rented]:
    with TwilioSimulator() as twilio, home.house() as house:
        values = {
            "own_number": OWN,
            "account_sid": ACCOUNT_SID,
            "auth_token": TOKEN,
            "api_url": twilio.url,
        }
        yield Rented(connect(house, "sms_twilio", values), twilio)


def test_a_talk_over_twilio_from_the_first_webhook_to_the_receipt(rented: Rented) -> None:
    assert rented.twilio.number["sms_url"] == f"https://sapa.example{rented.line.path}"
    form = inbound(ANI, "Halo")
    assert [rented.post(form), rented.post(form)] == [200, 200]
    (contact,) = rented.line.all(Contact)
    assert contact.phone == ANI
    sent = rented.line.answer()
    assert sent.state is MessageState.ACCEPTED
    assert rented.twilio.sent[0].form["StatusCallback"] == rented.twilio.number["sms_url"]
    for state in ("delivered", "sent"):
        rented.post(status(sent.provider_id or "", state, ANI))
    (found,) = rented.line.all(Message, Message.id == sent.id)
    assert found.state is MessageState.DELIVERED


def test_a_picture_of_an_mms_is_fetched_in_a_job(rented: Rented) -> None:
    url = rented.twilio.keep_file(b"a picture", "image/jpeg")
    rented.post(inbound(ANI, "Ini", (url, "image/jpeg")))
    (attachment,) = rented.line.all(Attachment)
    assert (attachment.state, attachment.size) == (AttachmentState.STORED, 9)


def test_who_said_STOP_to_twilio_is_opted_out_here(rented: Rented) -> None:
    rented.post(inbound(ANI, "Halo"))
    rented.twilio.opted_out.add(ANI)
    failed = rented.line.answer()
    assert (failed.state, failed.error_code) == (MessageState.FAILED, "21610")
    (contact,) = rented.line.all(Contact)
    assert (contact.consent, contact.consent_by) == (Consent.OUT, "provider")
    rented.post(inbound(ANI, "Lanjut", OptOutType="START"))
    assert rented.line.all(Contact)[0].consent is Consent.UNKNOWN


def test_D11_an_unknown_number_is_not_offered_sms(rented: Rented) -> None:
    with rented.line.house.tenant() as session:
        (choice,) = senders(session, addressee(session, "+6281200000099"))
        assert "module that may use SMS" in choice.reason


def test_a_number_of_another_account_stops_the_channel(rented: Rented, home: Home) -> None:
    rented.twilio.has_number = False
    values = {
        "own_number": "+40721234567",
        "account_sid": ACCOUNT_SID,
        "auth_token": TOKEN,
        "api_url": rented.twilio.url,
    }
    with rented.line.house.tenant() as session:
        session.get_one(Channel, rented.line.channel_id).name = "First"
    other = connect(rented.line.house, "sms_twilio", values)
    assert "+40721234567 is no number" in channel_of(other).reason


@pytest.fixture
def gateway() -> Iterator[AndroidSmsSimulator]:
    with AndroidSmsSimulator(needs_https=True) as simulator:
        yield simulator


def test_a_talk_over_an_own_phone(home: Home, gateway: AndroidSmsSimulator) -> None:
    with home.house() as house:
        values = {
            "own_number": PHONE,
            "username": gateway.username,
            "password": gateway.password,
            "signing_key": gateway.signing_key,
            "api_url": gateway.api_url,
        }
        line = connect(house, "sms_android", values)
        assert {row["event"] for row in gateway.webhooks.values()} == set(EVENTS)

        def post(document: dict[str, object]) -> int:
            body = json.dumps(document).encode()
            return line.post(body, gateway.sign(body))

        raw = received("081234567890", "Halo")
        for again in (event("sms:received", raw), event("sms:received", raw)):
            assert post(again) == 200
        assert [each.body for each in line.all(Message)] == ["Halo"]
        sent = line.answer()
        assert gateway.sent[0].id == str(sent.uuid) == sent.provider_id
        post(told("sms:delivered", gateway.sent[0].id, ANI))
        assert line.all(Message, Message.id == sent.id)[0].state is MessageState.DELIVERED
        lost = line.answer("Lagi")
        post(told("sms:failed", gateway.sent[1].id, ANI, "RESULT_ERROR_GENERIC_FAILURE"))
        (failed,) = line.all(Message, Message.id == lost.id)
        assert (failed.state, "balance" in failed.error_reason) == (MessageState.FAILED, True)
