"""Orders over REST, and what their page offers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.models import Contact, Conversation, Order, OrderStatus
from core.services import customers, orders
from core.services.tenants import RoleName
from tests.web.installation import Shop, install, open_shop, token_in

MOVES = ("place", "pay", "reverse", "estimate", "ship", "receive", "cancel", "reopen")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(tmp_path_factory.mktemp("orders"))
    found = open_shop(app, "melati")
    found.hire("budi", RoleName.AGENT)
    found.hire("agus", RoleName.WAREHOUSE)
    yield found
    found.desk.database.dispose()


class Caller:
    """A person's browser, which calls REST with the page's own token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = token_in(client.get("/profile/").get_data(as_text=True))

    def send(self, url: str, body: Any = None, method: str = "POST") -> TestResponse:
        headers = {"X-CSRFToken": self.token}
        return self.client.open(url, method=method, json=body or {}, headers=headers)

    def form(self, url: str, **values: Any) -> TestResponse:
        return self.client.post(url, data={"csrf_token": self.token, **values})


@pytest.fixture
def rina(shop: Shop) -> Caller:
    return Caller(shop.client("rina"))


@pytest.fixture
def contact_id(shop: Shop) -> int:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        return customers.create_customer(session, name="Dewi").contacts[0].id


def new_order(shop: Shop, contact_id: int) -> int:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = session.get_one(Contact, contact_id)
        return orders.create_order(session, contact, total=Decimal(100)).id


def stored(shop: Shop, pk: int) -> Order:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        found = session.get_one(Order, pk)
        session.expunge(found)
        return found


def test_B3_a_program_places_an_order_with_its_products(
    rina: Caller, shop: Shop, contact_id: int
) -> None:
    lines = [{"product": "Roses", "quantity": 12, "price": "15000"}, {"product": "Card"}]
    made = rina.send(
        "/api/v1/order/",
        {"contact": contact_id, "currency": "IDR", "lines": lines, "number": "W-1"},
    )
    assert made.status_code == 201, made.text
    shown = rina.client.get(f"/api/v1/order/{made.json['id']}").json["result"]
    assert [line["product"] for line in shown["lines"]] == ["Roses", "Card"]
    assert Decimal(shown["total"]) == 180000
    assert (shown["status"], shown["episode"], shown["source"]) == ("processing", 1, "api")


@pytest.mark.parametrize(
    "line",
    [
        {"product": ""},
        {"quantity": 1},
        {"product": "x", "quantity": 0},
        {"product": "x", "price": "-1"},
        {"product": "x", "price": "1e400"},
        {"product": "x\x00"},
        {"product": ["x"]},
        "x",
        7,
    ],
)
def test_a_wrong_product_is_told_by_its_place(rina: Caller, contact_id: int, line: Any) -> None:
    answer = rina.send(
        "/api/v1/order/", {"contact": contact_id, "lines": [{"product": "ok"}, line]}
    )
    assert answer.status_code == 422
    assert "lines" in answer.json["errors"]


def test_a_draft_is_placed_later(rina: Caller, contact_id: int) -> None:
    body = {"contact": contact_id, "total": 5, "currency": "IDR", "is_draft": True}
    pk = rina.send("/api/v1/order/", body).json["id"]
    assert rina.send(f"/api/v1/order/{pk}/pay").status_code == 422
    assert rina.send(f"/api/v1/order/{pk}/place").json["status"] == "processing"


def test_B5_B12_a_payment_goes_back_over_rest(rina: Caller, shop: Shop, contact_id: int) -> None:
    pk = new_order(shop, contact_id)
    assert rina.send(f"/api/v1/order/{pk}/pay").json["payment"] == "paid"
    back = rina.send(f"/api/v1/order/{pk}/reverse", {"amount": 40, "reason": "Half came back"})
    assert (back.json["payment"], back.json["episode"]) == ("part", 2)
    assert rina.send(f"/api/v1/order/{pk}/reverse", {"amount": 61}).status_code == 422


def test_B7_send_takes_the_number_that_was_saved(rina: Caller, shop: Shop, contact_id: int) -> None:
    pk = new_order(shop, contact_id)
    refused = rina.send(f"/api/v1/order/{pk}/ship")
    assert refused.status_code == 422
    assert "tracking_number" in refused.json["errors"]
    assert stored(shop, pk).status is OrderStatus.PROCESSING
    saved = rina.send(f"/api/v1/order/{pk}", {"tracking_number": "JNE-1"}, "PUT")
    assert saved.status_code == 200, saved.text
    assert stored(shop, pk).status is OrderStatus.PROCESSING
    assert rina.send(f"/api/v1/order/{pk}/ship").json["status"] == "shipped"


