"""Lead distribution over REST: what the screens can do, under the same permissions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from core.models import Allocation, Conversation, Division, DivisionMember, Membership
from core.models.base import now
from plugins.routing.keeping import AT_ONCE, tidy
from plugins.routing.models import Decision, DistributionSetting, Rotator, RotatorTarget, Scene
from tests.web.installation import Shop, token_in

JAKARTA = ZoneInfo("Asia/Jakarta")


def call(shop: Shop, method: str, path: str, who: str = "rina", **body: Any) -> Any:
    client = shop.client(who)
    token = token_in(client.get("/inbox/").get_data(as_text=True))
    send = getattr(client, method)
    if method == "get":
        return send(f"/api/v1/{path}")
    return send(f"/api/v1/{path}", json=body, headers={"X-CSRFToken": token})


def test_C8_C9_C12_distribution_settings(shop: Shop) -> None:
    body = {"name": "Utama", "channel_id": shop.channel_id, "idle_minutes": 4}
    refused = call(shop, "post", "distribution_setting/", **body)
    assert refused.status_code == 422
    assert "idle_minutes" in refused.json["errors"]
    made = call(shop, "post", "distribution_setting/", **{**body, "idle_minutes": 5})
    assert made.status_code == 201
    assert made.json["result"]["policy"] == "round_robin"
    assert (
        call(shop, "post", "distribution_setting/", **body | {"idle_minutes": 5}).status_code == 409
    )
    path = f"distribution_setting/{made.json['id']}"
    assert call(shop, "put", path, is_sticky=True, policy="weighted").status_code == 200
    found = call(shop, "get", path).json["result"]
    assert (found["idle_minutes"], found["is_sticky"], found["policy"]) == (5, True, "weighted")
    assert call(shop, "put", path, idle_minutes=None).json["result"]["idle_minutes"] is None
    assert call(shop, "put", path, policy="x").status_code == 422
    assert call(shop, "get", "distribution_setting/").json["count"] == 1
    assert call(shop, "get", "distribution_setting/", "budi").status_code == 403
    assert call(shop, "delete", path).status_code == 200
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalar(select(func.count(DistributionSetting.id))) == 0
    assert call(shop, "get", path).status_code == 404


def test_C15_rotators_with_their_counters(shop: Shop) -> None:
    targets = [{"channel_id": shop.channel_id, "weight": 3}]
    assert call(shop, "post", "rotator/", name="Promo", targets=[]).status_code == 422
    made = call(shop, "post", "rotator/", name="Promo", greeting="Halo", targets=targets)
    assert made.status_code == 201
    address = made.json["result"]["address"]
    assert "/r/promo-" in address
    slug = address.rpartition("/")[2]
    for _ in range(2):
        assert shop.app.test_client().get(f"/r/{slug}").status_code == 302
    path = f"rotator/{made.json['id']}"
    assert call(shop, "get", path).json["result"]["clicks"] == 2
    assert call(shop, "put", path, is_active=False).json["result"]["address"] == address
    assert shop.app.test_client().get(f"/r/{slug}").status_code == 404
    assert call(shop, "get", "rotator/").json["result"][0]["targets"] == [
        {"channel_id": shop.channel_id, "weight": 3, "clicks": 2}
    ]
    bad = [{"channel_id": shop.channel_id, "weight": 0}]
    assert call(shop, "put", path, targets=bad).status_code == 422
    assert call(shop, "post", "rotator/", "budi", name="x", targets=targets).status_code == 403
    assert call(shop, "delete", path).status_code == 200
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalar(select(func.count(Rotator.id))) == 0
        assert session.scalar(select(func.count(RotatorTarget.id))) == 0


def test_C2_C3_agents(shop: Shop) -> None:
    budi, citra = shop.members["budi"], shop.members["citra"]
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.add(Division(name="Sales"))
        session.flush()
        division_id = session.scalars(select(Division.id)).one()
    devices = [{"channel_id": shop.channel_id, "capacity": 2}]
    changed = call(
        shop,
        "put",
        f"agent/{budi}",
        divisions=[division_id],
        channels=devices,
        weight=3,
        hours={"days": [0, 1], "begin": "08:00", "end": "16:00"},
    )
    assert changed.status_code == 200
    assert changed.json["result"]["channels"] == devices
    assert call(shop, "put", f"agent/{budi}", capacity=7).json["result"]["weight"] == 3
    assert call(shop, "put", f"agent/{budi}", weight=1000).status_code == 422
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Allocation.capacity)).all() == [2]
        assert session.scalars(select(DivisionMember.member_id)).all() == [budi]
        assert session.get_one(Membership, budi).capacity == 7
    listed = call(shop, "get", "agent/").json["result"]
    assert {each["id"] for each in listed} == {budi, citra}
    assert call(shop, "get", "agent/", "budi").status_code == 403
    new = call(shop, "post", "agent/", name="Dodi", email=f"dodi@{shop.slug}.example")
    assert new.status_code == 201
    assert len(new.json["password"]) >= 12
    assert call(shop, "post", "agent/").status_code == 422
    shop.customer_writes("Halo")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.scalars(select(Conversation)).one().assignee_id = budi
    assert call(shop, "post", f"agent/{budi}/remove").status_code == 422
    assert call(shop, "post", f"agent/{budi}/remove", heir="others").status_code == 200
    assert call(shop, "get", f"agent/{budi}").status_code == 404


def test_C13_presence(shop: Shop) -> None:
    budi, citra = shop.members["budi"], shop.members["citra"]
    assert call(shop, "post", "presence/", "budi", presence="busy").status_code == 200
    assert call(shop, "get", f"agent/{budi}").json["result"]["presence"] == "busy"
    assert call(shop, "post", "presence/", "budi", presence="x").status_code == 422
    other = call(shop, "post", "presence/", "budi", presence="away", member_id=citra)
    assert other.status_code == 403
    assert call(shop, "post", "presence/", presence="away", member_id=citra).status_code == 200
    assert call(shop, "get", f"agent/{citra}").json["result"]["presence"] == "away"


def test_C6_the_rules_of_a_division(shop: Shop) -> None:
    made = call(shop, "post", "division/", name="Sales")
    assert made.status_code == 201
    path, budi = f"division/{made.json['id']}/rules", shop.members["budi"]
    late = [{"criterion": "time", "value": "18:00-6:00"}]
    assert (
        call(shop, "put", path, rules=[{"criterion": "time", "value": "late"}]).status_code == 422
    )
    assert call(shop, "put", path, rules=late, members=[budi]).status_code == 200
    found = call(shop, "get", path).json
    assert found["rules"] == [{"criterion": "time", "value": "18:00-06:00"}]
    assert found["members"] == [budi]
    assert call(shop, "put", path, rules=[]).status_code == 200
    assert call(shop, "get", path).json["members"] == [budi]


def test_C15_the_board_the_reasons_and_the_replay(shop: Shop) -> None:
    shop.client("budi").get("/inbox/counts")  # a page of theirs is open
    shop.customer_writes("Halo")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        decision = session.scalars(select(Decision)).one()
    board = call(shop, "get", "distribution/board").json
    assert board["waiting"] == 0
    assert {each["name"]: each["open_count"] for each in board["result"]}["Budi"] == 1
    why = call(shop, "get", f"distribution/decisions/{decision.conversation_id}").json["result"][0]
    assert "turn had come" in why["reason"]
    assert why["others"] == ["Citra was offline."]
    day = decision.since.astimezone(JAKARTA).date()
    found = call(shop, "get", f"distribution/replay?day={day}&policy=least_loaded").json
    assert found["count"] == 1
    assert found["would"]["agents"][0]["name"] == "Budi"
    for query in ("day=x", f"day={day}&policy=x", ""):
        assert call(shop, "get", f"distribution/replay?{query}").status_code == 400, query
    assert call(shop, "get", "distribution/board", "budi").status_code == 403


def test_the_decision_log_goes_after_its_time_in_pieces(shop: Shop) -> None:
    shop.client("budi").get("/inbox/counts")
    shop.customer_writes("Halo")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        fresh = session.scalars(select(Decision)).one()
        values = {"conversation_id": fresh.conversation_id, "channel_id": fresh.channel_id}
        past = now() - timedelta(days=181)
        for _ in range(AT_ONCE + 1):
            session.add(Decision(**values, kind="manual", since=past, at=past))
        session.add(Scene(at=past, agents={}))
        fresh_id = fresh.id
    left = []
    for _piece in range(2):
        with shop.desk.database.tenant(shop.tenant_id) as session:
            with shop.desk.host.switches.pinned(session):
                assert tidy.spec.run is not None
                tidy.spec.run(session, {})
            left.append(session.scalar(select(func.count(Decision.id))))
    assert left == [2, 1]
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Decision.id)).all() == [fresh_id]
        assert session.scalar(select(func.count(Scene.id))) == 1
