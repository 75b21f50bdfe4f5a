"""The foundation's promise: a customer writes, a person answers, and both see it at once."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.models import Customer, Message
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop

pytestmark = pytest.mark.browser

# one pixel
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def hold_phone(phone: Page, url: str, number: str, name: str) -> None:
    """Somebody takes the phone."""
    phone.goto(f"{url}/simulator/")
    phone.fill("#person-number", number)
    phone.fill("#person-name", name)
    with phone.expect_navigation():  # its scripts have run, too
        phone.click("text=Add somebody")
    expect(phone.locator(".simulator-person.active")).to_contain_text(name)


def test_a_message_comes_in_and_a_person_answers_it(shop: Shop, watched: Watched) -> None:
    inbox, phone = watched.page(), watched.page()
    watched.log_in(inbox, "rina@melati.example")
    expect(inbox.locator(".inbox-none")).to_contain_text("All answered")
    loads = []
    inbox.on("framenavigated", lambda frame: loads.append(frame.url))

    hold_phone(phone, watched.url, "0812 3456 7890", "Dewi Lestari")
    phone.fill("#phone-text", "Halo, kue lapis masih ada?")
    phone.keyboard.press("Enter")

    row = inbox.locator(".inbox-row")
    expect(row).to_contain_text("Dewi Lestari")  # without a reload
    expect(row).to_contain_text("kue lapis masih ada?")
    expect(row.locator(".inbox-row-unread")).to_contain_text("1")
    expect(inbox.locator("[data-unread-badge]")).to_have_text("1")
    expect(inbox).to_have_title("(1) Inbox · Sapa")
    assert loads == []
    expect(phone.locator(".line-theirs")).to_have_attribute("data-state", "sent")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        customer = session.scalars(select(Customer)).one()
        assert (customer.name, customer.phone) == ("Dewi Lestari", "+6281234567890")

    row.click()
    expect(inbox.locator(".bubble-in")).to_contain_text("kue lapis masih ada?")
    expect(inbox.locator("#inbox-panel")).to_contain_text("+6281234567890")
    expect(row.locator(".inbox-row-unread")).to_have_count(0)
    expect(inbox).to_have_title("Inbox · Sapa")

    phone.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    inbox.fill("#composer-text", "Masih, kak. Mau berapa?")
    inbox.keyboard.press("Enter")
    answer = inbox.locator(".bubble-out")
    expect(answer).to_contain_text("Masih, kak. Mau berapa?")
    expect(inbox.locator("#composer-text")).to_have_value("")
    expect(phone.locator(".line-ours")).to_contain_text("Masih, kak. Mau berapa?")
    expect(answer.locator(".ticks-delivered")).to_be_visible()
    # now she looks at it
    phone.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(answer.locator(".ticks-read")).to_be_visible()
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        states = [m.state.value for m in session.scalars(select(Message).order_by(Message.id))]
    assert states == ["received", "read"]

    for number in range(3):
        hold_phone(phone, watched.url, f"0813 0000 000{number}", ("Agus", "Sari", "Putri")[number])
        phone.fill("#phone-text", ("Sudah dikirim?", "Terima kasih ya", "Boleh COD?")[number])
        phone.keyboard.press("Enter")
        expect(phone.locator(".line-theirs")).to_have_attribute("data-state", "sent")
    expect(row).to_have_count(4)
    keep_pictures(inbox, "inbox")
    inbox.set_viewport_size({"width": 390, "height": 844})
    inbox.click(".thread-title")
    expect(inbox.locator(".panel-face")).to_be_visible()
    inbox.click(".panel-head button")
    inbox.click(".thread-back")
    expect(row.first).to_be_visible()
    keep_pictures(inbox, "inbox-list")
    keep_pictures(phone, "simulator")
    inbox.goto(f"{watched.url}/today/")
    expect(inbox.locator(".today-card")).to_have_count(3)
    keep_pictures(inbox, "today")
    assert watched.complaints == []


def test_pictures_replies_and_reactions_go_both_ways(shop: Shop, watched: Watched) -> None:
    inbox, phone = watched.page(), watched.page()
    watched.log_in(inbox, "rina@melati.example")
    hold_phone(phone, watched.url, "0812 3456 7890", "Dewi Lestari")
    phone.set_input_files(
        "#phone-image", {"name": "kue.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    inbox.click(".inbox-row")
    image = inbox.locator(".bubble-in img")
    expect(image).to_be_visible()
    assert image.evaluate("img => img.decode().then(() => img.naturalWidth)") == 1

    inbox.hover(".bubble-in .bubble-body")
    inbox.click(".bubble-in .bubble-reply")
    inbox.set_input_files(
        "#composer-upload", {"name": "harga.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    inbox.fill("#composer-text", "Ini harganya")
    inbox.click("#composer-send")
    expect(inbox.locator(".bubble-out .bubble-quote")).to_contain_text("Dewi Lestari")
    expect(phone.locator(".line-ours img")).to_be_visible()
    expect(phone.locator(".line-ours .line-quote")).to_be_visible()

    phone.hover(".line-ours .line-body")
    phone.click(".line-ours .line-tools >> text=👍")
    expect(inbox.locator(".bubble-out .bubble-reactions")).to_contain_text("👍")
    assert watched.complaints == []


def test_a_failed_message_says_why_and_is_sent_again(shop: Shop, watched: Watched) -> None:
    inbox, phone = watched.page(), watched.page()
    watched.log_in(inbox, "rina@melati.example")
    hold_phone(phone, watched.url, "0812 3456 7890", "Dewi Lestari")
    phone.fill("#phone-text", "Halo")
    phone.keyboard.press("Enter")
    inbox.click(".inbox-row")
    phone.select_option("#fail-as", "recipient")
    with phone.expect_response("**/mood"):
        phone.fill("#fail-next", "1")
        phone.locator("#fail-next").dispatch_event("change")
    inbox.fill("#composer-text", "Halo juga")
    inbox.keyboard.press("Enter")
    trouble = inbox.locator(".bubble-out .bubble-trouble")
    expect(trouble).to_contain_text("This number is not in use.")
    trouble.locator("text=Send again").click()
    expect(inbox.locator(".bubble-out .ticks-read")).to_be_visible()
    expect(inbox.locator(".bubble-out")).to_have_count(1)
    assert watched.complaints == []


def test_a_draft_survives_a_reload_and_a_refusal(shop: Shop, watched: Watched) -> None:
    shop.customer_writes("Halo")
    inbox = watched.page()
    watched.log_in(inbox, "rina@melati.example")
    inbox.click(".inbox-row")
    inbox.fill("#composer-text", "Sebentar ya")
    inbox.reload()
    expect(inbox.locator("#composer-text")).to_have_value("Sebentar ya")
    inbox.fill("#composer-text", "x" * 5000)
    inbox.keyboard.press("Enter")
    expect(inbox.locator("#composer-error")).to_contain_text("takes up to 4096 characters")
    assert len(inbox.input_value("#composer-text")) == 5000
    assert inbox.locator(".bubble-out").count() == 0


def test_without_a_stream_the_inbox_polls(shop: Shop, watched: Watched) -> None:
    inbox = watched.page()
    hub = shop.desk.live
    hub._most, kept = 0, hub._most  # every place is taken
    try:
        watched.log_in(inbox, "rina@melati.example")
        expect(inbox.locator("html")).to_have_attribute("data-live", "poll")
        shop.customer_writes("Masih ada?")
        expect(inbox.locator(".inbox-row")).to_contain_text("Masih ada?", timeout=15_000)
    finally:
        hub._most = kept
    assert [c for c in watched.complaints if "503" not in c] == []
