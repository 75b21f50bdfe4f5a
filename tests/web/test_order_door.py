"""The signed door through which shops tell of their orders."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core.models import Contact, Customer, Order, OrderDelivery, OrderSource
from core.models.base import now
from core.services import order_feed
from core.services.customers import create_customer
from tests.web.installation import Shop, install, open_shop, token_in

PHONE = "0821 1234 5678"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("door")), "melati")
    yield found
    found.desk.database.dispose()


class Store:
    """A program at the shop: it knows the address and the secret."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.shop = shop
        with shop.desk.database.tenant(shop.tenant_id) as session:
            source = order_feed.create_source(session, name, "IDR")
            self.id, self.key = source.id, source.key
            self.secret = order_feed.secret_of(session, source)
            self.path = f"/webhooks/orders/{source.uuid}"

    def post(self, body: Any, *, secret: str = "", late: int = 0, **headers: str) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int(time.time()) - late)
        signed = {
            order_feed.TIMESTAMP: stamp,
            order_feed.SIGNATURE: order_feed.sign(secret or self.secret, stamp, raw),
        }
        return self.shop.app.test_client().post(self.path, data=raw, headers={**signed, **headers})

    def tell(self, event: str, order_id: str, key: str = "", **order: Any) -> TestResponse:
        return self.post(told(event, order_id, key, **order))

    def orders(self) -> list[Order]:
        with self.shop.desk.database.tenant(self.shop.tenant_id, write=False) as session:
            found = session.scalars(select(Order).where(Order.source == self.key)).all()
            session.expunge_all()
            return list(found)


def told(event: str, order_id: str, key: str = "", **order: Any) -> dict[str, Any]:
    buyer = {"customer": {"name": "Dewi", "phone": PHONE}, "total": "100"}
    more = buyer if event == "created" else {}
    return {
        "event": event,
        "event_id": key or f"{event}-{order_id}",
        "order": {"id": order_id, **more, **order},
    }


@pytest.fixture
def store(shop: Shop, request: pytest.FixtureRequest) -> Store:
    return Store(shop, request.node.name[:80])


def test_an_order_walks_through_all_events(store: Store) -> None:
    lines = [{"product": "Serum", "quantity": 2, "price": "185000"}]
    made = store.tell("created", "1001", lines=lines, total=None, number="INV-1")
    assert made.status_code == 200, made.text
    assert made.json["results"][0]["order"]["status"] == "processing"
    assert store.tell("paid", "1001", "p1", amount="170000").status_code == 200
    assert store.orders()[0].payment == "part"
    assert store.tell("paid", "1001", "p2").json["results"][0]["order"]["payment"] == "paid"
    assert store.tell("estimated", "1001", estimated_date="2026-12-24").status_code == 200
    refused = store.tell("shipped", "1001", "s1", carrier="JNE")
    assert refused.status_code == 422
    assert "order.tracking_number" in refused.json["results"][0]["errors"]
    assert store.orders()[0].status == "processing"
    assert store.tell("shipped", "1001", "s1", tracking_number="JNE-1").status_code == 200
    assert store.tell("received", "1001").status_code == 200
    (order,) = store.orders()
    assert (order.status, order.payment, order.total) == ("received", "paid", Decimal(370000))
    assert (order.number, order.tracking_number) == ("INV-1", "JNE-1")
    assert str(order.estimated_date) == "2026-12-24"


def test_B3_an_unknown_buyer_becomes_a_customer_first(store: Store, shop: Shop) -> None:
    for order_id in ("1", "2"):
        buyer = {"name": "Budi", "phone": "+62 811 0000 777"}
        assert store.tell("created", order_id, customer=buyer).status_code == 200
    first, second = store.orders()
    assert first.contact_id == second.contact_id
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.get_one(Contact, first.contact_id).phone == "+628110000777"


