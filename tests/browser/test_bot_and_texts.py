"""Connecting a bot and a rented number on screen, and writing over both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.testing.providers.telegram import TOKEN, TelegramSimulator
from core.testing.providers.telegram_bodies import text
from core.testing.providers.twilio import TOKEN as AUTH_TOKEN
from core.testing.providers.twilio import TwilioSimulator
from core.testing.providers.twilio_bodies import ACCOUNT_SID, OWN, inbound
from core.testing.waiting import wait_until
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop, open_shop, served

pytestmark = pytest.mark.browser
ANI = 5512345678


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that is served, and may reach the simulators beside it."""
    with served(tmp_path, private_hosts=("127.0.0.1",)) as app:
        yield open_shop(app, "melati")


def test_a_bot_is_connected_and_answers(watched: Watched) -> None:
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    with TelegramSimulator() as telegram:
        page.goto(f"{watched.url}/channels/new")
        page.click("text=Telegram")
        page.wait_for_selector("text=@BotFather")
        keep_pictures(page, "telegram-connect", full_page=True)
        page.fill("form.sapa-form-card [name=name]", "Bot toko")
        page.fill("form.sapa-form-card [name=bot_token]", "not a token")
        page.fill("form.sapa-form-card [name=api_url]", telegram.url)
        page.click("form.sapa-form-card button.btn-primary")
        page.wait_for_selector("text=copy it whole from @BotFather")
        assert page.input_value("form.sapa-form-card [name=name]") == "Bot toko"
        page.fill("form.sapa-form-card [name=bot_token]", TOKEN)
        page.click("form.sapa-form-card button.btn-primary")
        page.wait_for_selector("text=Nothing to copy")
        assert wait_until(lambda: bool(telegram.webhook))
        page.click('button:has-text("Test the connection")')
        page.wait_for_selector("text=Toko Melati (@tokomelati_bot)")
        page.wait_for_selector("text=Telegram delivers messages here")
        keep_pictures(page, "telegram-setup", full_page=True)
        assert telegram.inject(text(ANI, "Halo, masih ada?", name="Ani")).is_delivered
        page.wait_for_selector("text=The first webhook has arrived")
        page.goto(f"{watched.url}/inbox/")
        page.click(".inbox-row >> text=Ani")
        page.wait_for_selector(".bubble >> text=masih ada?")
        page.fill("#composer-text", "Masih, Kak")
        page.keyboard.press("Enter")
        assert wait_until(lambda: [sent.text for sent in telegram.sent] == ["Masih, Kak"])


def test_a_text_shows_how_many_parts_it_costs(watched: Watched) -> None:
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    with TwilioSimulator() as twilio:
        page.goto(f"{watched.url}/channels/new/sms_twilio")
        for name, value in {
            "name": "SMS",
            "own_number": OWN,
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "api_url": twilio.url,
        }.items():
            page.fill(f"form.sapa-form-card [name={name}]", value)
        page.click("form.sapa-form-card button.btn-primary")
        page.wait_for_selector("text=Nothing to copy")
        assert wait_until(lambda: bool(twilio.number.get("sms_url")))
        twilio.connect(twilio.number["sms_url"])
        assert twilio.inject(inbound("+6281234567890", "Halo")).is_delivered
        page.wait_for_selector("text=The first webhook has arrived")
        page.goto(f"{watched.url}/inbox/")
        page.click(".inbox-row")
        page.fill("#composer-text", "a" * 161)
        page.wait_for_selector("text=161 characters, 2 SMS")
        keep_pictures(page, "sms-composer")
        page.fill("#composer-text", "Terima kasih 🙏")
        page.wait_for_selector("text=14 characters, 1 SMS")
        assert "🙏" in (page.get_attribute("#composer-parts", "title") or "")
        page.click('.composer-mode[data-mode="note"]')
        page.wait_for_selector("#composer-parts", state="hidden")
        page.click('.composer-mode[data-mode="reply"]')
        page.click("#composer-text")
        page.keyboard.press("Enter")
        assert wait_until(lambda: [sent.text for sent in twilio.sent] == ["Terima kasih 🙏"])
        page.wait_for_selector("#composer-parts:empty", state="attached")
