"""No change without the token, whatever the method and whoever's cookie."""

from __future__ import annotations

from tests.web.fab.toy import Toy, Toys, toy_form, toy_json


def test_a_form_without_the_token_changes_nothing(toys: Toys) -> None:
    browser = toys.client()
    answer = browser.post("/toyview/add", data=toy_form())
    assert answer.status_code == 400
    assert b"Reload the page" in answer.data
    assert toys.session.query(Toy).count() == 30


def test_get_never_deletes_or_acts(toys: Toys) -> None:
    browser = toys.client()
    assert browser.get("/toyview/delete/5").status_code == 405
    assert browser.get("/toyview/action/sell/5").status_code == 405
    assert toys.session.query(Toy).count() == 30


def test_stock_deletes_by_get(stock: Toys) -> None:
    stock.client().get("/stocktoyview/delete/5")
    assert stock.session.get(Toy, 5) is None


def test_post_with_the_token_deletes(toys: Toys) -> None:
    browser = toys.client()
    assert toys.post(browser, "/toyview/delete/5").status_code == 302
    assert toys.session.get(Toy, 5) is None


def test_rest_by_cookie_needs_the_token_and_by_bearer_does_not(toys: Toys) -> None:
    browser = toys.client()
    assert browser.post("/api/v1/toy/", json=toy_json()).status_code == 400
    token = toys.token(browser)["csrf_token"]
    with_token = browser.post("/api/v1/toy/", json=toy_json(), headers={"X-CSRFToken": token})
    assert with_token.status_code == 201
    by_bearer = toys.app.test_client().post(
        "/api/v1/toy/", json=toy_json(code="b2"), headers=toys.bearer()
    )
    assert by_bearer.status_code == 201


def test_rest_without_any_login_is_401(toys: Toys) -> None:
    stranger = toys.app.test_client()
    answer = stranger.post("/api/v1/toy/", json=toy_json())
    assert (answer.status_code, list(answer.get_json())) == (401, ["errors", "message"])
    wrong = stranger.get("/api/v1/toy/", headers={"Authorization": "Bearer nonsense"})
    assert (wrong.status_code, list(wrong.get_json())) == (401, ["errors", "message"])
