"""Pairing a phone in a real browser: codes refresh, and success is told, by themselves."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.testing.providers.gowa import GowaSimulator
from core.testing.providers.gowa_bodies import text
from tests.web.installation import PASSWORD, Shop, open_shop, served

OWN = "+6281100000001"
pytestmark = pytest.mark.browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that is served, its workers running."""
    with served(tmp_path, private_hosts=("127.0.0.1",)) as app:
        yield open_shop(app, "melati")


@dataclass
class Window:
    """A signed-in page that notes what it must not do."""

    page: Any
    complaints: list[str]

    def picture(self) -> bytes:
        source = self.page.locator(".sapa-qr").get_attribute("src")
        return base64.b64decode(source.removeprefix("data:image/png;base64,"))


@pytest.fixture
def window(chromium: Any, shop: Shop) -> Iterator[Window]:
    own = shop.desk.settings.public_url
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=own)
    context.set_default_timeout(30_000)
    page, complaints = context.new_page(), []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((own, "data:", "blob:")) else complaints.append(asked.url)
        ),
    )
    page.goto("/login/")
    page.fill("[name=username]", "rina@melati.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/")
    yield Window(page, complaints)
    context.close()
    assert complaints == []


def test_D5_a_phone_is_paired_on_screen(window: Window) -> None:
    page = window.page
    # a picture is good for half of its code's life, and replaced five seconds before that ends
    with GowaSimulator(code_seconds=(14.0, 20.0)) as gowa:
        page.goto("/channels/new/whatsapp_qr")
        for name, value in {
            "name": "Sari",
            "own_number": "+62 811 0000 0001",
            "gateway_url": gowa.url,
            "gateway_user": "sapa",
            "gateway_password": "gateway-password",
        }.items():
            page.fill(f"form.sapa-form-card [name={name}]", value)
        page.click("form.sapa-form-card button.btn-primary")
        page.wait_for_selector("text=Code 1 of 6")
        first = window.picture()
        page.wait_for_selector("text=Code 2 of 6")
        assert window.picture() != first
        assert not gowa.scan(OWN, first)
        page.click("text=No camera? Type a code instead")
        code = page.locator(".sapa-pair-code").inner_text()
        assert not gowa.type_code(OWN, "AAAA-AAAA")
        assert gowa.type_code(OWN, code)
        page.wait_for_selector("text=Connected")
        assert gowa.inject(text("6289999999999", "Halo")).is_delivered
        page.wait_for_selector("text=The first webhook has arrived")
        asked = len(gowa.calls)
        page.click("#pairing >> text=Done")
        page.wait_for_selector("text=Only counted")
        assert len(gowa.calls) - asked <= 2  # the page that is gone asks no more
