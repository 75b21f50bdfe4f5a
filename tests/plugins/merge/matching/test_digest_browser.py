"""The morning's notice leads to what merged by itself, and one click takes it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from core.models import Customer, Identity
from core.models.base import now
from core.services.customers import create_customer
from core.services.plugins import enable
from plugins.merge.matching.jobs import look
from tests.browser.conftest import Watched, keep_pictures, shop, watched
from tests.web.installation import Shop

__all__ = ["shop", "watched"]

pytestmark = pytest.mark.browser


def test_E12_the_morning_tells_and_one_click_undoes(shop: Shop, watched: Watched) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        enable(session, "merge")
        shop.desk.host.settings.save(session, "merge", {"merge_verified": True})
        for name, email in (("Dewi L", "dewi.l@gmail.com"), ("Dewi Lestari", "dewil+wa@gmail.com")):
            create_customer(session, name=name, email=email)
        create_customer(session, name="Budi Santoso", phone="+6281277700001")
        contacts = [c.contacts[0].id for c in session.scalars(select(Customer)) if c.contacts]
        session.execute(update(Identity).values(is_verified=True))
        look(session, contacts)
    shop.desk.jobs.run_pending(now() + timedelta(days=1))
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/customerview/list/")
    mark = page.locator("tr", has_text="Dewi").locator("[data-row-mark]")
    expect(mark).to_have_attribute("title", "2 contacts")
    expect(page.locator("[data-row-mark]")).to_have_count(1)
    keep_pictures(page, "customers-merged")
    page.goto(f"{watched.url}/notices/")
    expect(page.locator("main")).to_contain_text("1 merge by itself until")
    keep_pictures(page, "notice-digest")
    page.locator("main a[href='/merge/suggestions/automatic']").first.click()
    expect(page.locator("[data-event]")).to_have_count(1)
    keep_pictures(page, "merged-by-itself")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-event]")).to_contain_text("Undone")
    page.goto(f"{watched.url}/customerview/list/")
    expect(page.locator("[data-row-mark]")).to_have_count(0)
    page.goto(f"{watched.url}/plugins/merge/settings")
    expect(page.locator("main")).to_contain_text("Hour of the daily digest")
    keep_pictures(page, "merge-settings")
    page.goto(f"{watched.url}/merge/")
    keep_pictures(page, "merge-history")
    assert watched.complaints == []
