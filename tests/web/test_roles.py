"""The operator's Roles page: what is changed holds at once, stays, and is on record."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from core.models import AuditEntry
from core.services import roles, tenants
from core.services.tenants import RoleName
from core.setup import prepare
from plugins import BUILTIN
from tests.web.installation import PASSWORD, Shop, install, open_shop, token_in


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(tmp_path_factory.mktemp("roles"))
    opened = open_shop(app, "melati")
    opened.hire("agus", RoleName.AGENT)
    with opened.desk.database.system() as session:
        user = tenants.create_user(session, "oscar@melati.example", password=PASSWORD)
        role = session.scalars(select(Role).where(Role.name == RoleName.OPERATOR)).one()
        session.get_one(User, user.id).roles = [role]
    yield opened
    opened.desk.database.dispose()


def rights(shop: Shop, role: str) -> frozenset[tuple[str, str]]:
    with shop.desk.database.system(write=False) as session:
        return roles.rights_of(session, roles.find_role(session, role))


def boxes(page: str) -> list[str]:
    """The ticked boxes, as the page would send them."""
    found = re.findall(r"<input[^>]*name=\"rights\"[^>]*>", page)
    return [
        re.findall(r'value="([^"]+)"', each)[0]
        for each in found
        if " checked" in each or 'type="hidden"' in each
    ]


def send(client: FlaskClient, role: str, what: str, chosen: list[str] | None = None) -> int:
    page = client.get(f"/roles/{role}/").get_data(as_text=True)
    form = {"csrf_token": token_in(page), "rights": boxes(page) if chosen is None else chosen}
    return int(client.post(f"/roles/{role}/{what}", data=form).status_code)


def test_what_is_taken_holds_at_once_stays_taken_and_comes_back(shop: Shop) -> None:
    oscar, agus = shop.client("oscar"), shop.client("agus")
    before = rights(shop, "Agent")
    assert agus.get("/customerview/list/").status_code == 200
    page = oscar.get("/roles/Agent/").get_data(as_text=True)
    assert "1 person holds this role." in page
    assert "It is as Sapa made it." in page
    chosen = [box for box in boxes(page) if box != "Customer:see"]
    assert send(oscar, "Agent", "save", chosen) == 302
    assert agus.get("/customerview/list/").status_code == 403
    taken = before - rights(shop, "Agent")
    assert {view for _, view in taken} == {"Customer"}

    prepare(shop.desk.settings, BUILTIN)
    assert rights(shop, "Agent") == before - taken
    with shop.desk.database.system(write=False) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.noun == "role")).one()
        assert entry.label == "Agent"
        assert "Customer: list" in entry.changes["taken"][0]

    assert "It was changed here." in oscar.get("/roles/Agent/").get_data(as_text=True)
    assert send(oscar, "Agent", "reset") == 302
    assert rights(shop, "Agent") == before
    assert agus.get("/customerview/list/").status_code == 200


@pytest.mark.parametrize("role", list(RoleName))
def test_saving_what_is_shown_changes_nothing(shop: Shop, role: str) -> None:
    before = rights(shop, role)
    assert send(shop.client("oscar"), role, "save") == 302
    assert rights(shop, role) == before


def test_an_operator_cannot_give_away_the_roles_page(shop: Shop) -> None:
    oscar = shop.client("oscar")
    assert send(oscar, "Operator", "save", []) == 302
    assert oscar.get("/roles/Operator/").status_code == 200
    assert send(oscar, "Operator", "reset") == 302
    assert oscar.get("/tenants/").status_code == 200


def test_nobody_else_and_no_other_role(shop: Shop) -> None:
    assert shop.client("rina").get("/roles/Agent/").status_code == 403
    assert shop.client("oscar").get("/roles/Public/").status_code == 404
