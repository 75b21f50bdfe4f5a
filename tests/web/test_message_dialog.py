"""The message dialog beside a phone number (D11)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.errors import Refused
from core.models import Channel, ChannelState, Contact, Conversation, Customer, Message, Module
from core.models.base import now
from core.services import cards, channels, customers, message_dialog, plugins
from core.services.tenants import RoleName
from core.tenancy.session import TenantSession
from plugins import BUILTIN
from tests.web.installation import Shop, install, open_shop
from tests.web.test_inbox import post


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    everything = (*BUILTIN, "tests.web.text_messages")
    found = open_shop(install(tmp_path_factory.mktemp("dialog"), plugins=everything), "melati")
    found.hire("sari", RoleName.AGENT)
    found.hire("vera", RoleName.VIEWER)
    with found.desk.database.tenant(found.tenant_id) as session:
        customers.create_customer(session, name="Dewi Lestari", phone="081234567890")
    yield found
    found.desk.database.dispose()


def test_D11_the_button_stands_beside_a_number(shop: Shop) -> None:
    for address in ("/customerview/list/", "/contactview/list/"):
        page = shop.client("sari").get(address).text
        assert 'data-message="/message/?to=%2B6281234567890"' in page, address
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        customer_id = session.scalars(select(Customer.id)).one()
    shown = shop.client("sari").get(f"/customerview/show/{customer_id}").text
    assert "data-message=" in shown
    assert "data-message=" not in shop.client("vera").get("/customerview/list/").text
    assert shop.client("vera").get("/message/?to=%2B6281234567890").status_code == 403


def test_D11_the_dialog_offers_senders_and_says_why_not(shop: Shop) -> None:
    client = shop.client("sari")
    page = client.get("/message/?to=081234567890").text
    assert "Message Dewi Lestari" in page
    assert "Phone melati" in page
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.get_one(Channel, shop.channel_id).state = ChannelState.PAUSED
    try:
        page = client.get("/message/?to=081234567890").text
        assert "It is paused." in page
        assert "disabled" in page
        form = {"to": "081234567890", "channel": shop.channel_id, "text": "Halo"}
        refused = post(client, "/message/send", **form)
        assert (refused.status_code, refused.json["message"]) == (422, "It is paused.")
        assert list(refused.json["errors"]) == ["channel"]
    finally:
        with shop.desk.database.tenant(shop.tenant_id) as session:
            session.get_one(Channel, shop.channel_id).state = ChannelState.CONNECTED


def another(session: TenantSession, kind: str, number: str) -> Channel:
    """A second channel of the shop."""
    values = {"whatsapp_qr": {"own_number": number, "gateway_user": "", "gateway_password": None}}
    return channels.create_channel(
        session,
        kind=kind,
        name="Second",
        own_address=number,
        values=values.get(kind, {"phone_url": "http://127.0.0.1:1/", "secret": "s"}),
    )


@pytest.mark.parametrize(
    ("kind", "state", "said", "reason"),
    [
        ("whatsapp_qr", ChannelState.NEW, "", "No phone is paired with it yet."),
        ("whatsapp_qr", ChannelState.PAUSED, "Paused by a person.", "It is paused."),
        ("whatsapp_qr", ChannelState.BROKEN, "Logged out.", "It isn't connected. Logged out."),
        ("whatsapp_qr", ChannelState.CONNECTED, "", ""),
        ("simulator", ChannelState.NEW, "", ""),
        ("simulator", ChannelState.BROKEN, "Refused.", "It isn't connected. Refused."),
        ("texts", ChannelState.CONNECTED, "", "SMS goes to contacts with a card in a module"),
    ],
)
def test_D11_a_sender_says_why_not(
    shop: Shop, kind: str, state: ChannelState, said: str, reason: str
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        channel = another(session, kind, "+628119009001")
        channel.state, channel.reason = state, said
        session.flush()
        found = reason_against(session, channel, "+6281234567890")
        assert found[: len(reason)] == reason
        assert bool(found) is bool(reason)
        if not reason:
            assert "It is this number itself." in reason_against(session, channel, "+628119009001")
        session.rollback()


@pytest.mark.parametrize(("allows", "reason"), [(True, ""), (False, "SMS goes to contacts")])
def test_D11_sms_is_the_modules_to_allow(shop: Shop, allows: bool, reason: str) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        channel = another(session, "texts", "+628119009001")
        module = Module(name="Penjualan", allows_sms=allows)
        session.add(module)
        session.flush()
        contact = session.scalars(select(Contact)).first()
        assert contact is not None
        cards.open_card(session, module, contact)
        found = reason_against(session, channel, "+6281234567890")
        assert found[: len(reason)] == reason
        assert bool(found) is bool(reason)
        session.rollback()


def test_D11_a_plugin_that_is_off_sends_nothing(shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        channel = another(session, "texts", "+628119009001")
        plugins.disable(session, "texts")
        assert reason_against(session, channel, "+6281234567890").startswith("Its plugin is off.")
        plugins.enable(session, "texts")
        channel.kind = "pigeon"  # its plugin was uninstalled
        assert reason_against(session, channel, "+6281234567890").startswith("Its plugin is off.")
        channel.archived_at = now()
        session.flush()
        to = message_dialog.addressee(session, "+6281234567890")
        assert channel not in [choice.channel for choice in message_dialog.senders(session, to)]
        session.rollback()


def reason_against(session: TenantSession, channel: Channel, number: str) -> str:
    """Why the dialog doesn't offer the channel, and a post over it is refused; "" where it may."""
    to = message_dialog.addressee(session, number)
    found = {choice.channel.id: choice.reason for choice in message_dialog.senders(session, to)}
    reason = found[channel.id]
    if not reason:
        assert message_dialog.sender(session, to, channel.id) is channel
        return ""
    with pytest.raises(Refused) as refused:
        message_dialog.sender(session, to, channel.id)
    assert refused.value.field == "channel"
    assert str(refused.value.message) == str(reason)
    return str(reason)


