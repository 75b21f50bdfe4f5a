"""A program writes rules and smart replies, tries them and reads what they did (B10, B15, B17)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from core.models import Membership, Order
from core.services import allocating, channels, orders
from core.services.customers import create_customer
from core.services.tenants import RoleName
from core.testing.working import work_off
from tests.web.installation import Shop, install, open_shop, token_in

Call = Callable[..., Any]
SEND = {"action": "send", "values": {"text": "Lunas: {amount}"}}
OVER = {"condition": "order_total", "operator": "over", "value": "500000"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("rules")), "melati")
    with found.desk.database.tenant(found.tenant_id) as session:
        found.desk.host.switches.enable(session, "automation")
        made = create_customer(session, name="Dewi", phone="+6281200001234")
        contact = made.contacts[0]
        orders.create_order(session, contact, lines=[orders.Line("Serum", 1, Decimal(725_000))])
    found.hire("sari", RoleName.AGENT)
    yield found
    found.desk.database.dispose()


@pytest.fixture(scope="module")
def call(shop: Shop) -> Call:
    """Call as Rina, who is the admin: method, path below /api/v1, and what is sent."""
    rina = shop.client("rina")
    headers = {"X-CSRFToken": token_in(rina.get("/profile/").get_data(as_text=True))}

    def ask(method: str, path: str, **body: Any) -> Any:
        more = {"json": body, "headers": headers} if method != "get" else {}
        return getattr(rina, method)(f"/api/v1{path}", **more)

    return ask


def groups(*lines: dict[str, str]) -> dict[str, Any]:
    return {"join": "all", "items": [{"join": "any", "items": list(lines)}]}


def test_B10_a_rule_over_rest_from_its_first_word_to_its_runs(shop: Shop, call: Call) -> None:
    made = call("post", "/rule/", trigger="order_paid", steps=[SEND], conditions=groups(OVER))
    assert made.status_code == 201, made.text
    pk, rule = made.json["id"], made.json["result"]
    assert rule["sentence"].startswith("When an order is paid, if the total is over 500,000, send")
    assert call("get", f"/rule/{pk}").json["result"] == rule
    assert rule in call("get", "/rule/").json["result"]

    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        order = session.scalars(select(Order)).one()
        order_id, number = order.id, order.number
    tried = call("get", f"/rule/{pk}/try?look_at={number}").json
    assert (tried["acts"], tried["order_id"], tried["run_id"]) == (True, order_id, None)
    assert tried["steps"][0]["text"] == "Lunas: IDR 725,000".replace(" ", "\xa0", 2).replace(
        ":\xa0", ": "
    )
    changed = call("put", f"/rule/{pk}", delay_minutes=0, name="Besar", steps=rule["steps"])
    assert changed.json["result"] == {**rule, "name": "Besar"}

    assert call("post", f"/rule/{pk}/switch", is_on=False).json["is_on"] is False
    assert call("post", f"/rule/{pk}/switch", is_on=True).json["is_on"] is True
    with shop.desk.database.tenant(shop.tenant_id) as session:
        orders.pay(session, session.get_one(Order, order_id))
    assert work_off(shop.desk)
    runs = call("get", f"/rule/runs?rule_id={pk}&order_id={order_id}&state=done").json
    assert [run["subject"] for run in runs["result"]] == [f"order:{order_id}"]
    found = runs["result"][0]["trace"]["conditions"]["items"][0]["items"][0]
    assert (found["found"], found["currency"]) == ("725000.00", "IDR")
    assert call("get", f"/rule/runs?order_id={order_id + 1}").json["count"] == 0

    page = shop.client("rina").get(f"/automation/panel/order/{order_id}").get_data(as_text=True)
    assert "Besar" in page
    shown = shop.client("rina").get(f"/automation/history/{runs['result'][0]['id']}")
    assert "IDR\xa0725,000" in shown.get_data(as_text=True)
    assert "725000" not in shown.get_data(as_text=True)

    assert call("delete", f"/rule/{pk}").status_code == 200
    assert call("get", f"/rule/{pk}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"steps": [{"action": "send", "values": {"text": "{nobody}"}}]}, "steps.0.values.text"),
        ({"trigger": "nothing"}, "trigger"),
        ({"conditions": groups({**OVER, "value": "banyak"})}, "conditions.items.0.items.0"),
        ({"trigger": "label_added"}, "asks.label"),
        ({"delay_minutes": -1}, "delay_minutes"),
        ({"at_time": "25:00"}, "at_time"),
        ({"steps": []}, "steps"),
        ({"conditions": {"items": [OVER]}}, "conditions.items.0.items"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_B11_each_fault_names_its_field(call: Call, wrong: dict[str, Any], field: str) -> None:
    answer = call("post", "/rule/", **{"trigger": "order_paid", "steps": [SEND], **wrong})
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"], answer.json


def test_B17_a_smart_reply_over_rest(shop: Shop, call: Call) -> None:
    steps = [
        {"key": "1", "name": "Menu", "when": "first", "text": "Halo", "options": ["2"]},
        {"key": "2", "name": "Harga", "when": "words", "words": "harga", "text": "50.000"},
    ]
    body = {"name": "Toko", "steps": steps, "channels": [shop.channel_id]}
    made = call("post", "/smart_reply/", **body)
    assert made.status_code == 201, made.text
    pk = made.json["id"]
    assert call("post", "/smart_reply/", **body).status_code == 409
    assert call("get", "/smart_reply/").json["bots"] == ["steps"]
    tried = call("get", f"/smart_reply/{pk}/try?say=Pagi&say=1").json["result"]
    assert [each["answer"] for each in tried] == ["Halo\n\n1. Harga", "50.000"]
    hours = {"mode": "within", "days": [0, 1], "from": "09:00", "to": "17:00"}
    changed = call("put", f"/smart_reply/{pk}", hours=hours, rest_hours=0)
    assert changed.json["result"]["hours"] == hours
    assert changed.json["result"]["channels"] == [shop.channel_id]
    wrong = call("put", f"/smart_reply/{pk}", steps=[{**steps[0], "text": ""}], rest_hours=1)
    assert set(wrong.json["errors"]) == {"step.0.text", "step.0.options"}
    call("put", f"/smart_reply/{pk}", hours={"mode": "always"})
    shop.customer_writes("harga", sent_at="2099-01-01T00:00:00+07:00")
    heard = call("get", f"/smart_reply/heard?smart_reply_id={pk}").json["result"]
    assert [each["state"] for each in heard] == ["answered"]
    page = shop.client("rina").get("/automation/smart-reply/history").get_data(as_text=True)
    assert "50.000" in page
    assert call("post", f"/smart_reply/{pk}/switch", is_on=False).json["is_on"] is False
    assert call("delete", f"/smart_reply/{pk}").status_code == 200
    assert call("post", "/smart_reply/", **body).status_code == 201


def test_C13_an_agent_reads_of_their_devices_and_does_not_write(shop: Shop) -> None:
    sari = shop.client("sari")
    address = "/api/v1/smart_reply/heard"
    assert sari.get(address).json["count"] == shop.client("rina").get(address).json["count"] > 0
    with shop.desk.database.tenant(shop.tenant_id) as session:
        other = channels.create_channel(
            session,
            kind="simulator",
            name="Other",
            own_address="+628111111112",
            values={"phone_url": "http://127.0.0.1:9/phone", "secret": "a-phone-secret"},
        )
        member = session.get_one(Membership, shop.members["sari"])
        allocating.allocate(session, member, {other.id: None})
    assert sari.get(address).json["count"] == 0
    assert "harga" not in sari.get("/automation/smart-reply/history").get_data(as_text=True)
    headers = {"X-CSRFToken": token_in(sari.get("/profile/").get_data(as_text=True))}
    for noun in ("rule", "smart_reply"):
        assert sari.get(f"/api/v1/{noun}/").status_code == 200
        refused = sari.post(f"/api/v1/{noun}/", json={}, headers=headers)
        assert refused.status_code == 403


def test_what_a_body_takes_is_in_openapi(shop: Shop) -> None:
    paths = shop.client("rina").get("/api/v1/_openapi").json["paths"]
    body = paths["/api/v1/rule/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    step = body["properties"]["steps"]["items"]
    assert set(step["properties"]) == {"action", "values"}
    assert "$defs" not in body
