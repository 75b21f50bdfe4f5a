"""Who gets in, how long, and what roles are worth, now and in other processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.web.fab.toy import PASSWORD, Toys, toy_json


def test_logout_ends_copied_cookies_and_tokens(toys: Toys) -> None:
    browser, thief = toys.client(), toys.app.test_client()
    header = toys.bearer()
    cookie = browser.get_cookie("session")
    thief.set_cookie("session", cookie.value)
    assert thief.get("/hello/").status_code == 200
    assert thief.get("/api/v1/toy/", headers=header).status_code == 200
    assert browser.get("/logout/").status_code == 405  # a foreign page's picture could ask that
    assert thief.get("/hello/").status_code == 200
    toys.post(browser, "/logout/")
    assert thief.get("/hello/").status_code == 302
    assert toys.app.test_client().get("/api/v1/toy/", headers=header).status_code == 401
    assert toys.client().get("/hello/").status_code == 200


def test_stock_lets_a_copied_cookie_outlive_logout(stock: Toys) -> None:
    browser, thief = stock.client(), stock.app.test_client()
    thief.set_cookie("session", browser.get_cookie("session").value)
    browser.get("/logout/")
    assert thief.get("/stocktoyview/list/").status_code == 200


def test_a_password_reset_ends_sessions(toys: Toys) -> None:
    browser = toys.client("reader")
    assert browser.get("/toyview/list/").status_code == 200
    with toys.app.app_context():
        sm = toys.appbuilder.sm
        sm.reset_password(sm.find_user("reader").id, "new")
    assert browser.get("/toyview/list/").status_code == 302


def test_a_changed_role_counts_at_the_next_request_of_every_process(toys: Toys) -> None:
    browser = toys.client("reader")
    assert browser.get("/toyview/list/").status_code == 200
    first = toys.appbuilder
    second = toys._tamed({})  # an application with a cache of its own, over the same database
    toys.appbuilder = first
    cookie = browser.get_cookie("session").value
    neighbour = second.test_client()
    neighbour.set_cookie("session", cookie)
    assert neighbour.get("/toyview/list/").status_code == 200
    with toys.app.app_context():
        sm = toys.appbuilder.sm
        sm.del_permission_role(
            sm.find_role("Reader"), sm.find_permission_view_menu("can_list", "ToyView")
        )
    assert browser.get("/toyview/list/").status_code == 403
    assert neighbour.get("/toyview/list/").status_code == 403


def test_permissions_are_asked_of_the_database_once(toys: Toys) -> None:
    browser = toys.client()
    browser.get("/toyview/list/")
    with toys.counted() as seen:
        browser.get("/toyview/list/")
    assert not [s for s in seen if "ab_permission" in s]


def test_roles_come_from_one_place(toys: Toys) -> None:
    browser = toys.client("reader")
    assert browser.get("/shopview/list/").status_code == 403
    sm = toys.appbuilder.sm
    with toys.app.app_context():
        admin = sm.find_role("Admin")
        toys.session.expunge(admin)
    sm.roles_for = lambda user: [admin]
    assert browser.get("/shopview/list/").status_code == 200
    sm.roles_for = lambda user: []
    assert browser.get("/toyview/list/").status_code == 403


def test_a_closed_view_is_closed_everywhere(toys: Toys) -> None:
    browser, header = toys.client(), toys.bearer()
    toys.appbuilder.sm.is_view_open = lambda view: view not in ("ToyView", "ToyApi")
    assert browser.get("/toyview/list/").status_code == 403
    assert browser.get("/api/v1/toy/", headers=header).status_code == 403
    assert b"toy 3" not in browser.get("/shopview/show/1").data
    menu = browser.get("/api/v1/menu/").get_data(as_text=True)
    assert "ShopView" in menu
    assert "ToyView" not in menu


def test_a_category_without_open_entries_is_left_out(toys: Toys) -> None:
    browser = toys.client()
    assert "Toys" in browser.get("/api/v1/menu/").get_data(as_text=True)
    ours = ("ToyView", "NarrowView", "ShopView", "ReadOnlyView", "RuledView", "HelloPage")
    toys.appbuilder.sm.is_view_open = lambda view: view not in ours
    assert "Toys" not in browser.get("/api/v1/menu/").get_data(as_text=True)


def test_a_closed_menu_entry_is_left_out(toys: Toys) -> None:
    browser = toys.client()
    toys.appbuilder.sm.is_menu_open = lambda name: name != "ShopView"
    menu = browser.get("/api/v1/menu/").get_data(as_text=True)
    assert "ToyView" in menu
    assert "ShopView" not in menu


def test_a_token_of_ours_acts_for_its_user_within_its_scope(toys: Toys) -> None:
    sm, caller = toys.appbuilder.sm, toys.app.test_client()
    sm.user_from_token = lambda t: sm.find_user("admin") if t == "sapa_good" else None
    good = {"Authorization": "Bearer sapa_good"}
    assert caller.get("/api/v1/toy/", headers=good).status_code == 200
    assert (
        caller.get("/api/v1/toy/", headers={"Authorization": "Bearer sapa_bad"}).status_code == 401
    )
    sm.is_in_scope = lambda permission, view: permission == "can_get"
    assert caller.get("/api/v1/toy/", headers=good).status_code == 200
    assert caller.post("/api/v1/toy/", json=toy_json(), headers=good).status_code == 403


def test_user_screens_are_for_operators_only(toys: Toys) -> None:
    assert toys.client("operator").get("/users/list/").status_code == 200
    for name in ("admin", "reader"):
        browser = toys.client(name)
        assert browser.get("/users/list/").status_code == 403
        assert browser.get("/roles/list/").status_code == 404  # upstream's, not registered
        assert browser.get("/resetpassword/form?pk=1").status_code == 403
        assert "Security" not in browser.get("/api/v1/menu/").get_data(as_text=True)
    assert toys.client("admin").get("/users/userinfo/").status_code == 200
    assert "List Users" in toys.client("operator").get("/api/v1/menu/").get_data(as_text=True)


def test_users_are_not_served_over_rest_and_there_are_no_foreign_api_keys(toys: Toys) -> None:
    urls = {str(r) for r in toys.app.url_map.iter_rules()}
    assert "/api/v1/security/login" in urls
    assert not [u for u in urls if u.startswith(("/api/v1/security/users", "/api/v1/security/api"))]


def test_login_form_and_rest_login_are_rate_limited(tmp_path: Path) -> None:
    toys = Toys(tmp_path, tamed=True, AUTH_RATE_LIMIT="3 per minute")
    caller = toys.app.test_client()
    wrong = {"username": "admin", "password": "wrong", "provider": "db"}
    codes = [caller.post("/api/v1/security/login", json=wrong).status_code for _ in range(5)]
    assert codes == [401, 401, 401, 429, 429]
    assert caller.post("/api/v1/security/login", json=wrong).get_json()["message"]
    form = [toys.post(caller, "/login/", wrong).status_code for _ in range(5)]
    assert form == [401, 401, 401, 429, 429]


def test_stock_never_limits_the_rest_login(stock: Toys) -> None:
    caller = stock.app.test_client()
    wrong = {"username": "admin", "password": "wrong", "provider": "db"}
    codes = {caller.post("/api/v1/security/login", json=wrong).status_code for _ in range(25)}
    assert codes == {401}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": 1, "password": [], "provider": "db"},
        {"username": "a", "password": "b", "provider": "nope"},
        {"username": "a", "password": "b", "provider": "db", "more": 1},
    ],
)
def test_a_bad_rest_login_names_its_fields(toys: Toys, body: dict[str, Any]) -> None:
    answer = toys.app.test_client().post("/api/v1/security/login", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"]


def test_a_null_byte_in_a_login_is_just_wrong(toys: Toys) -> None:
    bad = {"username": "ad\x00min", "password": PASSWORD, "provider": "db"}
    assert toys.app.test_client().post("/api/v1/security/login", json=bad).status_code == 401


def test_a_redirect_leads_to_our_host_only(toys: Toys) -> None:
    def after_login(url: str, host: str = "localhost") -> str:
        browser = toys.app.test_client()
        base = f"http://{host}/"
        browser.get("/login/", base_url=base)
        data = {"username": "admin", "password": PASSWORD}
        with toys.app.test_request_context(base_url=base):
            pass
        toys.app.config["WTF_CSRF_ENABLED"] = False
        answer = browser.post(f"/login/?next={url}", data=data, base_url=base)
        return str(answer.headers["Location"])

    assert after_login("/hello/") == "/hello/"
    assert "evil" not in after_login("http://evil.test/")
    assert "evil" not in after_login("//evil.test/")
    assert after_login("http://evil.test/x", host="evil.test") != "http://evil.test/x"


def test_stock_trusts_the_host_header_for_redirects(stock: Toys) -> None:
    data = {"username": "admin", "password": PASSWORD}
    answer = stock.app.test_client().post(
        "/login/?next=http://evil.test/x", data=data, base_url="http://evil.test/"
    )
    assert answer.headers["Location"] == "http://evil.test/x"


def test_an_expired_session_answers_htmx_with_a_header(toys: Toys) -> None:
    stranger = toys.app.test_client()
    answer = stranger.get("/hello/?a=1", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login/?next=/hello/?a%3D1"
    page = stranger.get("/hello/?a=1")
    assert (page.status_code, page.headers["Location"]) == (302, "/login/?next=/hello/?a%3D1")


def test_stock_redirects_htmx_into_the_page(stock: Toys) -> None:
    answer = stock.app.test_client().get("/stocktoyview/list/", headers={"HX-Request": "true"})
    assert answer.status_code == 302
