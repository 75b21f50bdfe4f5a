"""Errors: JSON for programs, a sentence for people, and never the database's words."""

from __future__ import annotations

from typing import Any

import pytest
from flask import abort
from sqlalchemy import text

from core.errors import Conflict, Malformed, NotFound, Refused, Stale
from core.web.fab import harden_config
from tests.web.fab.toy import Toys

RAISED = {
    "refused": Refused("Not on Sundays.", "day"),
    "teapot": Refused("Short and stout.", status=418),
    "missing": NotFound("No such thing."),
    "conflict": Conflict("Taken."),
    "stale": Stale("Changed meanwhile."),
    "malformed": Malformed("Unreadable."),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Any:
    toys = Toys(tmp_path_factory.mktemp("broken"), tamed=True)
    toys.app._got_first_request = False

    def fail(kind: str) -> Any:
        if kind in RAISED:
            raise RAISED[kind]
        if kind.isdigit():
            abort(int(kind))
        if kind == "sql":
            toys.session.execute(text("INSERT INTO toy_maker (name) VALUES ('maker 1')"))
        if kind == "syntax":
            toys.session.execute(text("SELEKT"))
        raise ZeroDivisionError("secret detail")

    for start in ("/api/broken", "/webhooks/broken", "/broken"):
        toys.app.add_url_rule(f"{start}/<kind>", start, fail)
    toys.app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    return toys.app.test_client()


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("refused", 422, "Not on Sundays."),
        ("teapot", 418, "Short and stout."),
        ("missing", 404, "No such thing."),
        ("conflict", 409, "Taken."),
        ("stale", 409, "Changed meanwhile."),
        ("malformed", 400, "Unreadable."),
        ("404", 404, "There is nothing here"),
        ("403", 403, "You may not do this"),
        ("413", 413, "too large"),
        ("429", 429, "Too many"),
        ("sql", 409, "already has this value"),
        ("syntax", 500, "went wrong on our side"),
        ("crash", 500, "went wrong on our side"),
    ],
)
def test_every_error_has_one_shape(broken: Any, kind: str, status: int, message: str) -> None:
    for start in ("/api/broken", "/webhooks/broken"):
        answer = broken.get(f"{start}/{kind}")
        body = answer.get_json()
        assert (answer.status_code, sorted(body)) == (status, ["errors", "message"])
        assert message in body["message"]
        assert "secret" not in answer.get_data(as_text=True)
        assert "INSERT" not in answer.get_data(as_text=True)
    page = broken.get(f"/broken/{kind}")
    assert page.status_code == status
    assert message in page.get_data(as_text=True)


def test_a_refusal_names_its_field(broken: Any) -> None:
    body = broken.get("/api/broken/refused").get_json()
    assert body["errors"] == {"day": ["Not on Sundays."]}


def test_405_keeps_what_is_allowed(broken: Any) -> None:
    answer = broken.put("/broken/x")
    assert answer.status_code in (400, 405)
    answer = broken.get("/toyview/delete/1")
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


@pytest.mark.parametrize("url", ["", "localhost", "ftp://x", "http://*", "https://*.test"])
def test_a_base_url_that_names_no_host_is_refused(toys: Toys, url: str) -> None:
    with pytest.raises(ValueError, match="SAPA_BASE_URL"):
        harden_config(toys.app, url)