def test_a_buyer_is_found_by_number_before_mail(store: Store, shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        known = create_customer(session, name="Sari", phone="0811 0000 123").contacts[0].id
        create_customer(session, name="Other", email="sari@example.com")
    buyer = {"name": "Somebody else", "phone": "628110000123", "email": "sari@example.com"}
    assert store.tell("created", "1", customer=buyer).status_code == 200
    assert store.orders()[0].contact_id == known


def test_B12_the_same_delivery_is_done_once_and_answered_alike(store: Store) -> None:
    answers = [store.tell("created", "7", "key-7") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json == answers[1].json == answers[2].json
    paid = [store.tell("paid", "7", "key-8", amount="40") for _ in range(2)]
    assert paid[0].json == paid[1].json
    (order,) = store.orders()
    assert order.paid == 40
    other = store.tell("paid", "7", "key-8", amount="60")
    assert (other.status_code, store.orders()[0].paid) == (422, 40)
    assert "idempotency_key" in other.json["results"][0]["errors"]


def test_a_refused_event_is_looked_at_again(store: Store) -> None:
    early = store.tell("paid", "9", "early")
    assert early.status_code == 422
    assert early.json == store.tell("paid", "9", "early").json
    assert store.tell("created", "9").status_code == 200
    assert store.tell("paid", "9", "early").json["results"][0]["status"] == "applied"


def test_bad_items_fail_alone_and_say_why(store: Store, shop: Shop) -> None:
    bad = [
        {"event": "exploded", "event_id": "b1", "order": {"id": "1"}},
        {"event": "created", "event_id": "b2", "order": {"id": "2", "total": "-5"}},
        {"event": "created", "order": {"id": "3"}},
        told("created", "4", customer={"name": "No address"}),
        told("created", "5", customer={"phone": "6282114****32"}),
        told("created", "6", note="a\x00b"),
        told("created", "7", lines=[{"product": "x", "quantity": 0}]),
        told("created", "8", currency="Rupiah"),
        told("cancelled", "nobody's"),
        {"event": "created", "event_id": "b9", "order": {"id": ["1", "2"]}},
        {"event": "paid", "event_id": "b10", "order": [{"id": "1"}]},
    ]
    good = [told("created", "g1"), told("created", "g2")]
    answer = store.post({"events": [good[0], *bad, good[1]]})
    assert answer.status_code == 200
    results = answer.json["results"]
    assert [each["status"] for each in results] == ["applied", *["refused"] * 11, "applied"]
    assert all(each["message"] and each["errors"] for each in results[1:-1])
    assert "order.customer.phone" in results[5]["errors"]
    assert {order.external_id for order in store.orders()} == {"g1", "g2"}
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        kept = select(func.count()).where(
            OrderDelivery.source_id == store.id, OrderDelivery.is_applied.is_(False)
        )
        assert session.scalar(kept) == 11


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 400), (b"7", 400), (b'["x"]', 400), (b"[" * 5000, 400)],
)
def test_a_body_that_is_none_does_nothing(store: Store, body: bytes, status: int) -> None:
    answer = store.post(body)
    assert (answer.status_code, store.orders()) == (status, [])
    assert answer.json["message"]


def test_more_events_than_one_answer_holds_are_refused(store: Store) -> None:
    assert store.post([told("created", str(i)) for i in range(101)]).status_code == 400
    assert store.orders() == []


def test_what_is_not_proven_does_nothing(store: Store, shop: Shop) -> None:
    order = told("created", "1")
    for answer in (
        store.post(order, secret="another"),
        store.post(order, late=301),
        store.post(order, late=-301),
        store.post(order, **{order_feed.SIGNATURE: ""}),
        store.post(order, **{order_feed.SIGNATURE: "sha256=ä"}),
        store.post(order, **{order_feed.TIMESTAMP: "soon"}),
        shop.app.test_client().post(store.path, json=order),
    ):
        assert answer.status_code == 401
    assert store.orders() == []
    assert store.post(order, late=290).status_code == 200


def test_an_address_that_is_nobodys_answers_404(store: Store, shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.get_one(OrderSource, store.id).archived_at = now()
    assert store.tell("created", "1").status_code == 404
    store.path = "/webhooks/orders/00000000-0000-0000-0000-000000000000"
    assert store.tell("created", "1").status_code == 404
    assert store.orders() == []


def test_B1_a_customer_made_by_an_order_is_no_persons(store: Store, shop: Shop) -> None:
    before = count_customers(shop)
    assert store.tell("created", "1", customer={"email": "b1@example.com"}).status_code == 200
    assert count_customers(shop) == before + 1


def count_customers(shop: Shop) -> int:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return session.scalar(select(func.count()).select_from(Customer)) or 0


def test_an_admin_connects_a_shop_and_copies_its_secret(shop: Shop) -> None:
    rina = shop.client("rina")
    token = token_in(rina.get("/profile/").get_data(as_text=True))
    form = {"csrf_token": token, "name": "Toko Melati", "currency": "IDR"}
    made = rina.post("/ordersourceview/add", data=form)
    assert made.status_code == 302
    page = rina.get(made.headers["Location"]).get_data(as_text=True)
    assert "/webhooks/orders/" in page
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        named = select(OrderSource).where(OrderSource.name == "Toko Melati")
        source = session.scalars(named).one()
        secret, pk = order_feed.secret_of(session, source), source.id
    assert secret not in page
    shown = rina.post(f"/ordersourceview/secret/{pk}", data={"csrf_token": token})
    assert secret in shown.get_data(as_text=True)
    renewed = rina.post(f"/ordersourceview/new_secret/{pk}", data={"csrf_token": token})
    assert renewed.status_code == 200
    assert secret not in renewed.get_data(as_text=True)
    again = rina.post("/ordersourceview/add", data=form)
    assert again.status_code == 409
    assert 'id="name-error"' in again.get_data(as_text=True)


def test_the_order_says_which_shop_it_came_from(store: Store, shop: Shop) -> None:
    assert store.tell("created", "1").status_code == 200
    page = shop.client("rina").get(f"/orderview/show/{store.orders()[0].id}")
    assert "test_the_order_says" in page.get_data(as_text=True)
