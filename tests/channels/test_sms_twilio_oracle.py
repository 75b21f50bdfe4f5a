"""Twilio's own package: its validator beside ours and our simulator's, its client at our API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from core.adapter import WebhookRequest
from core.testing.providers.twilio import ACCOUNT_SID, OWN, TOKEN, TwilioSimulator
from core.testing.providers.twilio_bodies import encoded, inbound, status
from plugins.channels.sms.twilio.adapter import TwilioSmsAdapter
from tests.channels.sms_account import twilio_account

ANI = "+6281234567890"
ADDRESSES = (
    "https://sapa.example/webhooks/x",
    "https://sapa.example:443/webhooks/x",
    "https://sapa.example:8443/webhooks/x?a=b%20c",
    "http://sapa.example/webhooks/x",
)
FORMS = (
    inbound(ANI, "Halo & selamat = datang + ✓ é"),
    inbound(ANI, "", ("https://api.twilio.com/ME1", "image/jpeg"), Empty=""),
    status("SM1", "delivered", ANI),
)


class ToSimulator(TwilioHttpClient):
    """Sends what is meant for Twilio to the simulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(method, self._url + urlsplit(url).path, *args, **more)


@pytest.fixture
def twilio() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as simulator:
        yield simulator


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize("form", FORMS)
def test_their_validator_and_ours_agree(
    twilio: TwilioSimulator, url: str, form: dict[str, str]
) -> None:
    theirs = RequestValidator(TOKEN)
    body = encoded(form)
    simulated = twilio.sign(body, url)["X-Twilio-Signature"]
    assert theirs.validate(url, form, simulated)
    for signed in (url, url.replace("sapa.example/", "sapa.example:443/")):
        headers = {"x-twilio-signature": theirs.compute_signature(signed, form)}
        if signed != url and not url.startswith("https://sapa.example/"):
            continue
        TwilioSmsAdapter().verify(twilio_account(), WebhookRequest("POST", url, headers, {}, body))
    assert not theirs.validate(url + "x", form, simulated)


def test_their_client_sends_and_is_refused(twilio: TwilioSimulator) -> None:
    client = Client(ACCOUNT_SID, TOKEN, http_client=ToSimulator(twilio.url))
    sent = client.messages.create(to=ANI, from_=OWN, body="Halo", status_callback="https://x/y")
    assert (sent.sid, sent.status) == (twilio.sent[0].sid, "queued")
    assert twilio.sent[0].form["StatusCallback"] == "https://x/y"
    for to, code in (("nobody", 21211), ("+6281", 21211)):
        with pytest.raises(TwilioRestException) as refused:
            client.messages.create(to=to, from_=OWN, body="Halo")
        assert refused.value.code == code
    twilio.opted_out.add(ANI)
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=ANI, from_=OWN, body="Halo")
    assert refused.value.code == 21610
    twilio.token = "another"
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=ANI, from_=OWN, body="Halo")
    assert (refused.value.code, refused.value.status) == (20003, 401)
