"""Cards of plugins beside a customer, in a browser: loaded, left away, and loaded again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.host.models import discard
from plugins import BUILTIN
from tests.browser.conftest import Watched
from tests.web.installation import open_shop, served

pytestmark = pytest.mark.browser
SAMPLE = "tests.host.sample.beside"


def test_F2_a_plugins_card_loads_and_one_with_nothing_to_say_goes(
    tmp_path: Path, chromium: Browser
) -> None:
    with served(tmp_path, plugins=(*BUILTIN, SAMPLE)) as app:
        shop = open_shop(app, "melati")
        shop.customer_writes("Halo")
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        watched = Watched(context, shop.desk.settings.public_url)
        page = watched.page()
        watched.log_in(page, "rina@melati.example")
        page.click(".inbox-row")
        panel = page.locator("#inbox-panel")
        points = panel.locator("[data-panel-of=points]")
        expect(points).to_contain_text("Points of 1: 5")
        expect(points.locator("h3")).to_have_text("Points Phone melati")
        expect(panel.locator("[data-panel-of=nothing]")).to_be_hidden()
        with page.expect_response("**/beside/1"):
            page.evaluate("document.body.dispatchEvent(new Event('panel:points'))")
        expect(points).to_contain_text("Points of 1: 5")
        page.goto(f"{watched.url}/customerview/show/1")
        expect(page.locator("[data-panel-of=points]")).to_contain_text("Points of 1: 5")
        expect(page.locator("[data-panel-of=nothing]")).to_be_hidden()
        assert watched.complaints == []
        context.close()
    discard(SAMPLE, SAMPLE)
