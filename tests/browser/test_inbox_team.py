"""Two people in one inbox: they see each other, call each other, and work by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.models import Conversation, QuickReply
from core.services.tenants import RoleName
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop

pytestmark = pytest.mark.browser


def a_second_window(chromium: Browser, watched: Watched, email: str) -> Page:
    other = Watched(chromium.new_context(), watched.url, watched.complaints)
    other.allow_own_origin_only()
    page = other.page()
    other.log_in(page, email)
    return page


def test_colleagues_see_and_call_each_other(
    shop: Shop, watched: Watched, chromium: Browser
) -> None:
    shop.hire("sari", RoleName.AGENT)
    shop.customer_writes("Halo, kue lapis masih ada?")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        text = "Terima kasih, {firstname}. Salam, {username}"
        session.add(QuickReply(shortcut="makasih", text=text))
    rina = watched.page()
    watched.log_in(rina, "rina@melati.example")
    sari = a_second_window(chromium, watched, "sari@melati.example")
    expect(sari.locator("html")).to_have_attribute("data-live", "stream")

    rina.click(".inbox-row")
    rina.locator("#composer-text").press_sequentially("/mak")
    expect(rina.locator("[data-option]")).to_contain_text("Terima kasih, Dewi.")
    expect(sari.locator(".inbox-row.is-answered")).to_be_visible()
    rina.keyboard.press("Enter")
    expect(rina.locator("#composer-text")).to_have_value("Terima kasih, Dewi. Salam, Rina")
    assert rina.locator(".bubble-out").count() == 0  # Enter chose, and sent nothing

    rina.keyboard.press("Escape")
    rina.keyboard.press("n")
    rina.locator("#composer-text").press_sequentially("@Sa")
    expect(rina.locator("[data-option]")).to_have_text(["Sari"])
    rina.keyboard.press("Enter")
    rina.keyboard.type("bisa bantu?")
    rina.keyboard.press("Enter")
    expect(rina.locator(".bubble-note")).to_contain_text("@Sari bisa bantu?")
    expect(sari.locator("[data-count=mentions]")).to_have_text("1")
    sari.locator(".inbox-tab", has_text="@").click()
    expect(sari).to_have_url(re.compile(r"whose=mentions"))
    sari.click(".inbox-row")
    expect(sari.locator(".bubble-note .bubble-mention")).to_have_text("@Sari")
    expect(sari.locator("[data-count=mentions]")).to_be_hidden()
    expect(sari.locator("#thread-presence")).to_contain_text("Rina")

    rina.keyboard.press("Escape")
    rina.keyboard.press("a")
    expect(rina.locator(".thread-log")).to_contain_text("Rina took this")
    expect(sari.locator(".thread-log")).to_contain_text("Rina took this")
    expect(sari.locator(".thread-assignee")).to_contain_text("Rina")
    rina.keyboard.press("r")
    expect(rina.locator("#composer-text")).to_have_value("Terima kasih, Dewi. Salam, Rina")
    keep_pictures(sari, "inbox-team")
    assert watched.complaints == []
    sari.context.close()


def test_searching_labelling_and_moving_by_keyboard(shop: Shop, watched: Watched) -> None:
    for number, (name, text) in enumerate(
        [("Agus", "Sudah dikirim?"), ("Putri", "Ada brownies panggang?"), ("Budi", "Boleh COD?")]
    ):
        shop.customer_writes(
            text,
            number=f"+628130000000{number}",
            name=name,
            sent_at=f"2026-11-01T09:0{number}:00+07:00",
        )
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.keyboard.press("j")
    expect(page.locator(".thread-title")).to_contain_text("Budi")
    page.keyboard.press("j")
    expect(page.locator(".thread-title")).to_contain_text("Putri")
    page.keyboard.press("l")
    page.locator("[data-label-form] input").press_sequentially("Grosir")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-labels .badge")).to_contain_text("Grosir")
    expect(page.locator(".inbox-row[aria-current] .inbox-tag", has_text="Grosir")).to_be_visible()

    page.locator("#thread-scroll").focus()
    page.keyboard.press("/")
    page.keyboard.type("brown")
    expect(page.locator(".inbox-hit mark")).to_have_text("brownies")
    page.click(".inbox-hit")
    expect(page.locator(".bubble.is-shown")).to_contain_text("Ada brownies panggang?")
    page.fill("#inbox-search", "")
    expect(page.locator(".inbox-row")).to_have_count(3)

    page.locator("#thread-scroll").focus()
    page.keyboard.press("e")
    expect(page.locator(".inbox-row")).to_have_count(2)
    expect(page.locator(".thread-log")).to_contain_text("Rina closed this")
    page.keyboard.press("?")
    expect(page.locator("#inbox-keys")).to_be_visible()
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        states = session.scalars(select(Conversation.state).order_by(Conversation.id)).all()
    assert sorted(state.value for state in states) == ["closed", "open", "open"]
    assert watched.complaints == []
