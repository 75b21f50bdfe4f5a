"""The panel beside the inbox, for somebody who writes on five channels."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.models import Contact, Message
from core.services.plugins import enable
from core.testing.installation import Installation
from core.testing.providers.base import wait_until
from tests.browser.conftest import Watched, keep_pictures
from tests.channels import five_lines
from tests.web.installation import open_shop, served

pytestmark = pytest.mark.browser


def merge_into_whatsapp(page: Page, words: str) -> None:
    """From the inbox: ⋮ → Merge to existing customers → the one on WhatsApp → Next → Merge."""
    row = page.locator(".inbox-row", has_text=words)
    if row.get_attribute("aria-current") != "true":  # else it would be fetched and drawn again
        row.click()
    expect(page.locator("#inbox-thread")).to_contain_text(words)
    page.locator(".thread-tools .dropdown").last.get_by_role("button").click()
    page.get_by_role("button", name="Merge to existing customers").click()
    panel = page.locator("#inbox-panel")
    whatsapp = panel.locator("label.merge-row", has_text=five_lines.NUMBER)
    whatsapp.locator("input").check()
    panel.get_by_role("button", name="Next").click()
    panel.get_by_role("button", name="Merge", exact=True).click()


def test_E6_five_conversations_become_one_person(tmp_path: Path, chromium: Browser) -> None:
    with ExitStack() as stack:
        app = stack.enter_context(served(tmp_path, private_hosts=("127.0.0.1",)))
        shop = open_shop(app, "melati")
        house = Installation(shop.desk, shop.tenant_id, app)
        with house.tenant() as session:
            enable(session, "merge")
        lines = five_lines.connect(house, shop.desk.settings.public_url, stack)
        for line in lines:
            assert line.write(f"Halo dari {line.kind}")

        def is_all_there() -> bool:
            with house.tenant(write=False) as session:
                names = session.scalars(select(Contact.name)).all()
                return len(session.scalars(select(Message.id)).all()) == len(lines) and set(
                    names
                ) == {five_lines.NAME}

        assert wait_until(is_all_there, 60)
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(15_000)
        watched = Watched(context, shop.desk.settings.public_url)
        watched.allow_own_origin_only()
        page = watched.page()
        watched.log_in(page, "rina@melati.example")
        expect(page.locator(".inbox-row", has_text=five_lines.NAME)).to_have_count(5)
        keep_pictures(page, "five-channels-list")

        page.locator(".inbox-row", has_text="Halo dari messenger").click()
        panel = page.locator("#inbox-panel")
        expect(panel).to_contain_text(five_lines.NAME)
        expect(panel.locator(".panel-other")).to_have_count(0)
        keep_pictures(page, "five-channels-before")
        for number, kind in enumerate(("messenger", "instagram", "simulator"), 2):
            merge_into_whatsapp(page, f"Halo dari {kind}")
            # one timeline: what she said elsewhere stands in it, with its channel
            expect(page.locator(".bubble-channel")).to_have_count(number + 1)
        page.locator(".inbox-row", has_text="Halo dari instagram").click()
        expect(panel.locator(".panel-other")).to_have_count(4)
        for line in lines:
            if line.kind != "instagram":
                expect(panel.locator(".panel-other", has_text=line.name)).to_have_count(1)
        keep_pictures(page, "five-channels-panel")
        panel.locator(".panel-other", has_text="Messenger").click()
        expect(page.locator("#inbox-thread")).to_contain_text("Halo dari messenger")
        assert watched.complaints == []
        context.close()
