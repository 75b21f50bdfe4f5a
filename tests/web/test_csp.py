"""The nonce policy and the other security headers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.web.csp import HEADERS, csp_nonce, init_csp, policy


def directives(header: str) -> dict[str, str]:
    """`a 'x'; b y` -> {"a": "'x'", "b": "y"}."""
    parts = (part.strip().partition(" ") for part in header.split(";"))
    return {name: value for name, _, value in parts}


def test_scripts_run_by_nonce_alone() -> None:
    rules = directives(policy("abc"))
    assert rules["script-src"] == "'nonce-abc'"
    assert "unsafe" not in policy("abc")
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"


def test_no_other_host_is_allowed() -> None:
    assert not re.search(r"https?:|\*|//", policy("abc"))


def test_each_response_has_its_own_nonce(client: FlaskClient) -> None:
    first, second = (client.get("/personview/list/") for _ in range(2))
    nonces = [
        directives(page.headers["Content-Security-Policy"])["script-src"]
        for page in (first, second)
    ]
    assert nonces[0] != nonces[1]


def test_the_tags_carry_the_nonce_of_the_header(client: FlaskClient) -> None:
    page = client.get("/parts/")
    html = page.get_data(as_text=True)
    wanted = directives(page.headers["Content-Security-Policy"])["script-src"]
    tags = re.findall(r"<script\b[^>]*>", html)
    assert len(tags) >= 5
    for tag in tags:
        found = re.search(r'nonce="([^"]+)"', tag)
        assert found, tag
        assert f"'nonce-{found[1]}'" == wanted


@pytest.mark.parametrize("address", ["/login/", "/json", "/nope", "/static/sapa/sapa.css"])
def test_every_answer_has_the_headers(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "Content-Security-Policy" in answer.headers


def test_pages_are_not_kept_by_shared_caches(client: FlaskClient) -> None:
    assert client.get("/personview/list/").headers["Cache-Control"].startswith("private")


def test_https_is_pinned_only_over_https(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/json").headers
    secure = client.get("/json", base_url="https://localhost")
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]


def test_a_view_may_set_a_stricter_policy() -> None:
    app = Flask(__name__)
    init_csp(app)

    @app.get("/file")
    def file() -> tuple[str, dict[str, str]]:
        return csp_nonce(), {"Content-Security-Policy": "sandbox"}

    assert app.test_client().get("/file").headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.browser
def test_an_injected_script_does_not_run(chromium: Any, toy_url: str) -> None:
    page = chromium.new_page()
    page.goto(toy_url + "/login/")
    page.evaluate(
        """() => {
            const tag = document.createElement("script");
            tag.textContent = "document.title = 'owned'";
            document.body.append(tag);
            const image = document.createElement("img");
            image.setAttribute("onerror", "document.title = 'owned'");
            image.src = "/nope.png";
            document.body.append(image);
        }"""
    )
    page.wait_for_timeout(200)
    assert "owned" not in page.title()
    page.close()