@pytest.mark.parametrize("move", MOVES)
def test_B8_several_orders_are_moved_by_no_call(
    rina: Caller, shop: Shop, contact_id: int, move: str
) -> None:
    pks = [new_order(shop, contact_id) for _ in range(2)]
    joined = ",".join(map(str, pks))
    body = {"date": "2026-12-24", "tracking_number": "JNE-1"}
    for url, payload in (
        (f"/api/v1/order/{move}", {**body, "ids": pks}),
        (f"/api/v1/order/{joined}/{move}", body),
        (f"/api/v1/order/{pks[0]}/{move}", {**body, "ids": pks}),
        (f"/api/v1/order/{pks[0]}/{move}", pks),
    ):
        answer = rina.send(url, payload)
        assert answer.status_code == 422, url
        assert "one order at a time" in answer.text
    assert {stored(shop, pk).status for pk in pks} == {OrderStatus.PROCESSING}


@pytest.mark.parametrize("field", ["status", "payment", "paid", "episode", "shipped_at"])
def test_B8_no_state_is_written_over_rest(
    rina: Caller, shop: Shop, contact_id: int, field: str
) -> None:
    pk = new_order(shop, contact_id)
    answer = rina.send(f"/api/v1/order/{pk}", {field: "received"}, "PUT")
    assert answer.status_code == 422
    assert field in answer.json["errors"]
    assert rina.send("/api/v1/order/", {"contact": contact_id, field: "x"}).status_code == 422
    assert stored(shop, pk).status is OrderStatus.PROCESSING


def test_the_form_begins_with_the_customer_of_the_conversation(
    rina: Caller, contact_id: int
) -> None:
    page = rina.client.get(f"/orderview/add?contact={contact_id}").get_data(as_text=True)
    assert f'value="{contact_id}"' in page
    assert "Dewi" in page
    assert rina.client.get("/orderview/add?contact=999999").status_code == 200


def test_products_are_edited_where_they_were_typed(
    rina: Caller, shop: Shop, contact_id: int
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = session.get_one(Contact, contact_id)
        pk = orders.create_order(session, contact, lines=[orders.Line("Vase", 2, Decimal(7))]).id
    page = rina.client.get(f"/orderview/edit/{pk}").get_data(as_text=True)
    assert 'value="Vase"' in page
    rows = {"lines-product": ["Vase"], "lines-quantity": ["3"], "lines-price": ["7"]}
    saved = rina.form(f"/orderview/edit/{pk}", total="14", tracking_number="", carrier="", **rows)
    assert saved.status_code == 302
    assert stored(shop, pk).total == 21


def test_F10_the_page_tells_what_was_done_and_takes_it_back(
    rina: Caller, shop: Shop, contact_id: int
) -> None:
    pk = new_order(shop, contact_id)
    assert rina.form(f"/orderview/pay/{pk}", amount="100").status_code == 302
    page = rina.client.get(f"/orderview/show/{pk}").get_data(as_text=True)
    assert "Take a payment back" in page
    assert "<del>unpaid</del>" in page.lower()
    refused = rina.form(f"/orderview/reverse/{pk}", amount="101", reason="Typed wrong")
    assert refused.status_code == 422
    assert 'id="reverse-amount-error"' in refused.text
    assert 'value="Typed wrong"' in refused.text
    assert rina.form(f"/orderview/reverse/{pk}", amount="100", reason="").status_code == 302
    assert rina.form(f"/orderview/cancel/{pk}").status_code == 302
    assert rina.form(f"/orderview/reopen/{pk}").status_code == 302
    assert stored(shop, pk).episode == 3


def test_a_warehouse_sends_and_touches_no_money(shop: Shop, contact_id: int) -> None:
    agus, pk = Caller(shop.client("agus")), new_order(shop, contact_id)
    for move in ("pay", "reverse", "place", "reopen", "cancel"):
        assert agus.form(f"/orderview/{move}/{pk}").status_code == 403
    assert agus.form(f"/orderview/ship/{pk}", tracking_number="R1").status_code == 302


def test_the_inbox_shows_the_customers_orders(shop: Shop, rina: Caller) -> None:
    shop.customer_writes("Where is my order?", "+6281234500999")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        conversation = session.scalars(select(Conversation)).one()
        made = orders.create_order(session, conversation.contact, total=Decimal(250000))
        number, conversation_id, contact_id = made.number, conversation.id, made.contact_id
    page = rina.client.get(f"/inbox/{conversation_id}/").get_data(as_text=True)
    assert number in page
    assert f"/orderview/add?contact={contact_id}" in page