def test_D11_free_text_goes_over_the_chosen_sender(shop: Shop) -> None:
    client = shop.client("sari")
    form = {"to": "0812 3456 7890", "channel": shop.channel_id, "text": "Selamat pagi"}
    answer = post(client, "/message/send", **form)
    assert answer.status_code == 200
    assert "Open the conversation" in answer.text
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        message = session.scalars(select(Message)).one()
        assert (message.body, message.author_id) == ("Selamat pagi", shop.members["sari"])
        assert message.channel_id == shop.channel_id
        assert f"/inbox/{message.conversation_id}/" in answer.text
        assert len(session.scalars(select(Conversation)).all()) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": " "}, "text"),
        ({"channel": "999"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"to": "6282114****32"}, "to"),
        ({"to": "x"}, "to"),
        ({"template": "999"}, "template"),
    ],
)
def test_D11_a_refusal_names_the_field(shop: Shop, change: dict[str, str], field: str) -> None:
    form = {"to": "081234567890", "channel": str(shop.channel_id), "text": "Halo", **change}
    refused = post(shop.client("sari"), "/message/send", **form)
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == [field]


def test_D11_an_address_is_written_to_over_a_mailbox_with_a_subject(shop: Shop) -> None:
    client = shop.client("sari")
    page = client.get("/message/?to=ani@pembeli.example").text
    assert "No mailbox is connected here." in page
    values = {
        "own_address": "shop@toko.example",
        "password": "rahasia",
        "imap_host": "mail.toko.example",
        "smtp_host": "mail.toko.example",
    }
    with shop.desk.database.tenant(shop.tenant_id) as session:
        channel = channels.create_channel(session, kind="email", name="Toko", values=values)
        channel_id = channel.id
    page = client.get("/message/?to=ani@pembeli.example").text
    assert 'name="subject"' in page
    assert "Phone melati" not in page
    assert "It is this address itself." in client.get("/message/?to=Shop@toko.example").text
    form = {"to": "ani@pembeli.example", "channel": channel_id, "text": "Sudah ada."}
    long = post(client, "/message/send", **form, subject="x" * 201)
    assert (long.status_code, list(long.json["errors"])) == (422, ["subject"])
    assert post(client, "/message/send", **form, subject="Kaos merah").status_code == 200
    assert post(client, "/message/send", **form | {"to": "bukan@"}).status_code == 422
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        message = session.scalars(select(Message).where(Message.channel_id == channel_id)).one()
        assert (message.subject, message.body) == ("Kaos merah", "Sudah ada.")
        assert message.contact.email == "ani@pembeli.example"
