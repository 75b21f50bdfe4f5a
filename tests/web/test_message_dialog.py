"""The message dialog beside a phone number (D11)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.models import Channel, ChannelState, Conversation, Customer, Message
from core.services import customers
from core.services.tenants import RoleName
from tests.web.installation import Shop, install, open_shop
from tests.web.test_inbox import post


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("dialog")), "melati")
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
