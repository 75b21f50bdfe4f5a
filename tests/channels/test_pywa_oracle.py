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
MIMES = {
    "video": "video/mp4",
    "audio": "audio/mpeg",
    "document": "application/pdf",
    "sticker": "image/webp",
}


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


@pytest.mark.parametrize(
    ("kind", "mime_type", "more"),
    [
        ("image", "image/png", {"caption": "Ini"}),
        ("video", "video/mp4", {"caption": "Ini"}),
        ("audio", "audio/mpeg", {}),
        ("voice", "audio/ogg", {}),
        ("document", "application/pdf", {"filename": "faktur.pdf", "caption": "Faktur"}),
        ("sticker", "image/webp", {}),
    ],
)
def test_pywa_sends_files_of_every_kind(
    wa: WhatsApp, meta: CloudSimulator, kind: str, mime_type: str, more: dict[str, str]
) -> None:
    file = wa.upload_media(media=b"bytes", mime_type=mime_type, filename=more.get("filename", "a"))
    sent = getattr(wa, f"send_{kind}")(ANI, file.id, **more)
    payload = meta.sent[0].payload
    name = "audio" if kind == "voice" else kind
    assert (sent.id, payload["type"], payload[name]["id"]) == (meta.sent[0].wamid, name, file.id)
    assert payload[name].items() >= more.items()


def test_pywa_sends_a_file_by_its_bytes(wa: WhatsApp, meta: CloudSimulator) -> None:
    wa.send_document(ANI, b"%PDF", filename="a.pdf", mime_type="application/pdf")
    media_id = meta.sent[0].payload["document"]["id"]
    assert (meta.files[media_id].content, meta.files[media_id].filename) == (b"%PDF", "a.pdf")


def test_pywa_sends_what_has_no_file(wa: WhatsApp, meta: CloudSimulator) -> None:
    wa.send_location(ANI, latitude=-6.2, longitude=106.8, name="Toko")
    wa.send_contact(ANI, types.Contact(name=types.Contact.Name("Budi", first_name="Budi")))
    buttons = [types.Button("Ya", "yes"), types.Button("Tidak", "no")]
    wa.send_message(ANI, "Setuju?", buttons=buttons)
    assert [sent.payload["type"] for sent in meta.sent] == ["location", "contacts", "interactive"]


def test_pywa_reacts_takes_back_and_marks_as_read(wa: WhatsApp, meta: CloudSimulator) -> None:
    wa.send_reaction(ANI, emoji="👍", message_id="wamid.0")
    wa.remove_reaction(ANI, message_id="wamid.0")
    given, taken = (sent.payload["reaction"] for sent in meta.sent)
    assert given == {"message_id": "wamid.0", "emoji": "👍"}
    assert taken == {"message_id": "wamid.0", "emoji": ""}
    assert wa.mark_message_as_read("wamid.0")
    assert wa.indicate_typing("wamid.1")
    assert meta.read == ["wamid.0", "wamid.1"]
    assert len(meta.sent) == 2


def test_pywa_deletes_a_file(wa: WhatsApp, meta: CloudSimulator) -> None:
    media_id = meta.keep_file(b"jpeg", "image/jpeg")
    assert wa.delete_media(media_id)
    with pytest.raises(errors.WhatsAppError):
        wa.get_media_url(media_id)


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


def test_pywa_reads_templates_of_every_form(wa: WhatsApp, meta: CloudSimulator) -> None:
    url = {"type": "URL", "text": "Lacak", "url": "https://toko.example/{{1}}"}
    parts: tuple[dict[str, Any], ...] = (
        {"type": "HEADER", "format": "TEXT", "text": "Pesanan"},
        {"type": "BODY", "text": "Halo {{1}}", "example": {"body_text": [["Ani"]]}},
        {"type": "FOOTER", "text": "Toko"},
        {"type": "BUTTONS", "buttons": [url | {"example": ["https://toko.example/1"]}]},
    )
    meta.templates = [
        Template("shipped", "id", components=parts, quality="GREEN"),
        Template("refused", "id", status="REJECTED", rejected_reason="INVALID_FORMAT"),
        *(Template(f"t{i}", "id") for i in range(30)),
    ]
    found = list(wa.get_templates(waba_id=NUMBERS.waba_id))
    assert [template.name for template in found][:2] == ["shipped", "refused"]
    assert found[0].status is types.templates.TemplateStatus.APPROVED
    assert found[1].status is types.templates.TemplateStatus.REJECTED
    assert len(found[0].components) == 4


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
        *((media(ANI, kind, "1", mime_type=mime), types.Message) for kind, mime in MIMES.items()),
        (media(ANI, "audio", "1", mime_type="audio/ogg; codecs=opus"), types.Message),
        (message(ANI, "location", {"latitude": -6.2, "longitude": 106.8}), types.Message),
        (
            message(ANI, "contacts", [{"name": {"formatted_name": "B", "first_name": "B"}}]),
            types.Message,
        ),
        (
            message(
                ANI,
                "interactive",
                {"type": "button_reply", "button_reply": {"id": "yes", "title": "Ya"}},
                context={"from": "1", "id": "wamid.0"},
            ),
            types.CallbackButton,
        ),
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


@pytest.mark.parametrize("event", ["APPROVED", "REJECTED", "PAUSED", "DISABLED"])
def test_pywa_reads_our_decisions_on_templates(wa: WhatsApp, event: str) -> None:
    value = Template("order_paid", "id").update(event, "INVALID_FORMAT")
    update = read(wa, NUMBERS.body(NUMBERS.change("message_template_status_update", value)))
    assert isinstance(update, types.TemplateStatusUpdate)
    assert (update.template_name, update.new_status.name) == ("order_paid", event)


def read(wa: WhatsApp, body: dict[str, Any]) -> Any:
    """What pywa makes of a webhook."""
    raw = RawUpdate(json.dumps(body).encode(), hmac_header=None, update_hash="x")
    handler = wa._get_handler_type(raw)
    assert handler is not None
    return wa._handlers_to_updates[handler].from_update(client=wa, update=raw)
