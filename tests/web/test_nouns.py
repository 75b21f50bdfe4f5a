"""The nouns' screens over HTTP: what a person types, what it does, what they are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.models import (
    AuditEntry,
    Card,
    Contact,
    Customer,
    Label,
    Message,
    Module,
    NumberStyle,
    Order,
    OrderStatus,
    PaymentState,
    Task,
    Tenant,
)
from core.services import customers, orders, tenants
from core.services.find_customers import find_customers
from core.services.tenants import RoleName
from tests.web.installation import Shop, install, open_shop, token_in


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(tmp_path_factory.mktemp("nouns"))
    found = open_shop(app, "melati")
    found.hire("sari", RoleName.SUPERVISOR)
    found.hire("budi", RoleName.AGENT)
    found.hire("agus", RoleName.WAREHOUSE)
    yield found
    found.desk.database.dispose()


@pytest.fixture
def rina(shop: Shop) -> FlaskClient:
    return shop.client("rina")


def post(client: FlaskClient, url: str, **form: Any) -> TestResponse:
    token = token_in(client.get("/profile/").get_data(as_text=True))
    return client.post(url, data={"csrf_token": token, **form})


def told(answer: TestResponse, field: str) -> str:
    """The sentence beside a field."""
    page = answer.get_data(as_text=True)
    found = re.search(rf'id="{field}-error"[^>]*>(?:<div>)?([^<]+)', page)
    return found[1] if found else ""


def page_of(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def new_order(shop: Shop, total: str = "540000", name: str = "Eko") -> int:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = customers.create_customer(session, name=name).contacts[0]
        lines = (orders.Line("Sunflower bouquet", 3, Decimal(total) / 3),)
        return orders.create_order(session, contact, lines=lines).id


def order(shop: Shop, pk: int) -> Order:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        found = session.get_one(Order, pk)
        session.expunge(found)
        return found


# -- customers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0821 1234 5601", "+6282112345601"),
        ("+62 821-1234-5602", "+6282112345602"),
        ("6282112345603", "+6282112345603"),
        ("006282112345604", "+6282112345604"),
    ],
)
def test_B2_a_number_is_taken_in_each_way_and_stored_once(
    shop: Shop, rina: FlaskClient, typed: str, stored: str
) -> None:
    answer = post(rina, "/customerview/add", name="Dewi", phone=typed)
    assert answer.status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalar(select(Customer.id).where(Customer.phone == stored))
    assert stored in page_of(rina, answer.headers["Location"])


def test_B2_a_masked_number_is_refused_beside_its_field(rina: FlaskClient) -> None:
    answer = post(rina, "/customerview/add", name="Masked", phone="6282114****32")
    assert answer.status_code == 422
    assert told(answer, "phone")
    assert 'value="Masked"' in answer.get_data(as_text=True)


def test_B2_numbers_are_shown_in_the_tenants_style(shop: Shop, rina: FlaskClient) -> None:
    post(rina, "/customerview/add", name="Style", phone="+62 821 1234 5611")
    assert "+6282112345611" in page_of(rina, "/customerview/list/")
    with shop.desk.database.system() as session:
        session.get_one(Tenant, shop.tenant_id).number_style = NumberStyle.PLAIN
    page = page_of(rina, "/customerview/list/")
    with shop.desk.database.system() as session:
        session.get_one(Tenant, shop.tenant_id).number_style = NumberStyle.PLUS
    assert "6282112345611" in page
    assert "+6282112345611" not in page


def test_a_customer_without_anything_is_refused(rina: FlaskClient) -> None:
    answer = post(rina, "/customerview/add", name="", phone="", email="")
    assert answer.status_code == 422
    assert told(answer, "name")


@pytest.mark.parametrize(
    "text", ["Zu", "zulkifli", "08999", "628999", "+62 8999", "00628999", "zul@"]
)
def test_search_finds_by_the_beginning(shop: Shop, text: str) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        if not find_customers(session, "Zulkifli"):
            customers.create_customer(
                session, name="Zulkifli", phone="0899 9123 4567", email="zul@mail.example"
            )
        assert [str(each) for each in find_customers(session, text)] == ["Zulkifli"]
        assert find_customers(session, "") == []
        assert find_customers(session, "ulkifli") == []


def test_search_leads_straight_to_a_single_hit(shop: Shop, rina: FlaskClient) -> None:
    post(rina, "/customerview/add", name="Quentin")
    answer = rina.get("/customerview/search?q=quen")
    assert answer.status_code == 302
    assert "Quentin" in page_of(rina, answer.headers["Location"])
    assert "Nobody found" in page_of(rina, "/customerview/search?q=xyzzy")
    assert rina.get("/customerview/search?q=%00").status_code == 200


def test_another_tenants_customers_are_not_found(shop: Shop) -> None:
    other = open_shop(shop.app, "mawar") if "mawar" not in _slugs(shop) else None
    assert other is not None
    with shop.desk.database.tenant(other.tenant_id) as session:
        customers.create_customer(session, name="Yolanda", phone="0877 1234 5678")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert find_customers(session, "Yolanda") == []
        assert find_customers(session, "0877") == []


def _slugs(shop: Shop) -> list[str]:
    with shop.desk.database.system(write=False) as session:
        return list(session.scalars(select(Tenant.slug)))


def test_labels_are_put_on_and_taken_off(shop: Shop, rina: FlaskClient) -> None:
    post(rina, "/labelview/add", name="Wholesale", color="blue")
    made = post(rina, "/customerview/add", name="Labelled").headers["Location"]
    pk = made.rpartition("/")[2]
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        label = session.scalars(select(Label).where(Label.name == "Wholesale")).one().id
        contact = session.get_one(Customer, int(pk)).contacts[0].id
    pair = {"contact": contact, "label": label}
    assert post(rina, f"/customerview/label/{pk}", **pair).status_code == 302
    assert post(rina, f"/customerview/label/{pk}", **pair).status_code == 302
    assert "Take Wholesale off" in page_of(rina, made)
    assert post(rina, f"/customerview/unlabel/{pk}", **pair).status_code == 302
    assert "Take Wholesale off" not in page_of(rina, made)
    stranger = {"contact": contact + 10_000, "label": label}
    assert post(rina, f"/customerview/label/{pk}", **stranger).status_code == 404


def test_erasing_says_what_will_be_lost_and_then_erases(shop: Shop, rina: FlaskClient) -> None:
    shop.customer_writes("Nomor rahasia saya 42", number="+6281311112222", name="Gone Girl")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        customer = session.scalars(select(Customer).where(Customer.name == "Gone Girl")).one().id
    page = page_of(rina, f"/customerview/erase/{customer}")
    assert re.search(r"The text of messages</span><strong[^>]*>1<", page)
    assert f"/customerview/erase/{customer}" in page_of(rina, f"/customerview/show/{customer}")
    assert post(rina, f"/customerview/delete/{customer}").status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalar(select(Message.id).where(Message.body.contains("rahasia"))) is None
        assert session.scalar(select(Contact.id).where(Contact.name == "Gone Girl")) is None
    gone = rina.get(f"/customerview/show/{customer}")
    assert gone.status_code == 410
    assert "Nothing is left" in gone.get_data(as_text=True)


def test_a_get_erases_nobody(shop: Shop, rina: FlaskClient) -> None:
    made = post(rina, "/customerview/add", name="Still Here").headers["Location"]
    pk = made.rpartition("/")[2]
    assert rina.get(f"/customerview/delete/{pk}").status_code == 405
    rina.get(f"/customerview/erase/{pk}")
    assert "Still Here" in page_of(rina, made)


# -- orders ----------------------------------------------------------------------------------


def test_an_order_is_made_with_its_products(shop: Shop, rina: FlaskClient) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = customers.create_customer(session, name="Buyer").contacts[0].id
    rows = {
        "lines-product": ["Roses", "", "Vase"],
        "lines-quantity": ["12", "", ""],
        "lines-price": ["15000", "", "80000.50"],
    }
    answer = post(rina, "/orderview/add", contact=contact, currency="idr", **rows)
    assert answer.status_code == 302
    page = page_of(rina, answer.headers["Location"])
    assert "Roses" in page
    assert "Vase" in page
    pk = int(answer.headers["Location"].rpartition("/")[2])
    assert order(shop, pk).total == Decimal("260000.50")
    assert order(shop, pk).currency == "IDR"


def test_a_wrong_product_is_marked_and_what_was_typed_is_kept(
    shop: Shop, rina: FlaskClient
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = customers.create_customer(session, name="Clumsy").contacts[0].id
    rows = {
        "lines-product": ["Tulips", ""],
        "lines-quantity": ["-3", "1"],
        "lines-price": ["1e400", "5"],
    }
    answer = post(rina, "/orderview/add", contact=contact, currency="IDR", **rows)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Tulips"' in page
    assert 'value="-3"' in page
    for sentence in ("whole number from 1", "an amount like 150000", "Name the product"):
        assert sentence in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "ZZZ"),
        ("total", "a lot"),
        ("total", "-5"),
        ("total", "9" * 40),
        ("contact", "999999"),
        ("contact", ""),
        ("estimated_date", "tomorrow"),
        ("number", "x" * 200),
    ],
)
def test_bad_input_stands_beside_its_field(
    shop: Shop, rina: FlaskClient, field: str, value: str
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = customers.create_customer(session, name="Somebody").contacts[0].id
    form = {"contact": contact, "currency": "IDR", "total": "1000", "note": "keep me", field: value}
    answer = post(rina, "/orderview/add", **form)
    assert answer.status_code == 422
    assert len(told(answer, field)) > 8
    assert "keep me" in answer.get_data(as_text=True)


def test_B5_a_part_payment_and_then_the_rest(shop: Shop, rina: FlaskClient) -> None:
    pk = new_order(shop)
    assert post(rina, f"/orderview/pay/{pk}", amount="270000").status_code == 302
    assert order(shop, pk).payment is PaymentState.PART
    refused = post(rina, f"/orderview/pay/{pk}", amount="999999")
    assert refused.status_code == 422
    assert "open" in told(refused, "pay-amount")
    assert 'value="999999"' in refused.get_data(as_text=True)
    assert post(rina, f"/orderview/pay/{pk}", amount="").status_code == 302
    assert order(shop, pk).payment is PaymentState.PAID


@pytest.mark.parametrize("amount", ["abc", "-1", "0", "1e999", "NaN", "10.005"])
def test_no_amount_that_is_none(shop: Shop, rina: FlaskClient, amount: str) -> None:
    pk = new_order(shop)
    answer = post(rina, f"/orderview/pay/{pk}", amount=amount)
    assert answer.status_code == 422
    assert told(answer, "pay-amount")
    assert order(shop, pk).paid == 0


def test_B7_no_tracking_number_no_sending(shop: Shop, rina: FlaskClient) -> None:
    pk = new_order(shop)
    answer = post(rina, f"/orderview/ship/{pk}", carrier="JNE", tracking_number="  ")
    assert answer.status_code == 422
    assert "tracking number" in told(answer, "ship-tracking_number")
    assert 'value="JNE"' in answer.get_data(as_text=True)
    assert order(shop, pk).status is OrderStatus.PROCESSING
    assert (
        post(rina, f"/orderview/ship/{pk}", carrier="JNE", tracking_number="JN1").status_code == 302
    )
    assert order(shop, pk).status is OrderStatus.SHIPPED
    assert post(rina, f"/orderview/receive/{pk}").status_code == 302
    assert order(shop, pk).status is OrderStatus.RECEIVED
    assert post(rina, f"/orderview/cancel/{pk}").status_code == 422


def test_B8_no_status_is_changed_for_several_at_once(shop: Shop, rina: FlaskClient) -> None:
    first, second = new_order(shop), new_order(shop)
    page = page_of(rina, "/orderview/list/")
    assert "data-check-all" not in page
    answer = post(rina, "/orderview/action_post", action="ship", rowid=[first, second])
    assert answer.status_code == 422
    assert "one order at a time" in answer.text
    assert order(shop, first).status is order(shop, second).status is OrderStatus.PROCESSING


def test_B4_the_estimated_day_is_set_and_cleared(shop: Shop, rina: FlaskClient) -> None:
    pk = new_order(shop)
    assert post(rina, f"/orderview/estimate/{pk}", date="2026-12-24").status_code == 302
    assert str(order(shop, pk).estimated_date) == "2026-12-24"
    assert told(post(rina, f"/orderview/estimate/{pk}", date="soon"), "estimate-date")
    assert post(rina, f"/orderview/estimate/{pk}", date="").status_code == 302
    assert order(shop, pk).estimated_date is None


def test_F9_the_warehouse_sends_but_takes_no_money(shop: Shop) -> None:
    agus, pk = shop.client("agus"), new_order(shop)
    page = page_of(agus, f"/orderview/show/{pk}")
    assert "Verify payment" not in page
    assert "Send" in page
    assert post(agus, f"/orderview/pay/{pk}").status_code == 403
    assert post(agus, f"/orderview/ship/{pk}", tracking_number="R1").status_code == 302
    assert agus.get("/").headers["Location"] == "/orderview/list/"
    assert agus.get("/customerview/list/").status_code == 403


# -- what is shown -------------------------------------------------------------------------------


def test_amounts_times_and_words_are_the_tenants(shop: Shop, rina: FlaskClient) -> None:
    pk = new_order(shop)
    with shop.desk.database.system() as session:
        session.get_one(Tenant, shop.tenant_id).locale = "id"
    page = page_of(rina, f"/orderview/show/{pk}")
    with shop.desk.database.system() as session:
        session.get_one(Tenant, shop.tenant_id).locale = "en"
    assert re.search(r"Rp.?540\.000<", page)
    assert "IDR\xa0540,000" in page_of(rina, f"/orderview/show/{pk}")


def test_a_deadline_is_typed_and_shown_on_the_tenants_clock(shop: Shop, rina: FlaskClient) -> None:
    answer = post(rina, "/taskview/add", title="Call Citra", deadline="2026-11-30T10:00")
    assert answer.status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        task = session.scalars(select(Task).where(Task.title == "Call Citra")).one()
        assert task.deadline == datetime(2026, 11, 30, 3, 0, tzinfo=UTC)  # Jakarta is 7 h ahead
        pk = task.id
    assert "10:00" in page_of(rina, f"/taskview/show/{pk}")
    assert 'value="2026-11-30T10:00"' in page_of(rina, f"/taskview/edit/{pk}")


def test_stages_are_one_on_each_line(shop: Shop, rina: FlaskClient) -> None:
    typed = "Enquiry\n\n  Proposal \nWon"
    assert post(rina, "/moduleview/add", name="Weddings", stages=typed).status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        module = session.scalars(select(Module).where(Module.name == "Weddings")).one()
        assert module.stages == ["Enquiry", "Proposal", "Won"]
        pk = module.id
    assert "Enquiry\nProposal\nWon" in page_of(rina, f"/moduleview/edit/{pk}").replace("\r", "")
    refused = post(rina, f"/moduleview/edit/{pk}", name="Weddings", stages="A\nA")
    assert refused.status_code == 422
    assert "once" in told(refused, "stages")


def test_a_card_stands_in_a_stage_of_its_module(shop: Shop, rina: FlaskClient) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        module = Module(name="Parties", stages=["Ask", "Dance"])
        session.add(module)
        contact = customers.create_customer(session, name="Host").contacts[0]
        session.flush()
        ids = {"module": module.id, "contact": contact.id, "currency": "IDR"}
    refused = post(rina, "/cardview/add", title="Ball", stage="Sleep", **ids)
    assert refused.status_code == 422
    assert "Ask, Dance" in told(refused, "stage")
    assert post(rina, "/cardview/add", title="Ball", stage="", **ids).status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Card.stage).where(Card.title == "Ball")).one() == "Ask"


def test_changes_read_as_before_and_after(shop: Shop, rina: FlaskClient) -> None:
    pk = new_order(shop)
    post(rina, f"/orderview/ship/{pk}", tracking_number="R2")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        entry = session.scalars(
            select(AuditEntry.id).where(AuditEntry.action == "ship").order_by(AuditEntry.id.desc())
        ).first()
    page = page_of(rina, f"/auditview/show/{entry}")
    assert re.search(r"<del>processing</del>.*<ins>shipped</ins>", page, re.S)
    assert "{&#39;" not in page


def test_every_list_says_what_to_do_when_it_is_empty(shop: Shop) -> None:
    views = [
        view
        for view in shop.app.appbuilder.baseviews  # type: ignore[attr-defined]  # FAB sets it
        if type(view).__module__.startswith("core.web.nouns")
        and hasattr(view, "list_columns")
        and hasattr(view, "empty_state")
    ]
    assert len(views) > 12
    assert [type(view).__name__ for view in views if not view.empty_state] == []


# -- the menu --------------------------------------------------------------------------------------


def menu(client: FlaskClient, url: str = "/profile/") -> list[str]:
    page = page_of(client, url)
    nav = page[page.index('class="sapa-nav"') : page.index("</aside>")]
    return [word.strip() for word in re.findall(r"<span>([^<]+)</span>", nav)]


def test_the_menu_has_its_order_and_no_dead_links(shop: Shop) -> None:
    names = menu(shop.client("rina"))
    wanted = ["Inbox", "Today", "Customers", "Sales", "Records", "Team", "Settings"]
    assert [name for name in names if name in wanted and names.count(name)][:2] == wanted[:2]
    places = [names.index(name) for name in wanted]
    assert places == sorted(places)
    assert names.index("My devices") < names.index("Plugins") < names.index("Audit trail")


@pytest.mark.parametrize("name", ["rina", "sari", "budi", "agus"])
def test_each_link_in_the_menu_opens(shop: Shop, name: str) -> None:
    client = shop.client(name)
    page = page_of(client, "/profile/")
    nav = page[page.index('class="sapa-nav"') : page.index("</aside>")]
    links = re.findall(r'href="(/[^"]+)"', nav)
    assert links
    answers = {link: client.get(link, follow_redirects=True).status_code for link in links}
    assert {link: status for link, status in answers.items() if status != 200} == {}


def test_F9_records_are_for_supervisors(shop: Shop) -> None:
    assert "Records" in menu(shop.client("sari"))
    assert "Records" not in menu(shop.client("budi"))
    assert "Operator" not in menu(shop.client("rina"))
    with shop.desk.database.system(write=False) as session:
        assert tenants.find_tenant(session, "melati") is not None
