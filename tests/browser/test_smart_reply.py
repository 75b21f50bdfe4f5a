"""A seller builds a bot without reading anything, tries it, and customers are answered (B17)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.models import Conversation, Division
from core.services.customers import create_customer
from core.testing.waiting import wait_until
from plugins.automation.smart_reply.models import Heard
from tests.browser.conftest import Watched, keep_pictures
from tests.browser.test_first_message import hold_phone
from tests.web.installation import Shop

pytestmark = pytest.mark.browser


def test_B17_a_bot_is_built_tried_and_answers(shop: Shop, watched: Watched) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        shop.desk.host.switches.enable(session, "automation")
        session.add(Division(name="Sales"))
        create_customer(session, name="Tono", phone="+6281300000001")
    page, phone = watched.page(), watched.page()
    watched.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/automation/smart-reply/")
    page.click("text=New smart reply >> nth=0")
    expect(page.locator(".smart-step")).to_have_count(5)

    # what waits to be filled in is told before it is saved; what it says is seen at once
    person = page.locator(".smart-step", has=page.locator("input[value='Talk to us']"))
    person.locator("[name$='.then']").select_option("hand_over")
    expect(page.locator(".smart-lacking")).to_contain_text("Choose a division.")
    person.locator("[name$='.division']").select_option(label="Sales")
    expect(page.locator(".smart-hint")).to_be_visible()
    page.locator(".smart-step").nth(1).locator("textarea").fill("From 5 EUR")
    ask(page, "Good morning")
    expect(page.locator(".smart-answer")).to_contain_text("1. Prices")
    ask(page, "1")
    expect(page.locator(".smart-answer").last).to_have_text("From 5 EUR")
    expect(page.locator(".smart-why").last).to_contain_text("from the menu")
    ask(page, "human")
    expect(page.locator(".smart-why").last).to_contain_text("Handed over to Sales")

    # a new line of the menu makes a step; without words it isn't saved, and nothing is lost
    page.locator(".smart-step").first.get_by_text("A new step").click()
    expect(page.locator(".smart-step")).to_have_count(6)
    expect(page.locator(".smart-step").nth(1).locator(".smart-name")).to_be_focused()
    page.click(".auto-foot >> text=Save")
    fresh = page.locator(".smart-step").nth(1)
    expect(fresh.locator(".invalid-feedback").first).to_be_visible()
    fresh.locator("[name$='.name']").fill("Opening hours")
    expect(page.locator(".smart-option option:checked").nth(3)).to_have_text("Opening hours")
    fresh.locator("textarea").fill("We are open from 9 to 17.")
    ask(page, "4")
    page.locator("[name='hours.mode']").select_option("outside")
    expect(page.locator("[name='hours.days']:checked")).to_have_count(5)
    page.locator("[name='hours.mode']").select_option("always")
    expect(page.locator("[name='hours.days']")).to_have_count(0)
    expect(page.locator(".smart-said").last).to_have_text("4")
    # not before: a picture leaves empty styles, and htmx carries those into what it draws anew
    keep_pictures(page, "smart-reply-editor", full_page=True)
    page.click(".auto-foot >> text=Save")
    expect(page.locator(".auto-rule")).to_contain_text("Phone melati")

    # customers
    hold_phone(phone, watched.url, "0812 3456 7890", "Dewi Lestari")
    heard = phone.locator(".line-ours")
    write(phone, "Hi")
    expect(heard).to_have_count(1)
    expect(heard.last).to_contain_text("Hello Dewi Lestari! How can we help?")
    write(phone, "4")
    expect(heard.last).to_contain_text("We are open from 9 to 17.")
    write(phone, "human please")
    expect(heard).to_have_count(3)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert str(session.scalars(select(Conversation)).one().division) == "Sales"
    write(phone, "hello?")
    assert wait_until(lambda: count_heard(shop) == 4, 20), "the last message wasn't looked at"

    page.goto(f"{watched.url}/automation/smart-reply/history")
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.locator("tbody tr").first).to_contain_text("handed over to Sales")
    keep_pictures(page, "smart-reply-history", full_page=True)
    page.goto(f"{watched.url}/automation/smart-reply/")
    keep_pictures(page, "smart-reply-list", full_page=True)
    page.click(".auto-switch")
    expect(page.locator(".auto-rule.is-off")).to_be_visible()
    assert [each for each in watched.complaints if "422" not in each] == []


def count_heard(shop: Shop) -> int:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return len(session.scalars(select(Heard.id)).all())


def ask(page: Page, text: str) -> None:
    """Type into the phone beside the form."""
    page.locator("[data-try]").fill(text)
    page.locator("[data-try]").press("Enter")
    expect(page.locator(".smart-said").last).to_have_text(text)


def write(phone: Page, text: str) -> None:
    """A customer writes."""
    phone.fill("#phone-text", text)
    phone.keyboard.press("Enter")
    expect(phone.locator(".line-theirs").last).to_contain_text(text)
