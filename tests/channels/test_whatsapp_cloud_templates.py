"""Meta's templates: fetched by pages, read as one text, sent part by part."""

from __future__ import annotations

import pytest

from core.adapter import OutboundMessage, OutboundTemplate
from core.inbound import Address, IdentityKind, MessageKind
from core.listed_templates import ListedTemplate, TemplateSlot, TemplateState
from core.outbound import OutboundClient, SendFailed
from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_rules import Template
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import cloud_account

WHOLE = (
    {"type": "HEADER", "format": "TEXT", "text": "Pesanan {{1}}"},
    {"type": "BODY", "text": "Halo {{2}}, resi {{1}}. {diskon}"},
    {"type": "FOOTER", "text": "Toko Melati"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Terima kasih"},
            {"type": "URL", "text": "Lacak", "url": "https://toko.example/{{1}}"},
        ],
    },
)


def listed(meta: CloudSimulator, http: OutboundClient) -> list[ListedTemplate]:
    pages = WhatsAppCloudAdapter().list_templates(cloud_account(meta.url), http)
    return [one for page in pages for one in page]


def test_all_pages_are_fetched(meta: CloudSimulator, http: OutboundClient) -> None:
    meta.templates = [Template(f"t{i}", "id", body=f"Nr {i}") for i in range(230)]
    assert [one.name for one in listed(meta, http)] == [f"t{i}" for i in range(230)]
    assert len(meta.calls) == 3
    assert {call.headers["host"] for call in meta.calls} == {meta.url.removeprefix("http://")}


def test_a_list_that_names_its_own_next_page_again_ends(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    page = b'{"data": [], "paging": {"cursors": {"after": "x"}, "next": "http://stranger/"}}'
    meta.garbage_next(50, body=page)
    assert listed(meta, http) == []
    assert len(meta.calls) == 2


def test_parts_are_one_text_and_each_variable_knows_its_place(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    meta.templates = [Template("shipped", "id", components=WHOLE, quality="GREEN")]
    (one,) = listed(meta, http)
    assert one.body == (
        "Pesanan {header_1}\n\nHalo {2}, resi {1}. (diskon)\n\nToko Melati\n\n"
        "[Terima kasih]\n\n[Lacak] https://toko.example/{button_1}"
    )
    assert one.variables == ("header_1", "1", "2", "button_1")
    assert one.slots == (
        TemplateSlot("header", 0),
        TemplateSlot("body", 0),
        TemplateSlot("body", 0),
        TemplateSlot("button", 1),
    )
    assert (one.state, one.obstacle, one.quality) == (TemplateState.APPROVED, "", "green")


def test_what_is_sent_stands_in_its_part(meta: CloudSimulator, http: OutboundClient) -> None:
    meta.templates = [Template("shipped", "id", variables=2, components=WHOLE)]
    (one,) = listed(meta, http)
    template = OutboundTemplate("shipped", "id", ("A-7", "JNE1", "Ani", "JNE1"), one.slots)
    message = OutboundMessage(
        to=Address(IdentityKind.PHONE, "+6281234567890"),
        opaque="our-id",
        kind=MessageKind.TEMPLATE,
        template=template,
    )
    WhatsAppCloudAdapter().send(cloud_account(meta.url), message, http)

    def words(*values: str) -> list[dict[str, str]]:
        return [{"type": "text", "text": value} for value in values]

    assert meta.sent[0].payload["template"]["components"] == [
        {"type": "header", "parameters": words("A-7")},
        {"type": "body", "parameters": words("JNE1", "Ani")},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": words("JNE1")},
    ]


def test_named_variables_are_sent_by_their_names(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    meta.templates = [
        Template("hi", "id", variables=2, is_named=True, body="Halo {{nama}}, {{resi}}")
    ]
    (one,) = listed(meta, http)
    assert one.variables == ("nama", "resi")
    template = OutboundTemplate("hi", "id", ("Ani", "JNE1"), one.slots)
    message = OutboundMessage(
        to=Address(IdentityKind.PHONE, "+6281234567890"),
        opaque="our-id",
        kind=MessageKind.TEMPLATE,
        template=template,
    )
    WhatsAppCloudAdapter().send(cloud_account(meta.url), message, http)
    (body,) = meta.sent[0].payload["template"]["components"]
    assert body["parameters"][0] == {"type": "text", "parameter_name": "nama", "text": "Ani"}


def test_values_that_fit_no_longer_are_refused_here(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    template = OutboundTemplate("hi", "id", ("Ani",), (TemplateSlot(), TemplateSlot()))
    message = OutboundMessage(
        to=Address(IdentityKind.PHONE, "+6281234567890"),
        opaque="our-id",
        kind=MessageKind.TEMPLATE,
        template=template,
    )
    with pytest.raises(SendFailed, match="fetch the templates again"):
        WhatsAppCloudAdapter().send(cloud_account(meta.url), message, http)
    assert meta.calls == []


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ({"type": "HEADER", "format": "IMAGE"}, "holds a file (image)"),
        ({"type": "CAROUSEL", "cards": []}, "carousel"),
        ({"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Salin"}]}, "otp"),
        ({"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Isi"}]}, "flow"),
    ],
)
def test_what_can_not_be_filled_in_is_said(
    meta: CloudSimulator, http: OutboundClient, part: dict[str, object], word: str
) -> None:
    meta.templates = [Template("x", "id", components=(part, {"type": "BODY", "text": "Halo"}))]
    (one,) = listed(meta, http)
    assert one.state is TemplateState.APPROVED
    assert word in one.obstacle


def test_a_row_that_can_not_be_read_costs_itself_only(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    meta.templates = [
        Template("good", "id", status="REJECTED", rejected_reason="PROMOTIONAL"),
        Template("empty", "id", components=({"type": "BODY", "text": ""},)),
    ]
    (one,) = listed(meta, http)
    assert (one.name, one.state, one.reason) == (
        "good",
        TemplateState.REJECTED,
        "Meta takes it for marketing.",
    )
