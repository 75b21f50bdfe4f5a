"""The screens of lead distribution (C1 to C9, C12): what they list, save and refuse."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from core.live import whisper
from core.models import (
    Allocation,
    Assignment,
    Conversation,
    Division,
    DivisionMember,
    Membership,
    Tenant,
)
from plugins.routing.models import Decision, DistributionSetting, Rotator, RotatorTarget
from tests.web.installation import Shop, token_in


def page(shop: Shop, path: str, who: str = "rina") -> str:
    answer = shop.client(who).get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.get_data(as_text=True)


def post(shop: Shop, path: str, who: str = "rina", **form: Any) -> Any:
    token = token_in(shop.client(who).get("/inbox/").get_data(as_text=True))
    return shop.client(who).post(path, data={"csrf_token": token, **form})


def test_C1_C2_the_agents_each_with_a_setting_edit_and_delete(shop: Shop) -> None:
    listed = page(shop, "/distribution/")
    assert "Budi" in listed
    assert "Setting" in listed
    budi = shop.members["budi"]
    shown = page(shop, f"/distribution/agent/{budi}")
    assert f"/distribution/agent/{budi}/edit" in shown
    assert f"/distribution/agent/{budi}/delete" in shown


def test_C3_the_form_changes_divisions_and_devices(shop: Shop) -> None:
    budi = shop.members["budi"]
    with shop.desk.database.tenant(shop.tenant_id) as session:
        division = Division(name="Sales")
        session.add(division)
        session.flush()
        division_id = division.id
    form = page(shop, f"/distribution/agent/{budi}/edit")
    assert 'name="divisions"' in form
    assert 'name="channels"' in form
    values = {"divisions": division_id, "channels": shop.channel_id, "capacity": 7, "weight": 2}
    refused = post(shop, f"/distribution/agent/{budi}/save", **{**values, "weight": 1000})
    assert refused.status_code == 422
    assert 'value="1000"' in refused.get_data(as_text=True)
    assert post(shop, f"/distribution/agent/{budi}/save", **values).status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Allocation.channel_id)).all() == [shop.channel_id]
        assert session.scalars(select(DivisionMember.member_id)).all() == [budi]
        assert session.get_one(Membership, budi).capacity == 7


def test_C2_open_conversations_go_to_somebody_first(shop: Shop) -> None:
    budi, citra = shop.members["budi"], shop.members["citra"]
    shop.customer_writes("Halo")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        talk = session.scalars(select(Conversation)).one()
        talk.assignee_id = budi
        talk_id = talk.id
    assert post(shop, f"/distribution/agent/{budi}/remove").status_code == 422
    done = post(shop, f"/distribution/agent/{budi}/remove", heir=citra)
    assert done.status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.get_one(Conversation, talk_id).assignee_id == citra
        assert session.get_one(Membership, budi).is_active is False
    page(shop, "/distribution/")  # says so once
    assert "Budi" not in page(shop, "/distribution/")


def test_C4_the_inboxs_dialog_chooses_edits_and_adds(shop: Shop) -> None:
    assert 'data-dialog="/distribution/popup/"' in page(shop, "/inbox/")
    dialog = page(shop, "/distribution/popup/")
    assert "Choose" in dialog
    budi = shop.members["budi"]
    assert "Edit agent" in page(shop, f"/distribution/popup/{budi}")
    saved = post(
        shop, f"/distribution/popup/{budi}", channels=shop.channel_id, capacity=5, weight=1
    )
    assert saved.status_code == 200
    new = post(
        shop, "/distribution/popup/add", first_name="Dodi", email=f"dodi@{shop.slug}.example"
    )
    assert new.status_code == 200
    assert "Edit agent" in new.get_data(as_text=True)
    assert "Dodi" in page(shop, "/distribution/")
    assert "data-dialog" not in page(shop, "/inbox/", "budi")  # agents distribute nothing


def test_C5_C6_divisions_with_rules(shop: Shop) -> None:
    assert "Add division" in page(shop, "/distribution/divisions/")
    form = {"name": "Sales", "members": shop.members["budi"], "criterion": "time"}
    refused = post(shop, "/distribution/divisions/create", **form, value="late")
    assert refused.status_code == 422
    assert 'value="late"' in refused.get_data(as_text=True)
    made = post(shop, "/distribution/divisions/create", **form, value="18:00-6:00")
    assert made.status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        division = session.scalars(select(Division)).one()
        assert division.rules == [{"criterion": "time", "value": "18:00-06:00"}]


def test_C8_C9_C12_one_setting_for_a_device_and_five_minutes_at_least(shop: Shop) -> None:
    create = "/distribution/settings/create"
    form = {"name": "Utama", "channel_id": shop.channel_id, "policy": "least_loaded"}
    idle = {**form, "is_idle": "1", "is_sticky": "1"}
    for minutes in ("", "4", "x"):
        refused = post(shop, create, **idle, idle_minutes=minutes)
        assert refused.status_code == 422, minutes
        assert 'value="Utama"' in refused.get_data(as_text=True)
    assert post(shop, create, **idle, idle_minutes="5").status_code == 302
    assert post(shop, create, **form).status_code == 409
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        setting = session.scalars(select(DistributionSetting)).one()
        assert (setting.is_sticky, setting.idle_minutes, setting.policy) == (
            True,
            5,
            "least_loaded",
        )
        setting_id = setting.id
    listed = page(shop, "/distribution/settings/")
    assert "Create setting" in listed
    assert "5 min" in listed
    assert post(shop, f"/distribution/settings/{setting_id}/remove").status_code == 302


def test_C13_an_agent_sees_their_own_devices_only(shop: Shop) -> None:
    shop.customer_writes("Rahasia sekali")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        talk = session.scalars(select(Conversation.id)).one()
    assert "Rahasia sekali" in page(shop, "/inbox/", "budi")
    citra = shop.members["citra"]
    form = {"channels": shop.channel_id, "capacity": 5, "weight": 1}
    assert post(shop, f"/distribution/agent/{citra}/save", **form).status_code == 302
    budi = shop.client("budi")
    for path in ("/inbox/", "/inbox/list", "/inbox/list?q=rahasia", f"/inbox/rows?ids={talk}"):
        assert "Rahasia sekali" not in budi.get(path).get_data(as_text=True)
    for path in (f"/inbox/{talk}/", f"/inbox/{talk}/messages", f"/api/v1/conversation/{talk}"):
        assert budi.get(path).status_code == 404, path
    for path in ("/api/v1/conversation/", "/api/v1/message/", "/api/v1/channel/"):
        assert budi.get(path).json["count"] == 0, path
    for noun in ("conversation", "message", "attachment", "assignment", "task"):
        assert budi.get(f"/api/v1/{noun}/?q=(page_size:100)").json["count"] == 0, noun
    for path in (
        "/customerview/search?q=rahasia",
        "/customerview/search?q=Dewi",  # the person is known to all, what they wrote isn't
        f"/distribution/why/{talk}",
        "/today/",
    ):
        assert "Rahasia sekali" not in budi.get(path).get_data(as_text=True), path
    assert budi.get(f"/distribution/why/{talk}").status_code == 404
    assert post(shop, f"/inbox/{talk}/close", "budi").status_code == 404
    assert "Rahasia sekali" in page(shop, "/inbox/", "citra")
    assert "Rahasia sekali" in page(shop, "/inbox/")


def test_C13_streams_tell_an_agent_of_their_own_devices_only(shop: Shop) -> None:
    citra = shop.members["citra"]
    form = {"channels": shop.channel_id, "capacity": 5, "weight": 1}
    assert post(shop, f"/distribution/agent/{citra}/save", **form).status_code == 302
    heard: dict[str, bytes] = {}
    streams = {who: shop.client(who).get("/live/", buffered=False) for who in ("budi", "citra")}
    try:
        shop.customer_writes("Rahasia sekali")
        whisper(shop.desk, shop.tenant_id, "typing", member=1)  # reaches everybody, and is last
        for who, stream in streams.items():
            heard[who] = b""
            for part in stream.response:
                heard[who] += part
                if b"event: typing" in part:
                    break
    finally:
        for stream in streams.values():
            stream.close()
    assert b"event: message" in heard["citra"]
    assert b'"conversation"' in heard["citra"]
    assert b'"conversation"' not in heard["budi"]
    assert b"event: message" not in heard["budi"]


def test_C15_the_decision_log_is_in_its_readers_language(shop: Shop) -> None:
    shop.client("budi").get("/inbox/counts")
    shop.customer_writes("Halo")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        talk, reason = session.execute(select(Assignment.conversation_id, Assignment.reason)).one()
    assert reason == "Budi's turn had come: the others got one later."
    with shop.desk.database.system() as system:
        system.get_one(Tenant, shop.tenant_id).locale = "id"
    why = page(shop, f"/distribution/why/{talk}")
    assert "Giliran Budi" in why
    assert "turn had come" not in why
    assert "Giliran Budi" in page(shop, f"/inbox/{talk}/")


def test_C15_the_decision_log_says_why(shop: Shop) -> None:
    budi = shop.client("budi")
    budi.get("/inbox/counts")  # a page of theirs is open
    shop.customer_writes("Halo")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        decision = session.scalars(select(Decision)).one()
        assert decision.agent_id == shop.members["budi"]
    why = page(shop, f"/distribution/why/{decision.conversation_id}")
    assert "Budi Toko" in why or "Budi" in why
    assert "Citra was offline." in why
    assert f"/distribution/why/{decision.conversation_id}" in page(
        shop, f"/inbox/{decision.conversation_id}/"
    )
    assert "1 conversation" in page(
        shop, f"/distribution/replay/?day={decision.at.date()}&policy=least_loaded"
    ) or "Nothing was distributed" in page(shop, "/distribution/replay/")
    assert "Budi" in page(shop, "/distribution/board/")


def test_C15_a_rotator_spreads_clicks_by_weight_and_leads_to_wa_me_only(shop: Shop) -> None:
    form = {"name": "Promo", "greeting": "Halo & salam", "is_active": "1"}
    weights = {"numbers": shop.channel_id, f"weight_{shop.channel_id}": 3}
    assert post(shop, "/distribution/links/create", **form).status_code == 422
    assert post(shop, "/distribution/links/create", **form, **weights).status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        slug = session.scalars(select(Rotator.slug)).one()
    anybody = shop.app.test_client()
    for _ in range(3):
        answer = anybody.get(f"/r/{slug}")
        assert answer.status_code == 302
        assert re.fullmatch(
            r"https://wa\.me/628111111111\?text=Halo%20%26%20salam", answer.location
        )
    assert anybody.get("/r/nothing-here").status_code == 404
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(RotatorTarget.clicks)).all() == [3]
        rotator_id = session.scalars(select(Rotator.id)).one()
    assert "data:image/png" in page(shop, f"/distribution/links/{rotator_id}/code")


def test_C13_a_person_says_how_they_stand(shop: Shop) -> None:
    assert 'hx-post="/presence/"' in page(shop, "/inbox/", "budi")
    assert post(shop, "/presence/", "budi", presence="busy").status_code == 204
    assert post(shop, "/presence/", "budi", presence="x").status_code == 400
    assert "Busy" in page(shop, f"/distribution/agent/{shop.members['budi']}")
