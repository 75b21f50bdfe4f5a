"""What we send to the Graph API, and what its refusals mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.adapter import OutboundMessage, OutboundTemplate
from core.inbound import Address, IdentityKind, Media, MessageKind
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_rules import Template
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import cloud_account

ANI = Address(IdentityKind.PHONE, "+6281234567890")


def outbound(kind: MessageKind = MessageKind.TEXT, **fields: Any) -> OutboundMessage:
    return OutboundMessage(**({"to": ANI, "opaque": "our-id", "kind": kind} | fields))


def send(meta: CloudSimulator, http: OutboundClient, message: OutboundMessage) -> Any:
    """Send and return the payload that Meta got."""
    accepted = WhatsAppCloudAdapter().send(cloud_account(meta.url), message, http)
    assert accepted.provider_id == meta.sent[-1].wamid
    return meta.sent[-1].payload


def refusal(meta: CloudSimulator, http: OutboundClient, message: OutboundMessage) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        WhatsAppCloudAdapter().send(cloud_account(meta.url), message, http)
    return failed.value


def test_a_text_to_a_phone(meta: CloudSimulator, http: OutboundClient) -> None:
    assert send(meta, http, outbound(text="Halo", reply_to="wamid.0")) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "6281234567890",
        "type": "text",
        "text": {"body": "Halo"},
        "context": {"message_id": "wamid.0"},
        "biz_opaque_callback_data": "our-id",
    }
    assert meta.calls[-1].path == "/v25.0/106540352242922/messages"


def test_a_bsuid_is_a_recipient(meta: CloudSimulator, http: OutboundClient) -> None:
    payload = send(meta, http, outbound(to=Address(IdentityKind.BSUID, "ID.77"), text="Halo"))
    assert payload["recipient"] == "ID.77"
    assert "to" not in payload


def test_an_address_of_another_channel_is_refused(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    message = outbound(to=Address(IdentityKind.EMAIL, "ani@example.org"), text="Halo")
    assert refusal(meta, http, message).error_class == "recipient"
    assert meta.calls == []


def test_a_template_with_its_variables(meta: CloudSimulator, http: OutboundClient) -> None:
    meta.templates = [Template("order_paid", "id", variables=2)]
    template = OutboundTemplate("order_paid", "id", ("Ani", "Rp 10.000"))
    payload = send(meta, http, outbound(MessageKind.TEMPLATE, template=template))
    assert payload["template"] == {
        "name": "order_paid",
        "language": {"code": "id"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "Ani"},
                    {"type": "text", "text": "Rp 10.000"},
                ],
            }
        ],
    }
    for wrong in (
        OutboundTemplate("order_paid", "en"),
        OutboundTemplate("order_paid", "id", ("",)),
    ):
        failed = refusal(meta, http, outbound(MessageKind.TEMPLATE, template=wrong))
        assert failed.error_class == "payload"


def test_a_reaction_and_its_removal(meta: CloudSimulator, http: OutboundClient) -> None:
    payload = send(meta, http, outbound(reaction_to="wamid.0", text="👍", reply_to="wamid.9"))
    assert payload["reaction"] == {"message_id": "wamid.0", "emoji": "👍"}
    assert "context" not in payload
    assert send(meta, http, outbound(reaction_to="wamid.0"))["reaction"]["emoji"] == ""


def test_a_file_is_uploaded_and_sent_by_id(meta: CloudSimulator, http: OutboundClient) -> None:
    message = outbound(
        MessageKind.DOCUMENT,
        text="Faktur",
        media=Media(MessageKind.DOCUMENT, mime_type="application/pdf"),
        media_bytes=b"%PDF-1.7",
        media_name="faktur.pdf",
    )
    document = send(meta, http, message)["document"]
    assert document["caption"] == "Faktur"
    assert document["filename"] == "faktur.pdf"
    file = meta.files[document["id"]]
    assert (file.content, file.mime_type) == (b"%PDF-1.7", "application/pdf")


def test_a_file_that_meta_holds_is_not_uploaded_again(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    media_id = meta.keep_file(b"jpeg", "image/jpeg")
    message = outbound(MessageKind.IMAGE, media=Media(MessageKind.IMAGE, provider_id=media_id))
    assert send(meta, http, message)["image"] == {"id": media_id}
    assert len(meta.calls) == 1


def test_an_upload_without_an_answer_may_be_repeated(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    meta.hang_next(only="/media")
    message = outbound(MessageKind.IMAGE, media_bytes=b"jpeg")
    assert refusal(meta, http, message).error_class == "retry"
    assert meta.sent == []


@pytest.mark.parametrize(
    "message",
    [
        outbound(text="x" * 4097),
        outbound(MessageKind.IMAGE, media_bytes=b"x", text="x" * 1025),
        outbound(MessageKind.IMAGE, media_bytes=b"x" * (5 * 1024 * 1024 + 1)),
        outbound(MessageKind.AUDIO, media_bytes=b"x", text="a caption"),
        outbound(MessageKind.IMAGE),
        outbound(MessageKind.NOTE, text="internal"),
        outbound(MessageKind.PLACEHOLDER),
    ],
)
def test_what_meta_would_refuse_is_refused_here(
    meta: CloudSimulator, http: OutboundClient, message: OutboundMessage
) -> None:
    failed = refusal(meta, http, message)
    assert failed.error_class == "payload"
    assert meta.calls == []


@pytest.mark.parametrize(
    ("code", "status", "error_class"),
    [
        *((code, 400, "retry") for code in (4, 80007, 130429, 131056, 131016, 131000)),
        (131047, 400, "template"),
        *((c, 400, "recipient") for c in (131026, 131021, 131030, 131050, 131062, 131049, 130472)),
        *((code, 400, "channel") for code in (0, 10, 190, 200, 250, 299, 368, 131031, 131042)),
        (131048, 400, "channel"),
        *((c, 400, "payload") for c in (132000, 132001, 132005, 132007, 132008, 132012)),
        *((code, 400, "payload") for code in (132015, 132016, 131052, 131053, 100)),
        (987654, 400, "payload"),
        (987654, 403, "channel"),
        (987654, 429, "retry"),
        (987654, 500, "retry"),
    ],
)
def test_each_code_has_its_class(
    meta: CloudSimulator, http: OutboundClient, code: int, status: int, error_class: str
) -> None:
    meta.fail_next(status=status, code=code)
    failed = refusal(meta, http, outbound(text="Halo"))
    assert (failed.error_class, failed.code) == (error_class, str(code))
    assert failed.reason


def test_the_pair_rate_has_its_pause(meta: CloudSimulator, http: OutboundClient) -> None:
    meta.fail_next(status=400, code=131056)
    assert refusal(meta, http, outbound(text="Halo")).retry_after == 6


def test_a_number_that_the_token_may_not_use_stops_the_channel(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    body = b'{"error": {"message": "no such object", "code": 100, "error_subcode": 33}}'
    meta.garbage_next(body=body, status=400)
    assert refusal(meta, http, outbound(text="Halo")).error_class == "channel"


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_s_answer_is_unknown(
    meta: CloudSimulator, http: OutboundClient, status: int
) -> None:
    meta.garbage_next(status=status)
    with pytest.raises(OutcomeUnknown):
        WhatsAppCloudAdapter().send(cloud_account(meta.url), outbound(text="Halo"), http)


def test_without_a_token_nothing_is_called(meta: CloudSimulator, http: OutboundClient) -> None:
    account = replace(cloud_account(meta.url), secrets={})
    with pytest.raises(SendFailed) as failed:
        WhatsAppCloudAdapter().send(account, outbound(text="Halo"), http)
    assert (failed.value.error_class, meta.calls) == ("channel", [])
