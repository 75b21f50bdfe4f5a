"""A running installation on a port, its workers included, and a browser that is watched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from core.host.host import PluginHost
from plugins import BUILTIN
from tests.web.installation import PASSWORD, Shop, open_shop, served

expect.set_options(timeout=20_000)  # ms; two cores may be busy with other tests

# Before any test imports a plugin's models: the loader notes whose the tables are as it imports
# them, and takes those that are there already for somebody else's.
PluginHost.load(BUILTIN, entry_points=False)

SCREENS = Path(__file__).resolve().parents[2] / "build" / "screens"


@dataclass
class Watched:
    """A browser window; `complaints` holds what no page may do."""

    context: BrowserContext
    url: str
    complaints: list[str] = field(default_factory=list)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on(
            "console",
            lambda m: (
                self.complaints.append(f"{m.type}: {m.text}")
                if m.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        return page

    def log_in(self, page: Page, email: str) -> None:
        page.goto(f"{self.url}/login/")
        page.fill("[name=username]", email)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/inbox/")

    def allow_own_origin_only(self) -> None:
        """Any request to another host is remembered; the browser's flags refuse it.

        A route that refused here would switch the browser's cache off.
        """
        own = urlsplit(self.url).netloc

        def watch(request: Request) -> None:
            where = urlsplit(request.url)
            if where.scheme not in ("data", "blob") and where.netloc != own:
                self.complaints.append(f"foreign request: {request.url}")

        self.context.on("request", watch)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that is served: web threads and workers in this process, SQLite."""
    with served(tmp_path) as app:
        yield open_shop(app, "melati")


@pytest.fixture
def watched(chromium: Browser, shop: Shop) -> Iterator[Watched]:
    """A window at 1440 pixels that reaches our own host only."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(10_000)
    found = Watched(context, shop.desk.settings.public_url)
    found.allow_own_origin_only()
    yield found
    context.close()


def keep_pictures(page: Page, name: str, *, full_page: bool = False) -> None:
    """Pictures at 1440 and 390 pixels, light and dark, in build/screens/ (not committed).

    Where somebody wants to look at them: with SAPA_PICTURES=1. They take half of a walk's time.
    """
    if "SAPA_PICTURES" not in os.environ:
        return
    SCREENS.mkdir(parents=True, exist_ok=True)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(
                path=SCREENS / f"{name}-{width}-{scheme}.png",
                full_page=full_page,
                animations="disabled",  # colours would be half faded
            )
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
