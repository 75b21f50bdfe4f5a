"""A list longer than the screen: few of its rows stand in the document, and nobody notices."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watched
from tests.web.installation import Shop
from tests.web.many_talks import fill

pytestmark = pytest.mark.browser

TALKS = 130
SLOTS = ".inbox-slot:not([hidden])"
PLACES = f"Array.from(document.querySelectorAll('{SLOTS}'), (slot) => Number(slot.ariaPosInSet))"


def named(page: Page, number: int) -> str:
    return f'.inbox-row:has(.inbox-row-name:text-is("Pelanggan {number}"))'


def to_the_end(page: Page) -> None:
    page.wait_for_function(
        "(all) => { const rows = document.querySelector('#inbox-rows');"
        f" rows.scrollTop = rows.scrollHeight; return {PLACES}.includes(all); }}",
        arg=TALKS,
    )


def test_a_long_list_is_scrolled_read_and_walked_through(shop: Shop, watched: Watched) -> None:
    fill(shop, TALKS)
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    expect(page.locator(SLOTS).first).to_have_attribute("aria-posinset", "1")
    expect(page.locator(SLOTS).first).to_have_attribute("aria-setsize", "-1")  # not known yet
    expect(page.locator(named(page, TALKS))).to_be_visible()

    page.locator(named(page, TALKS)).focus()
    to_the_end(page)
    expect(page.locator(named(page, 1))).to_be_visible()
    expect(page.locator(SLOTS).last).to_have_attribute("aria-setsize", str(TALKS))
    assert page.locator(SLOTS).count() < 45
    page.wait_for_function(
        f"() => {{ const at = {PLACES}; return at.every((n, i) => !i || n > at[i - 1]); }}"
    )
    assert page.evaluate("document.activeElement.dataset.conversation") == str(TALKS)

    page.locator(named(page, 4)).click()
    expect(page.locator(".thread-title")).to_contain_text("Pelanggan 4")
    page.keyboard.press("Escape")
    for _ in range(14):  # further up than what is seen
        page.keyboard.press("k")
    expect(page.locator(".thread-title")).to_contain_text("Pelanggan 18")
    expect(page.locator(named(page, 18))).to_have_attribute("aria-current", "true")
    expect(page.locator(named(page, 18))).to_be_in_viewport()

    shop.customer_writes("Masih ada?", number="+6281200000018", name="Pelanggan 18")
    expect(page.locator(named(page, 18))).to_have_count(0)  # it stands above, out of sight
    expect(page.locator(named(page, 17))).to_be_in_viewport()  # what was looked at stays
    page.evaluate("document.querySelector('#inbox-rows').scrollTop = 0")
    expect(page.locator(named(page, 18))).to_contain_text("Masih ada?")
    top = page.locator(f'{SLOTS}[aria-posinset="1"]')
    expect(top.locator(".inbox-row-name")).to_have_text("Pelanggan 18")
    assert watched.complaints == []


def test_walking_faster_than_threads_come_is_not_thrown_back(shop: Shop, watched: Watched) -> None:
    fill(shop, 12)
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.locator(named(page, 2)).click()
    expect(page.locator(".thread-title")).to_contain_text("Pelanggan 2")
    page.keyboard.press("Escape")

    slow: list[Route] = []
    page.route("**/inbox/*/thread", lambda request: slow.append(request))
    for _ in range(3):
        page.keyboard.press("k")
    shop.customer_writes("Masih ada?", number="+6281200000001", name="Pelanggan 1")
    expect(page.locator(named(page, 1))).to_contain_text("Masih ada?")  # rows are drawn again
    for _ in range(3):
        page.keyboard.press("k")
    for request in slow:
        request.continue_()
    expect(page.locator(".thread-title")).to_contain_text("Pelanggan 8")
    expect(page.locator(named(page, 8))).to_have_attribute("aria-current", "true")
    assert len(slow) == 6
    assert watched.complaints == []
