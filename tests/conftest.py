"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from core.testing.databases import (
    database,
    postgres_lender,
    postgres_server,
    postgres_settings,
    postgres_template,
    redis_server,
    settings,
    sqlite_settings,
    sqlite_template,
)
from core.testing.engines import compiled_once
from plugins import BUILTIN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = [
    "chromium",
    "database",
    "postgres_lender",
    "postgres_server",
    "postgres_settings",
    "postgres_template",
    "redis_server",
    "settings",
    "sqlite_settings",
    "sqlite_template",
]


@pytest.fixture(scope="session", autouse=True)
def _shared_sql() -> Iterator[None]:
    """Statements are compiled once a process, and not once a test."""
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def builtin() -> tuple[str, ...]:
    """The templates hold the tables of all that ships, so that no test has to make them."""
    return BUILTIN


CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host, whoever asks
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser. Without one: skipped on a laptop, failed in CI."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        reason = "No Chromium here: install one (`apt install chromium`) to run the browser tests."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
