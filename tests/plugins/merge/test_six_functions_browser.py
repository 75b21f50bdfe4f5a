"""The six functions of the seed document, step by step, in Indonesian."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.models import Customer, Tenant
from core.services.customers import create_customer
from core.services.plugins import enable
from tests.browser.conftest import Watched, keep_pictures, shop, watched
from tests.web.installation import Shop

__all__ = ["shop", "watched"]

pytestmark = pytest.mark.browser


def furnish(shop: Shop) -> dict[str, int]:
    """Merge switched on, the tenant in Indonesian, and people on the channel; name → customer."""
    with shop.desk.database.system() as system:
        system.get_one(Tenant, shop.tenant_id).locale = "id"
    with shop.desk.database.tenant(shop.tenant_id) as session:
        enable(session, "merge")
    for number, name in enumerate(("Dewi Lestari", "Dewi L", "Bu Dewi", "Ratna Sari"), 1):
        shop.customer_writes(f"Halo dari {name}", number=f"+62812340000{number}", name=name)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        create_customer(session, name="Dewi Instagram", email="dewi@example.com")
        return {each.name: each.id for each in session.scalars(select(Customer))}


def choose(page: Page, words: str, name: str) -> None:
    """Search in the popup, choose, Next, Merge."""
    page.fill("[data-merge-search]", words)
    row = page.locator("label.merge-row", has_text=name)
    expect(row).to_be_visible()
    expect(page.locator("label.merge-row")).to_have_count(1)
    row.locator("input").check()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[data-merge-compare]")).to_contain_text("Customer Details")


@pytest.fixture
def desk(shop: Shop, watched: Watched) -> tuple[Page, dict[str, int], Callable[[int], None]]:
    people = furnish(shop)
    page = watched.page()
    watched.log_in(page, "rina@melati.example")

    def go(customer_id: int) -> None:
        page.goto(f"{watched.url}/customerview/list/")
        page.goto(f"{watched.url}/customerview/show/{customer_id}")

    return page, people, go


def test_E7_the_six_functions_of_the_seed(
    desk: tuple[Page, dict[str, int], Callable[[int], None]], watched: Watched
) -> None:
    page, people, go = desk
    # 1. Merge Single Customer
    go(people["Dewi L"])
    page.get_by_role("button", name="Merge Customer").click()
    expect(page.locator("label.merge-row")).to_have_count(4)
    expect(page.locator("label.merge-row", has_text="Bu Dewi")).to_contain_text("Phone melati")
    choose(page, "lestari", "Dewi Lestari")
    for fact in ("Dewi Lestari", "Dewi L", "2 dari 11", "Phone melati"):
        expect(page.locator("[data-merge-compare]")).to_contain_text(fact)
    keep_pictures(page, "merge-compare")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator(".sapa-flash")).to_contain_text("Sukses!")
    expect(page.locator("[data-member]")).to_have_count(2)

    # 2. Merge with Merged Customer: the icon on the left tells which one it is
    go(people["Bu Dewi"])
    page.get_by_role("button", name="Merge Customer").click()
    expect(page.locator("label.merge-row [data-merged]")).to_have_count(1)
    choose(page, "lestari", "Dewi Lestari")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator("[data-member]")).to_have_count(3)

    # 3. Merge Another Customer
    page.get_by_role("button", name="Merge Another Customer").click()
    choose(page, "instagram", "Dewi Instagram")
    expect(page.locator("[data-merge-compare]")).to_contain_text("4 dari 11")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator("[data-member]")).to_have_count(4)
    keep_pictures(page, "merge-members")

    # undo from the notice, and an old link that leads to the one it is now
    page.locator(".sapa-flash [hx-post]").click()
    expect(page.locator("[data-member]")).to_have_count(3)

    # 4. Merge Customer via Inbox: the panel on the right
    page.goto(f"{watched.url}/inbox/")
    page.locator(".inbox-row", has_text="Ratna Sari").click()
    page.locator(".thread-tools .dropdown").last.get_by_role("button").click()
    page.get_by_role("button", name="Merge to Existing Customers").click()
    expect(page.locator("#inbox-panel")).to_contain_text("Merge to Existing Customers")
    keep_pictures(page, "merge-inbox-panel")
    choose(page, "lestari", "Dewi Lestari")
    page.locator("#inbox-panel").get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator(".bubble-channel")).to_have_count(4)
    keep_pictures(page, "merge-inbox-timeline")

    # 5. Set Main Channel: the star
    go(people["Ratna Sari"])
    expect(page.locator(".sapa-flash").first).to_be_visible()  # an old link says so
    expect(page.locator("[data-member]")).to_have_count(4)
    ratna = page.locator("[data-member]", has_text="Ratna Sari")
    expect(ratna.locator("[data-main]")).to_have_count(0)
    ratna.locator("[data-info]").click()
    expect(page.locator("[data-set-main]")).to_be_visible()
    keep_pictures(page, "merge-member")
    page.get_by_role("button", name="Set as Main Channel").click()
    expect(
        page.locator("[data-member]", has_text="Ratna Sari").locator("[data-main]")
    ).to_be_visible()

    # 6. Unmerge Customer
    page.locator("[data-member]", has_text="Ratna Sari").locator("[data-info]").click()
    page.get_by_role("button", name="Unmerge Customer").click()
    expect(page.locator("[data-member]")).to_have_count(3)
    expect(page.locator("#content")).not_to_contain_text("Ratna Sari")

    page.goto(f"{watched.url}/merge/")
    expect(page.locator("#content")).to_contain_text("Riwayat merge")
    expect(page.locator("tbody tr")).to_have_count(7)
    keep_pictures(page, "merge-history")
    assert watched.complaints == []
