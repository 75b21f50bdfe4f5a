"""A broadcast as a supervisor sends it, and an order: seen, typed and clicked in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.models import Customer
from core.services import consent, orders
from core.services.customers import create_customer
from tests.browser.conftest import keep_pictures
from tests.web.installation import PASSWORD, Shop, open_shop, served

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with served(tmp_path, private_hosts=("127.0.0.1",)) as app:
        made = open_shop(app, "melati")
        with made.desk.database.tenant(made.tenant_id) as session:
            made.desk.host.switches.enable(session, "automation")
            people = [
                create_customer(session, name=f"Customer {n}", phone=f"+62812000010{n:02}")
                for n in range(5)
            ]
            group = Customer(name="Merged", is_group=True)
            session.add(group)
            session.flush()
            for each in people[:2]:
                each.contacts[0].customer_id = group.id
                each.successor_id = group.id
            consent.opt_out(session, people[4].contacts[0], by="link")
            lines = [orders.Line("Serum 30 ml", 2, Decimal(185_000))]
            orders.create_order(session, people[2].contacts[0], lines=lines)
        yield made


@pytest.fixture
def page(chromium: Any, shop: Shop) -> Iterator[Any]:
    own = shop.desk.settings.public_url
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=own)
    context.set_default_timeout(15_000)
    opened, complaints = context.new_page(), []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.goto("/login/")
    opened.fill("[name=username]", "rina@melati.example")
    opened.fill("[name=password]", PASSWORD)
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/inbox/")
    yield opened
    # a refused form answers 422, which a browser notes as an error
    assert [each for each in complaints if "status of 422" not in each] == []
    context.close()


def test_B16_a_broadcast_shows_who_gets_it_and_then_its_progress(page: Any) -> None:
    page.goto("/automation/broadcasts/")
    page.get_by_role("link", name="New broadcast").first.click()
    page.get_by_role("button", name="See who gets it").click()
    expect(page.locator("#name-error")).to_be_visible()
    page.fill("#name", "Ramadan")
    page.fill("#text", "Halo {firstname}! {optoutlink}")
    keep_pictures(page, "broadcast-new")
    page.get_by_role("button", name="See who gets it").click()
    piece = page.locator("#broadcast-progress")
    expect(piece).to_contain_text("Ready to send")
    expect(piece).to_contain_text("Messages saved by merging")
    expect(piece).to_contain_text("Opted out")
    expect(page.locator("#broadcast-people")).to_contain_text("Opted out")
    expect(page.locator("main")).to_contain_text("As Customer 2 gets it")
    expect(page.locator("main")).to_contain_text("Halo Customer! http")
    keep_pictures(page, "broadcast-ready")
    piece.get_by_role("button", name="Send to 3 people").click()
    page.locator(".modal.show, dialog[open]").get_by_role("button", name="Send").click()
    expect(piece).to_contain_text("Done")
    expect(piece.locator("progress")).to_have_attribute("value", "100")
    people = page.locator("#broadcast-people")
    expect(people.get_by_text("Waiting", exact=True)).to_have_count(1)  # only the button: live
    keep_pictures(page, "broadcast-done")
    piece.get_by_role("link", name="Opted out").click()
    expect(people.locator("tbody tr")).to_have_count(1)
    expect(people).to_contain_text("Customer 4")


def test_B16_an_audience_by_a_saved_filter_and_by_a_file(page: Any) -> None:
    page.goto("/automation/broadcasts/new")
    page.fill("#name", "We miss you")
    page.fill("#text", "Halo {firstname}!")
    expect(page.locator("#silent_for")).to_be_hidden()
    page.get_by_label("Some of them").check()
    page.fill("#silent_for", "30")
    page.fill("#save_as", "Quiet ones")
    keep_pictures(page, "broadcast-filter")
    page.get_by_role("button", name="See who gets it").click()
    expect(page.locator("#broadcast-progress")).to_contain_text("Ready to send")
    expect(page.locator("main")).to_contain_text("Quiet ones · Silent for 30 days")
    page.goto("/automation/broadcasts/new")
    page.fill("#name", "Again")
    page.fill("#text", "Halo {firstname}!")
    page.get_by_label("A saved filter").check()
    page.get_by_role("button", name="See who gets it").click()
    expect(page.locator("#saved-error")).to_be_visible()
    expect(page.get_by_label("A saved filter")).to_be_checked()
    page.locator("#saved").select_option(index=1)
    page.get_by_role("button", name="See who gets it").click()
    expect(page.locator("main")).to_contain_text("Quiet ones · Silent for 30 days")
    page.goto("/automation/broadcasts/new")
    page.fill("#name", "From a list")
    page.fill("#text", "Halo {firstname}!")
    page.get_by_label("A file").check()
    rows = b"name,number\nCustomer 2,0812 0000 1002\nnobody,+6281299999999\n"
    upload = {"name": "list.csv", "mimeType": "text/csv", "buffer": rows}
    page.set_input_files("#file", upload)
    page.get_by_role("button", name="See who gets it").click()
    piece = page.locator("#broadcast-progress")
    expect(piece.get_by_role("button", name="Send to 1 person")).to_be_visible()
    expect(piece).to_contain_text("Rows of the file that are no customers")
    expect(page.locator("main")).to_contain_text("A file · list.csv")
    keep_pictures(page, "broadcast-file")
    page.goto("/automation/broadcasts/")
    expect(page.locator("main")).to_contain_text("Saved filters")
    keep_pictures(page, "broadcasts")
    page.get_by_role("button", name="Delete").click()
    page.locator(".modal.show, dialog[open]").get_by_role("button", name="Delete").click()
    expect(page.locator("main")).not_to_contain_text("Saved filters")


def test_orders_and_opt_out_on_screen(page: Any) -> None:
    page.goto("/orderview/list/")
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="Verify payment").click()
    expect(page.locator("#history")).to_contain_text("Pay")
    keep_pictures(page, "order")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#ship-tracking_number-error")).to_be_visible()
    page.fill("#tracking_number", "JNE-1")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("button", name="Received")).to_be_visible()
    page.goto("/opt_out/")
    expect(page.locator("body")).to_contain_text("Customer 4")
    keep_pictures(page, "opt-out")
    page.goto("/ordersourceview/add")
    page.fill("[name=name]", "Toko")
    page.locator("form button.btn-primary").last.click()
    page.get_by_role("button", name="Show the secret").click()
    expect(page.get_by_label("Secret")).to_be_visible()
    keep_pictures(page, "shop")
