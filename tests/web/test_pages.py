"""The pages that are built by hand: signing in and out, the profile, the operator's screens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.models import Plan, Tenant
from core.services import tenants
from core.services.tenants import RoleName
from core.web.pages.tokens import scope_titles
from tests.web.installation import PASSWORD, Shop, install, open_shop, token_in
from tests.web.test_nouns import page_of, post, told

OPERATOR = "oscar@sapa.example"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(tmp_path_factory.mktemp("pages"))
    app.config["AUTH_RATE_LIMIT"] = "1000 per minute"  # these tests sign in often
    found = open_shop(app, "melati")
    found.hire("budi", RoleName.AGENT)
    with found.desk.database.system() as session:
        tenants.create_user(session, OPERATOR, password=PASSWORD, is_operator=True)
        tenants.create_user(session, "nobody@sapa.example", password=PASSWORD)
    yield found
    found.desk.database.dispose()


def sign_in(shop: Shop, email: str, password: str = PASSWORD) -> FlaskClient:
    client = shop.app.test_client()
    token = token_in(client.get("/login/").get_data(as_text=True))
    form = {"username": email, "password": password, "csrf_token": token}
    answer = client.post("/login/", data=form)
    assert answer.status_code == 302, answer.status
    return client


@pytest.fixture
def oscar(shop: Shop) -> FlaskClient:
    return sign_in(shop, OPERATOR)


# -- in and out ----------------------------------------------------------------------------------


def test_a_wrong_password_says_so_and_keeps_the_name(shop: Shop) -> None:
    client = shop.app.test_client()
    token = token_in(client.get("/login/").get_data(as_text=True))
    form = {"username": "rina@melati.example", "password": "no", "csrf_token": token}
    answer = client.post("/login/", data=form)
    assert answer.status_code == 401
    assert "wrong" in told(answer, "password")
    assert 'value="rina@melati.example"' in answer.get_data(as_text=True)
    assert client.get("/profile/").status_code == 302


def test_an_empty_login_form_is_marked(shop: Shop) -> None:
    client = shop.app.test_client()
    token = token_in(client.get("/login/").get_data(as_text=True))
    answer = client.post("/login/", data={"csrf_token": token})
    assert answer.status_code == 422
    assert told(answer, "username")


def test_logging_in_leads_no_further_than_our_own_host(shop: Shop) -> None:
    client = shop.app.test_client()
    token = token_in(client.get("/login/").get_data(as_text=True))
    form = {"username": OPERATOR, "password": PASSWORD, "csrf_token": token}
    answer = client.post("/login/?next=https://evil.example/", data=form)
    assert answer.headers["Location"].startswith("/")


def test_logging_out_is_a_post(shop: Shop) -> None:
    client = sign_in(shop, "budi@melati.example")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 400  # without the token
    assert client.get("/profile/").status_code == 200
    assert post(client, "/logout/").status_code == 302
    assert client.get("/profile/").status_code == 302


@pytest.mark.parametrize(
    ("email", "place"),
    [("rina@melati.example", "/inbox/"), (OPERATOR, "/tenants/")],
)
def test_home_is_where_the_work_is(shop: Shop, email: str, place: str) -> None:
    assert sign_in(shop, email).get("/").headers["Location"] == place


def test_somebody_in_no_team_is_told_whom_to_ask(shop: Shop) -> None:
    answer = sign_in(shop, "nobody@sapa.example").get("/")
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.get_data(as_text=True)


# -- profile -------------------------------------------------------------------------------------


def test_the_name_is_changed_and_checked(shop: Shop) -> None:
    client = sign_in(shop, "budi@melati.example")
    assert post(client, "/profile/name", first_name="Budi", last_name="S.").status_code == 302
    assert "Budi S." in page_of(client, "/profile/")
    assert told(post(client, "/profile/name", first_name="", last_name="S."), "first_name")
    assert told(post(client, "/profile/name", first_name="x" * 99), "first_name")
    assert told(post(client, "/profile/name", first_name="a\x00b"), "first_name")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"current": "wrong", "wanted": "new-password", "again": "new-password"}, "current"),
        ({"current": PASSWORD, "wanted": "short", "again": "short"}, "wanted"),
        ({"current": PASSWORD, "wanted": PASSWORD, "again": PASSWORD}, "wanted"),
        ({"current": PASSWORD, "wanted": "new-password", "again": "new-passwort"}, "again"),
        ({}, "current"),
    ],
)
def test_a_password_is_not_changed_lightly(shop: Shop, form: dict[str, str], field: str) -> None:
    answer = post(sign_in(shop, "budi@melati.example"), "/profile/password", **form)
    assert answer.status_code == 422
    assert told(answer, field)
    assert PASSWORD not in answer.get_data(as_text=True)
    assert sign_in(shop, "budi@melati.example")


def test_a_new_password_ends_the_other_sessions_only(shop: Shop) -> None:
    shop.hire("citra", RoleName.AGENT)
    here, elsewhere = (sign_in(shop, "citra@melati.example") for _ in range(2))
    form = {"current": PASSWORD, "wanted": "another-password", "again": "another-password"}
    assert post(here, "/profile/password", **form).status_code == 302
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    assert sign_in(shop, "citra@melati.example", "another-password")


def test_other_devices_are_signed_out(shop: Shop) -> None:
    here, elsewhere = (sign_in(shop, "budi@melati.example") for _ in range(2))
    assert post(here, "/profile/sessions").status_code == 302
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


def test_fabs_own_forms_for_that_are_closed(shop: Shop) -> None:
    client = sign_in(shop, "budi@melati.example")
    for path in ("/resetmypassword/form", "/userinfoeditview/form"):
        assert client.get(path).headers["Location"] == "/profile/"
        assert post(client, path, password="x", conf_password="x").status_code == 405


# -- operator ------------------------------------------------------------------------------------


def test_an_operator_adds_a_tenant_and_its_first_admin(shop: Shop, oscar: FlaskClient) -> None:
    form = {
        "slug": "kopi",
        "name": "Kopi Kita",
        "plan": "professional",
        "time_zone": "Asia/Makassar",
        "default_region": "ID",
        "locale": "id",
    }
    made = post(oscar, "/tenants/new", **form)
    assert made.status_code == 302
    place = made.headers["Location"]
    person = {"email": "ayu@kopi.example", "role": "Tenant admin", "password": "ayu-password"}
    assert post(oscar, f"{place}/people", **person).status_code == 302
    assert "ayu@kopi.example" in page_of(oscar, place)
    ayu = sign_in(shop, "ayu@kopi.example", "ayu-password")
    assert "Kopi Kita" in page_of(ayu, "/profile/")
    off = {**form, "number_style": "plus"}  # without is_active
    assert post(oscar, place, **off).status_code == 302
    assert ayu.get("/").status_code == 403
    assert post(oscar, place, **off, is_active="1").status_code == 302
    assert ayu.get("/").status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Not A Slug!"),
        ("slug", "melati"),
        ("plan", "gold"),
        ("time_zone", "Asia/Atlantis"),
        ("default_region", "XX"),
        ("locale", "klingon"),
        ("locale", "../../etc"),
    ],
)
def test_a_wrong_tenant_is_refused_beside_the_field(
    oscar: FlaskClient, field: str, value: str
) -> None:
    form = {
        "slug": "baru",
        "name": "Toko Baru",
        "plan": "starter",
        "time_zone": "Asia/Jakarta",
        "default_region": "ID",
        "locale": "en",
        field: value,
    }
    answer = post(oscar, "/tenants/new", **form)
    assert answer.status_code in (409, 422)
    assert told(answer, field)
    assert 'value="Toko Baru"' in answer.get_data(as_text=True)


def test_a_plan_keeps_what_is_not_installed_now(shop: Shop, oscar: FlaskClient) -> None:
    with shop.desk.database.system() as session:
        starter = session.scalars(select(Plan).where(Plan.name == "starter")).one()
        starter.plugins = [*starter.plugins, "woocommerce"]
        plan = starter.id
    form = {"title": "Starter", "plugins": ["simulator", "merge", "no-such"]}
    assert post(oscar, f"/plans/{plan}", **form).status_code == 302
    with shop.desk.database.system(write=False) as session:
        kept = session.get_one(Plan, plan).plugins
    assert {"simulator", "merge", "woocommerce"} <= set(kept)
    assert "sync" not in kept
    assert "no-such" not in kept
    assert told(post(oscar, f"/plans/{plan}", title=""), "title")
    assert told(post(oscar, "/plans/new", title="Gold", name="Gold!"), "name")
    assert told(post(oscar, "/plans/new", title="Again", name="starter"), "name")


@pytest.mark.parametrize("name", ["rina", "budi"])
def test_nobody_else_sees_the_operators_screens(shop: Shop, name: str) -> None:
    client = shop.client(name)
    for path in ("/tenants/", "/tenants/1", "/tenants/new", "/plans/", "/users/list/"):
        assert client.get(path).status_code == 403
    with shop.desk.database.system(write=False) as session:
        mine = session.scalars(select(Tenant.id)).first()
    assert post(client, f"/tenants/{mine}", name="Mine").status_code == 403
    assert post(client, f"/tenants/{mine}/people", email="x@y.example").status_code == 403


def test_what_one_person_may_is_not_shown_to_the_next(shop: Shop, oscar: FlaskClient) -> None:
    # Jinja folds filters with constant arguments when it compiles a template
    assert "sapa-search" in page_of(shop.client("rina"), "/profile/")
    assert "sapa-search" not in page_of(oscar, "/profile/")
    assert "sapa-search" in page_of(shop.client("rina"), "/profile/")


def test_accounts_and_roles_are_in_the_operators_menu(oscar: FlaskClient) -> None:
    page = page_of(oscar, "/users/list/")
    nav = page[page.index('class="sapa-nav"') : page.index("</aside>")]
    assert re.findall(r'href="(/[^"]+)"', nav) == [
        "/tenants/",
        "/plans/",
        "/system_jobs/",
        "/users/list/",
        "/roles/",
    ]
    assert oscar.get("/customerview/list/").status_code == 403


# -- the rest ------------------------------------------------------------------------------------


def test_a_token_is_made_shown_once_and_revoked(shop: Shop) -> None:
    rina = shop.client("rina")
    refused = post(rina, "/tokens/create", name="", scopes=["customer:read"])
    assert refused.status_code == 422
    assert "checked" in refused.get_data(as_text=True)
    made = post(rina, "/tokens/create", name="shop", scopes=["customer:read"])
    plain = re.search(r'value="(sapa_[^"]+)"', made.get_data(as_text=True))
    assert plain
    assert plain[1] not in page_of(rina, "/tokens/")


def test_scopes_are_named_for_people(shop: Shop) -> None:
    with shop.app.test_request_context():
        titles: dict[str, Any] = dict(scope_titles())
    assert titles["auditentry"] == "Audit entry"
    assert not any("security" in noun for noun in titles)


def test_openapi_knows_what_an_operation_takes(shop: Shop) -> None:
    rina = shop.client("rina")
    paths = rina.get("/api/v1/_openapi").json["paths"]
    ship = paths["/api/v1/order/{pk}/ship"]["post"]
    body = ship["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"carrier", "tracking_number"}
    assert ship["parameters"][0]["name"] == "pk"
    pay = paths["/api/v1/order/{pk}/pay"]["post"]["requestBody"]["content"]["application/json"]
    assert pay["schema"]["properties"]["amount"]["nullable"] is True
    assert "requestBody" not in paths["/api/v1/order/{pk}/receive"]["post"]
