"""The review queue by keyboard, in a real browser: A merges, R keeps apart, S skips."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.services.customers import create_customer
from core.services.plugins import enable
from core.testing.working import work_off
from tests.browser.conftest import Watched, keep_pictures, shop, watched
from tests.web.installation import Shop

__all__ = ["shop", "watched"]

pytestmark = pytest.mark.browser

TWINS = [
    ("Zulkarnaen Harahap", "Zulkarnain Harahap Medan"),
    ("Bogdan Stănescu", "Stanescu Bogdan"),
    ("Wulandari Puspita", "Ibu Wulandary Puspita"),
]


def test_E12_the_queue_is_worked_off_by_keyboard(shop: Shop, watched: Watched) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        enable(session, "merge")
        for n, (one, other) in enumerate(TWINS):
            first = create_customer(session, name=one, phone=f"+62812777000{n}1")
            create_customer(session, name=other, email=f"twin.{n}@example.com")
    shop.customer_writes("Halo kak", number="+6281277700001", name=TWINS[0][0])
    assert work_off(shop.desk)
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/merge/suggestions/")
    waiting = page.locator(".sapa-subtitle")
    expect(waiting).to_contain_text("3 pairs wait")
    keep_pictures(page, "suggestions-review")
    skipped = page.locator("[data-review]").get_attribute("data-one")
    page.keyboard.press("s")
    expect(page.locator("[data-review]")).not_to_have_attribute("data-one", skipped or "")
    page.keyboard.press("a")
    expect(waiting).to_contain_text("2 pairs wait")
    page.keyboard.press("r")
    expect(waiting).to_contain_text("1 pair waits")
    page.goto(f"{watched.url}/merge/suggestions/apart")
    expect(page.locator("[data-apart]")).to_have_count(1)
    keep_pictures(page, "suggestions-apart")
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator("[data-apart]")).to_have_count(0)
    page.goto(f"{watched.url}/merge/suggestions/weights")
    keep_pictures(page, "suggestions-weights")
    page.goto(f"{watched.url}/customerview/show/{first.id}")
    expect(page.locator("[data-suggestions]")).to_be_visible()
    keep_pictures(page, "suggestions-beside")
    page.locator("[data-suggestion] >> text=Compare").first.click()
    expect(page.locator("[data-review]")).to_be_visible()
    assert watched.complaints == []
