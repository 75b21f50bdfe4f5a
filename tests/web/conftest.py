"""The toy app, a logged-in client, the same app on a port, and Chromium."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from core.web import assets
from tests.web.toy_app import create_toy_app


@pytest.fixture(scope="session")
def toy_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    assets.main()
    return create_toy_app(Path(tmp_path_factory.mktemp("toy")))


def log_in(client: FlaskClient) -> FlaskClient:
    page = client.get("/login/").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token, "the login page has no CSRF token"
    form = {"username": "admin", "password": "admin", "csrf_token": token[1]}
    answer = client.post("/login/", data=form)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return client


@pytest.fixture
def client(toy_app: Flask) -> FlaskClient:
    return log_in(toy_app.test_client())


@pytest.fixture(scope="session")
def toy_url(toy_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, toy_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: Any, toy_url: str) -> Iterator[Any]:
    """A logged-in page, 1440 px wide; the test fails if the browser logged an error."""
    with watched_page(chromium, toy_url, 1440) as one:
        yield one


@pytest.fixture
def phone(chromium: Any, toy_url: str) -> Iterator[Any]:
    """The same on 390 px."""
    with watched_page(chromium, toy_url, 390) as one:
        yield one


@contextmanager
def watched_page(chromium: Any, address: str, width: int) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": width, "height": 850}, base_url=address)
    one = context.new_page()
    broken: list[str] = []
    one.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
    one.on("pageerror", lambda error: broken.append(str(error)))
    one.on("request", lambda asked: refuse_strangers(asked.url, address, broken))
    one.goto("/login/")
    one.fill("#username", "admin")
    one.fill("#password", "admin")
    one.click("button[type=submit]")
    one.wait_for_url(address + "/")
    yield one
    context.close()
    assert broken == []


def refuse_strangers(asked: str, address: str, broken: list[str]) -> None:
    if not asked.startswith((address, "data:", "blob:")):
        broken.append(f"a request to {asked}")
