"""What Twilio's forms mean, what reaches its API, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from core.adapter import (
    Finding,
    OutboundMessage,
    OutboundTemplate,
    SignatureRefused,
    WebhookRequest,
)
from core.inbound import (
    Address,
    Counted,
    IdentityKind,
    InboundMessage,
    InboundStatus,
    Item,
    Media,
    MessageKind,
    MessageState,
    WishTold,
)
from core.outbound import SendFailed
from core.testing.providers.twilio import OWN, TOKEN, TwilioSimulator
from core.testing.providers.twilio_bodies import ACCOUNT_SID, encoded, inbound, status
from plugins.channels.sms.twilio.adapter import TwilioSmsAdapter
from plugins.channels.sms.twilio.settings import TwilioSettings
from tests.channels.cloud_account import local_client
from tests.channels.sms_account import twilio_account

ANI = "+6281234567890"
URL = twilio_account().webhook_url
ADDRESS = Address(IdentityKind.PHONE, ANI)


@pytest.fixture
def twilio() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as simulator:
        yield simulator


def read(form: dict[str, str]) -> list[Item]:
    body = encoded(form)
    TwilioSmsAdapter().check(body)
    return list(TwilioSmsAdapter().parse(twilio_account(), body))


def read_one(form: dict[str, str]) -> InboundMessage:
    (item,) = read(form)
    assert isinstance(item, InboundMessage)
    return item


def send(twilio: TwilioSimulator, **fields: Any) -> str:
    account = fields.pop("account", None) or twilio_account(twilio.url)
    values: dict[str, Any] = {"to": ADDRESS, "kind": MessageKind.TEXT, "text": "Halo"}
    message = OutboundMessage(opaque="o", **values | fields)
    return TwilioSmsAdapter().send(account, message, local_client()).provider_id


def refusal(twilio: TwilioSimulator, **fields: Any) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(twilio, **fields)
    return failed.value


def test_a_text_and_an_mms_with_two_files() -> None:
    item = read_one(inbound(ANI, "Halo ✓", MessageSid="SM1"))
    assert (item.provider_id, item.addresses, item.text) == ("SM1", (ADDRESS,), "Halo ✓")
    files = (("https://api.twilio.com/a/ME1", "image/jpeg"), ("https://x/ME2", "audio/amr"))
    mms = read_one(inbound(ANI, "", *files))
    assert (mms.kind, [file.kind for file in mms.media]) == (
        MessageKind.IMAGE,
        [MessageKind.IMAGE, MessageKind.AUDIO],
    )
    assert mms.media[0].url == "https://api.twilio.com/a/ME1"


@pytest.mark.parametrize("sender", ["INFOBANK", "12345", "whatsapp:+6281234567890"])
def test_what_nobody_can_answer_makes_no_customer(sender: str) -> None:
    assert read(inbound(sender, "Kode 123456")) == [Counted("no_person")]


def test_a_number_without_its_prefix_is_read_by_the_channel_s_region() -> None:
    assert read_one(inbound("081234567890", "Halo")).addresses == (ADDRESS,)


def test_D2_a_shared_contact_is_only_counted() -> None:
    card = ("https://api.twilio.com/a/ME1", "text/x-vcard")
    assert read(inbound(ANI, "", card)) == [Counted("contacts")]
    assert read_one(inbound(ANI, "Ini Budi", card)).media == ()


def test_another_account_s_form_is_only_counted() -> None:
    assert read(inbound(ANI, "Halo", AccountSid="AC9")) == [Counted("other_account")]


@pytest.mark.parametrize(("word", "is_out"), [("STOP", True), ("START", False)])
def test_Twilio_s_own_opt_out_is_heard(word: str, is_out: bool) -> None:
    written, wish = read(inbound(ANI, word, OptOutType=word))
    assert isinstance(written, InboundMessage)
    assert isinstance(wish, WishTold)
    assert (wish.address, wish.is_out) == (ADDRESS, is_out)


@pytest.mark.parametrize(
    ("state", "meant"),
    [
        ("queued", MessageState.ACCEPTED),
        ("sending", MessageState.ACCEPTED),
        ("sent", MessageState.SENT),
        ("delivered", MessageState.DELIVERED),
        ("undelivered", MessageState.FAILED),
        ("failed", MessageState.FAILED),
    ],
)
def test_a_status_says_how_far_it_got(state: str, meant: MessageState) -> None:
    (item,) = read(status("SM1", state, ANI))
    assert isinstance(item, InboundStatus)
    assert (item.provider_id, item.state) == ("SM1", meant)
    assert read(status("SM1", "odd", ANI)) == [Counted("status")]


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        (30003, "recipient"),
        (30005, "recipient"),
        (30006, "recipient"),
        (30002, "channel"),
        (30007, "payload"),
        (99999, "payload"),
    ],
)
def test_a_failure_has_its_class(code: int, error_class: str) -> None:
    (item,) = read(status("SM1", "undelivered", ANI, code))
    assert isinstance(item, InboundStatus)
    assert (item.error_class, item.error_code) == (error_class, str(code))
    assert item.error_reason


def test_a_failure_after_STOP_is_an_opt_out_too() -> None:
    failed, wish = read(status("SM1", "failed", ANI, 21610))
    assert isinstance(failed, InboundStatus)
    assert isinstance(wish, WishTold)
    assert wish.is_out


def test_the_address_is_signed_too(twilio: TwilioSimulator) -> None:
    body = encoded(inbound(ANI, "Halo"))
    headers = {"x-twilio-signature": twilio.sign(body, URL)["X-Twilio-Signature"]}
    adapter, account = TwilioSmsAdapter(), twilio_account()
    adapter.verify(account, WebhookRequest("POST", URL, headers, {}, body))
    with pytest.raises(SignatureRefused):
        adapter.verify(account, WebhookRequest("POST", URL + "?a=b", headers, {}, body))
    for body in (b"\xff=1", b"a=1&" * 600):
        with pytest.raises(SignatureRefused):
            adapter.verify(account, WebhookRequest("POST", URL, headers, {}, body))


def test_a_text_goes_from_the_own_number_and_says_where_receipts_go(
    twilio: TwilioSimulator,
) -> None:
    assert send(twilio, text="Halo ✓") == twilio.sent[0].sid
    assert twilio.sent[0].form == {
        "To": ANI,
        "Body": "Halo ✓",
        "From": OWN,
        "StatusCallback": URL,
    }


def test_an_address_on_this_machine_is_no_reason_to_lose_a_message(
    twilio: TwilioSimulator,
) -> None:
    for url in ("http://127.0.0.1:8080/webhooks/x", "http://localhost/webhooks/x", ""):
        send(twilio, account=twilio_account(twilio.url, webhook_url=url))
    assert ["StatusCallback" in sent.form for sent in twilio.sent] == [False] * 3
    twilio.fail_next(status=400, code=21402, only="/IncomingPhoneNumbers/")
    with pytest.raises(SendFailed) as failed:
        TwilioSmsAdapter().subscribe(twilio_account(twilio.url), "http://x/", local_client())
    assert "SAPA_BASE_URL" in failed.value.reason


def test_a_messaging_service_takes_the_number_s_place(twilio: TwilioSimulator) -> None:
    account = twilio_account(twilio.url)
    settings = {**account.settings, "messaging_service_sid": "MG" + "0" * 32}
    send(twilio, account=replace(account, settings=settings))
    assert "From" not in twilio.sent[0].form


@pytest.mark.parametrize(
    ("fields", "error_class", "code"),
    [
        ({"text": "x" * 1601}, "payload", "too_long"),
        ({"kind": MessageKind.IMAGE, "media_bytes": b"x"}, "payload", "kind"),
        ({"template": OutboundTemplate("halo", "id")}, "payload", "kind"),
        ({"to": Address(IdentityKind.EMAIL, "a@b.c")}, "recipient", "address"),
    ],
)
def test_what_can_t_go_is_refused_before_the_call(
    twilio: TwilioSimulator, fields: dict[str, Any], error_class: str, code: str
) -> None:
    failed = refusal(twilio, **fields)
    assert (failed.error_class, failed.code) == (error_class, code)
    assert twilio.calls == []


@pytest.mark.parametrize(
    ("status_", "code", "error_class"),
    [
        (400, 21211, "recipient"),
        (400, 21614, "recipient"),
        (400, 21408, "recipient"),
        (400, 21610, "recipient"),
        (400, 21606, "channel"),
        (400, 21617, "payload"),
        (400, 99999, "payload"),
        (401, 20003, "channel"),
        (429, 20429, "retry"),
        (503, None, "retry"),
    ],
)
def test_a_refusal_has_its_class(
    twilio: TwilioSimulator, status_: int, code: int | None, error_class: str
) -> None:
    twilio.fail_next(status=status_, code=code)
    failed = refusal(twilio)
    assert (failed.error_class, failed.is_opt_out) == (error_class, code == 21610)
    assert failed.reason


def test_a_file_is_fetched_with_the_token_from_twilio_only(twilio: TwilioSimulator) -> None:
    adapter, http, account = TwilioSmsAdapter(), local_client(), twilio_account(twilio.url)
    url = twilio.keep_file(b"a picture", "image/jpeg")
    assert adapter.fetch_media(account, Media(MessageKind.IMAGE, url=url), http) == b"a picture"
    for elsewhere, error_class in (
        ("https://evil.example/Media/ME1", "payload"),
        (f"{twilio.url}.evil.example/ME1", "payload"),
        (f"{url}x", "payload"),
    ):
        with pytest.raises(SendFailed) as failed:
            adapter.fetch_media(account, Media(MessageKind.IMAGE, url=elsewhere), http)
        assert failed.value.error_class == error_class
    assert len(twilio.calls) == 2


def test_the_number_is_told_where_to_deliver_once(twilio: TwilioSimulator) -> None:
    adapter, http, account = TwilioSmsAdapter(), local_client(), twilio_account(twilio.url)
    adapter.subscribe(account, URL, http)
    adapter.subscribe(account, URL, http)
    assert twilio.number == {"sms_url": URL, "sms_method": "POST"}
    assert [call.method for call in twilio.calls] == ["GET", "POST", "GET"]
    adapter.unsubscribe(account, "https://elsewhere.example/", http)
    assert twilio.number["sms_url"] == URL
    adapter.unsubscribe(account, URL, http)
    assert twilio.number["sms_url"] == ""
    twilio.has_number = False
    with pytest.raises(SendFailed) as failed:
        adapter.subscribe(account, URL, http)
    assert (failed.value.error_class, OWN in failed.value.reason) == ("channel", True)


def findings(twilio: TwilioSimulator) -> list[Finding]:
    account = twilio_account(twilio.url)
    return list(TwilioSmsAdapter().check_connection(account, URL, local_client()))


def test_the_test_of_a_connection_says_what_is_wrong(twilio: TwilioSimulator) -> None:
    twilio.number["sms_url"] = URL
    assert [finding.is_good for finding in findings(twilio)] == [True] * 5
    twilio.number = {"sms_url": "", "capabilities": {"sms": False}}
    twilio.account = {"type": "Trial"}
    bad = [finding for finding in findings(twilio) if not finding.is_good]
    assert ["verified" in bad[0].advice, "SMS" in bad[1].advice, "Save" in bad[2].advice] == [
        True
    ] * 3
    twilio.has_number = False
    assert "Active numbers" in findings(twilio)[-1].advice
    twilio.account = {"status": "suspended"}
    assert "suspended" in findings(twilio)[1].advice
    twilio.token = "another"
    (finding,) = findings(twilio)
    assert "first page" in finding.advice
    assert twilio.sent == []


def test_the_balance_is_a_fact(twilio: TwilioSimulator) -> None:
    adapter, account = TwilioSmsAdapter(), twilio_account(twilio.url)
    (fact,) = adapter.read_facts(account, local_client())
    assert (fact.value, fact.is_bad) == ("12.35 USD", False)
    twilio.balance = "0.5"
    assert adapter.read_facts(account, local_client())[0].is_bad


FORM = {"own_number": "+62 812-3456-7890", "account_sid": ACCOUNT_SID, "auth_token": f" {TOKEN} "}


def test_D4_the_form_keeps_the_number_with_its_prefix_and_hides_the_token() -> None:
    settings = TwilioSettings(**FORM)  # type: ignore[arg-type]  # as typed
    assert settings.own_number == ANI
    assert settings.auth_token.get_secret_value() == TOKEN
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("own_number", "081234567890"),
        ("account_sid", "SK" + "0" * 32),
        ("auth_token", "  "),
        ("messaging_service_sid", "my service"),
        ("api_url", "ftp://x"),
    ],
)
def test_D4_the_form_refuses_with_its_field_named(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TwilioSettings(**FORM | {field: value})  # type: ignore[arg-type]
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
