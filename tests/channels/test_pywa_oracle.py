"""pywa, a client by others, drives our simulated Graph API and reads the webhooks it makes.

pywa reads the first message of a body only, so each body here bears one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pywa import WhatsApp, errors, types, utils
from pywa.types.base_update import RawUpdate

from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_bodies import echo, error, media, message, status, text
from core.testing.providers.whatsapp_cloud_rules import Template
from tests.channels.cloud_account import NUMBERS

ANI = "6281234567890"


class ToSimulator(httpx.HTTPTransport):
    """Sends what is meant for Meta to the simulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = self._url
        request.url = request.url.copy_with(scheme="http", host=url.host, port=url.port)
        return super().handle_request(request)


@pytest.fixture
def wa(meta: CloudSimulator) -> Iterator[WhatsApp]:
    with httpx.Client(transport=ToSimulator(meta.url)) as session:
        yield WhatsApp(
            phone_id=NUMBERS.phone_number_id,
            waba_id=NUMBERS.waba_id,
            token=meta.access_token,
            app_secret=meta.app_secret,
            verify_token="a-word",
            session=session,
        )


def test_pywa_sends_a_text(wa: WhatsApp, meta: CloudSimulator) -> None:
    sent = wa.send_message(to=ANI, text="Halo", tracker="our-id", reply_to_message_id="wamid.0")
    assert sent.id == meta.sent[0].wamid
    assert meta.sent[0].opaque == "our-id"
    assert meta.sent[0].payload["context"] == {"message_id": "wamid.0"}


def test_pywa_sends_a_template(wa: WhatsApp, meta: CloudSimulator) -> None:
    meta.templates = [Template("order_paid", "id", variables=1)]
    body = types.templates.BodyText.params("Ani")
    language = types.templates.TemplateLanguage.INDONESIAN
    wa.send_template(to=ANI, name="order_paid", language=language, params=[body])
    assert meta.sent[0].payload["template"]["name"] == "order_paid"
    with pytest.raises(errors.TemplateNotExists):
        wa.send_template(to=ANI, name="unknown", language=language, params=[body])
    with pytest.raises(errors.TemplateParamCountMismatch):
        wa.send_template(to=ANI, name="order_paid", language=language, params=[])


def test_pywa_uploads_sends_and_fetches_a_file(wa: WhatsApp, meta: CloudSimulator) -> None:
    uploaded = wa.upload_media(media=b"jpeg", mime_type="image/jpeg", filename="a.jpg")
    wa.send_image(to=ANI, image=uploaded.id, caption="Ini")
    assert meta.sent[0].payload["image"] == {"id": uploaded.id, "caption": "Ini"}
    found = wa.get_media_url(media_id=uploaded.id)
    assert found.file_size == 4
    assert found.sha256 == meta.files[uploaded.id].sha256
    assert wa.get_media_bytes(url=found.url) == b"jpeg"


def test_pywa_understands_the_refusals(wa: WhatsApp, meta: CloudSimulator) -> None:
    for code, refused in (
        (130429, errors.RateLimitHit),
        (131047, errors.ReEngagementMessage),
        (190, errors.ExpiredAccessToken),
    ):
        meta.fail_next(status=400, code=code)
        with pytest.raises(refused):
            wa.send_message(to=ANI, text="Halo")
    assert meta.sent == []


def test_pywa_reads_the_number_and_the_templates(wa: WhatsApp, meta: CloudSimulator) -> None:
    meta.templates = [Template(f"t{i}", "id") for i in range(3)]
    assert wa.get_business_phone_number().display_phone_number == NUMBERS.display_phone_number
    names = [t["name"] for t in wa.api.get_templates(waba_id=NUMBERS.waba_id)["data"]]
    assert names == ["t0", "t1", "t2"]


def test_pywa_takes_our_signature_and_no_other(wa: WhatsApp, meta: CloudSimulator) -> None:
    body = b'{"object": "whatsapp_business_account", "entry": []}'
    signature = meta.sign(body)["X-Hub-Signature-256"]
    assert wa.webhook_update_validator(body, signature) is None
    assert wa.webhook_update_validator(body + b" ", signature) is not None
    assert utils.webhook_updates_validator(meta.app_secret, body, signature)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (text(ANI, "Halo", context={"from": "1", "id": "wamid.0"}), types.Message),
        (media(ANI, "image", "1", "Foto", sha256="x"), types.Message),
        (message(ANI, "reaction", {"message_id": "wamid.0", "emoji": "👍"}), types.Message),
        (message(ANI, "unsupported", errors=[error(131051)]), types.Message),
        (message(ANI, "revoke", {"original_message_id": "wamid.0"}), types.DeletedMessage),
        (
            message(
                ANI,
                "edit",
                {
                    "original_message_id": "wamid.0",
                    "message": {"type": "text", "text": {"body": "Baru"}},
                },
            ),
            types.EditedMessage,
        ),
        (
            message(
                ANI,
                "system",
                {"type": "user_changed_number", "wa_id": "628999", "body": "moved"},
            ),
            types.PhoneNumberChange,
        ),
    ],
)
def test_pywa_reads_our_messages(wa: WhatsApp, raw: dict[str, Any], kind: type) -> None:
    update = read(wa, NUMBERS.body(NUMBERS.messages(raw)))
    assert isinstance(update, kind)
    assert update.id == raw["id"]


def test_pywa_reads_our_statuses_and_echoes(wa: WhatsApp) -> None:
    failed = status("wamid.1", "failed", ANI, opaque="our-id", error=error(131026, "Undeliverable"))
    update = read(wa, NUMBERS.body(NUMBERS.statuses(failed)))
    assert isinstance(update, types.MessageStatus)
    assert update.tracker == "our-id"
    assert isinstance(update.error, errors.MessageUndeliverable)
    typed = echo(NUMBERS.display_phone_number, ANI, "Siap")
    update = read(wa, NUMBERS.body(NUMBERS.echoes(typed)))
    assert isinstance(update, types.OutgoingMessage)
    assert update.text == "Siap"


def read(wa: WhatsApp, body: dict[str, Any]) -> Any:
    """What pywa makes of a webhook."""
    raw = RawUpdate(json.dumps(body).encode(), hmac_header=None, update_hash="x")
    handler = wa._get_handler_type(raw)
    assert handler is not None
    return wa._handlers_to_updates[handler].from_update(client=wa, update=raw)
