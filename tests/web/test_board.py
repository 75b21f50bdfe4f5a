"""The board over HTTP: pages, fragments, refusals; and over REST, where a program moves cards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from core.models import Card, Channel, Module, Plan, Tenant
from core.services.cards import open_card
from core.services.customers import create_customer
from core.services.tenants import RoleName
from tests.web.installation import Shop, install, open_shop, token_in
from tests.web.test_inbox import post


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    """Two tenants of one installation, each with a module and two cards."""
    app = install(tmp_path_factory.mktemp("board"))
    found = open_shop(app, "melati"), open_shop(app, "mawar")
    for shop in found:
        shop.hire("sari", RoleName.AGENT)
        shop.hire("vera", RoleName.VIEWER)
        with shop.desk.database.tenant(shop.tenant_id) as session:
            module = Module(name="Sales", stages=["Lead", "Won"])
            session.add(module)
            session.flush()
            session.get_one(Channel, shop.channel_id).module_id = module.id
            contact = create_customer(session, name="Dewi", phone="+6281234567890").contacts[0]
            for title in ("B", "A"):
                open_card(session, module, contact).title = title
    yield found
    app.extensions["sapa"].database.dispose()


@pytest.fixture
def shop(shops: tuple[Shop, Shop]) -> Shop:
    return shops[0]


def cards(shop: Shop) -> dict[str, Card]:
    """By title, in their order."""
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        found = session.scalars(select(Card).order_by(Card.stage, Card.place, Card.id)).all()
        session.expunge_all()
        return {card.title: card for card in found}


def ask(shop: Shop, name: str, path: str, **body: Any) -> tuple[int, Any]:
    client = shop.client(name)
    headers = {"X-CSRFToken": token_in(client.get("/users/userinfo/").text)}
    answer = client.post(f"/api/v1/{path}", json=body, headers=headers)
    return answer.status_code, answer.json


def test_F1_a_program_moves_a_card_by_stage_and_neighbour(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    a, b = cards(shop)["A"].id, cards(shop)["B"].id
    assert list(cards(shop)) == ["A", "B"]
    assert ask(shop, "sari", f"card/{a}/move", stage="Lead") == (200, {"id": a, "stage": "Lead"})
    assert list(cards(shop)) == ["B", "A"]
    assert ask(shop, "sari", f"card/{a}/move", stage="Lead", before=b)[0] == 200
    assert list(cards(shop)) == ["A", "B"]
    status, answer = ask(shop, "sari", f"card/{a}/move", stage="Lost")
    assert (status, answer["errors"]) == (422, {"stage": ["Sales has these stages: Lead, Won."]})
    assert ask(shop, "sari", f"card/{a}/move")[0] == 422
    assert ask(shop, "sari", f"card/{a}/move", stage="Won", before=b)[0] == 409
    theirs = cards(other)["A"].id
    assert ask(shop, "sari", f"card/{theirs}/move", stage="Won")[0] == 404
    assert ask(shop, "sari", f"card/{a}/move", stage="Lead", before=theirs)[0] == 422
    assert ask(shop, "vera", f"card/{a}/move", stage="Won")[0] == 403
    assert list(cards(shop)) == ["A", "B"]
    assert {card.stage for card in (*cards(shop).values(), *cards(other).values())} == {"Lead"}


def test_the_boards_pages_and_what_they_refuse(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    module, theirs = cards(shop)["A"].module_id, cards(other)["A"].module_id
    sari = shop.client("sari")
    assert sari.get("/board/").location == f"/board/{module}/"
    page = sari.get(f"/board/{module}/").get_data(as_text=True)
    assert page.count('class="board-card"') == 2
    for path in (f"{theirs}/", f"{theirs}/column", f"{theirs}/changed", "card/99999"):
        assert sari.get(f"/board/{path}").status_code == 404
    assert sari.get(f"/board/{module}/column?stage=Lead&after=x").status_code == 400
    assert sari.get(f"/board/{module}/column?stage=Lead&after=9{'9' * 30}~1").status_code == 400
    assert sari.get(f"/board/{module}/?q=%00&label=x&shelf=x&whose=x").status_code == 200
    vera = shop.client("vera")
    page = vera.get(f"/board/{module}/").get_data(as_text=True)
    assert "data-move=" not in page
    assert "data-add" not in page
    card = cards(shop)["A"]
    assert post(vera, f"/board/card/{card.id}/move", stage="Won").status_code == 403


def test_a_card_is_added_in_place_or_refused_beside_the_field(shop: Shop) -> None:
    card = cards(shop)["A"]
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        customer = session.get_one(Card, card.id).contact.customer_id
    address, sari = f"/board/{card.module_id}/add", shop.client("sari")
    for wrong, field in (
        ({"stage": "Lead"}, "customer"),
        ({"stage": "Lead", "customer": "99999"}, "customer"),
        ({"stage": "Lost", "customer": customer}, "stage"),
        ({"stage": "Lead", "customer": customer, "amount": "much"}, "amount"),
        ({"stage": "Lead", "customer": customer, "amount": "NaN"}, "amount"),
        ({"stage": "Lead", "customer": customer, "amount": "1e99"}, "amount"),
    ):
        answer = post(sari, address, **wrong)
        assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    answer = post(sari, address, stage="Won", customer=customer, amount="12.50", title="Cake")
    assert answer.status_code == 200
    made = cards(shop)["Cake"]
    assert (made.stage, str(made.amount)) == ("Won", "12.50")
    assert made.agent_id == shop.members["sari"]
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.delete(session.get_one(Card, made.id))


def test_D1_a_tenant_below_sees_why_there_is_no_whatsapp_and_how_to_get_it(shop: Shop) -> None:
    with shop.desk.database.system() as session:
        tenant = session.get_one(Tenant, shop.tenant_id)
        plans = {plan.name: plan.id for plan in session.scalars(select(Plan))}
        before, tenant.plan_id = tenant.plan_id, plans["starter"]
    try:
        page = shop.client().get("/plugins/").get_data(as_text=True)
        assert "ask your operator for a plan that does" in page
        assert "whatsapp" not in shop.client().get("/channels/new").get_data(as_text=True).lower()
        status, answer = ask(shop, "rina", "plugin/whatsapp_qr/enable")
        assert status == 422
        assert "plan" in answer["message"]
    finally:
        with shop.desk.database.system() as session:
            session.get_one(Tenant, shop.tenant_id).plan_id = plans["professional"]
    assert ask(shop, "rina", "plugin/whatsapp_qr/enable")[0] == 200
    assert "WhatsApp" in shop.client().get("/channels/new").get_data(as_text=True)
    with shop.desk.database.system() as session:
        session.get_one(Tenant, shop.tenant_id).plan_id = before
