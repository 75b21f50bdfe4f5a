"""The same over REST: a program synchronises, switches, previews, reads reports, undoes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from core.config import Settings
from core.models import Contact
from core.services.plugins import enable
from core.testing.working import work_off
from plugins.channels.simulator.models import Person
from plugins.sync import api
from tests.web.installation import Shop, install, open_shop, token_in


@pytest.fixture
def shop(sqlite_settings: Settings) -> Iterator[Shop]:
    opened = open_shop(install(sqlite_settings.home), "melati")
    with opened.desk.database.tenant(opened.tenant_id) as session:
        enable(session, "sync")
        session.add(Person(channel_id=opened.channel_id, number="+6281234567890", name="Ani"))
    yield opened
    opened.desk.database.dispose()


def post(shop: Shop, path: str, body: dict[str, Any] | None = None) -> Any:
    client = shop.client()
    token = token_in(client.get("/sync/").get_data(as_text=True))
    return client.post(f"/api/v1/{path}", json=body or {}, headers={"X-CSRFToken": token})


def test_a_program_switches_synchronises_and_reads_the_report(shop: Shop) -> None:
    channel = f"channel/{shop.channel_id}"
    assert post(shop, f"{channel}/auto_sync", {"enabled": True}).json == {"is_automatic": True}
    assert post(shop, f"{channel}/auto_sync", {"enabled": False}).json == {"is_automatic": False}
    begun = post(shop, f"{channel}/sync")
    assert begun.status_code == 202
    assert begun.json["joined"] is False
    again = post(shop, f"{channel}/sync")
    assert (again.json["run_id"], again.json["joined"]) == (begun.json["run_id"], True)
    report = shop.client().get(f"/api/v1/sync_run/{begun.json['run_id']}").json
    assert (report["state"], report["percent"]) == ("listing", 0)
    state = shop.client().get(f"/api/v1/{channel}/sync").json
    assert (state["is_automatic"], state["run"]["state"]) == (False, "listing")


def test_what_is_not_there_or_not_ready_is_said(shop: Shop) -> None:
    assert post(shop, "channel/999/sync").status_code == 404
    assert shop.client().get("/api/v1/sync_run/999").status_code == 404
    refused = post(shop, f"channel/{shop.channel_id}/auto_sync", {"enabled": "perhaps"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["enabled"])
    from core.models import Channel
    from core.services import channels

    with shop.desk.database.tenant(shop.tenant_id) as session:
        channels.pause(session, session.get_one(Channel, shop.channel_id))
    answer = post(shop, f"channel/{shop.channel_id}/sync")
    assert answer.status_code == 422
    assert "Paused" in answer.json["message"]
    assert "Set up" in shop.client().get("/sync/").get_data(as_text=True)


def test_a_program_previews_applies_and_undoes_only_what_it_can(shop: Shop) -> None:
    run_id = post(shop, f"channel/{shop.channel_id}/sync", {"preview": True}).json["run_id"]
    assert post(shop, f"sync_run/{run_id}/apply").status_code == 409
    assert post(shop, f"sync_run/{run_id}/discard").status_code == 422
    assert post(shop, f"sync_run/{run_id}/undo").status_code == 422


def get(shop: Shop, path: str) -> Any:
    return shop.client().get(f"/api/v1/{path}")


def test_a_program_brings_a_list_in_and_removes_it(shop: Shop) -> None:
    rows = "".join(f"N{n},08123456789{n:02}\n" for n in range(3)) + "X,12\n"
    sent = {"name": "Pasar", "content": f"Nama,HP\n{rows}"}
    begun = post(shop, "sync_device/", sent)
    assert begun.status_code == 202
    device_id, run_id = begun.json["device_id"], begun.json["run_id"]
    assert work_off(shop.desk)
    report = get(shop, f"sync_run/{run_id}").json
    assert (report["state"], report["added"], report["refused"]) == ("done", 3, 1)
    refused = get(shop, f"sync_run/{run_id}/refused").json
    assert refused == {"rows": [{"reason": "short", "raw": "X | 12"}], "next": None}
    assert [each["name"] for each in get(shop, "sync_device/").json["result"]] == ["Pasar"]
    device = get(shop, f"sync_device/{device_id}").json
    assert (device["contacts"], device["may_go"], device["runs"][0]["id"]) == (3, 3, run_id)
    assert post(shop, f"sync_device/{device_id}/remove", {"contacts": "remove"}).status_code == 202
    assert get(shop, f"sync_device/{device_id}").json["is_leaving"]
    assert post(shop, "sync_device/", sent).status_code == 409
    assert work_off(shop.desk)
    assert get(shop, f"sync_device/{device_id}").status_code == 404
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Contact)).all() == []


def test_a_program_previews_a_list_with_columns_of_its_own(shop: Shop) -> None:
    sent = {"name": "Pasar", "content": "1,0812345678901,Ani\n", "has_header": False}
    refused = post(shop, "sync_device/", {**sent, "columns": ["", "", "name"]})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["columns"])
    refused = post(shop, "sync_device/", {**sent, "columns": ["", "telephone"]})
    assert refused.status_code == 422
    refused = post(shop, "sync_device/", {**sent, "content": "  "})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["content"])
    plan = {**sent, "columns": ["", "phone", "name"], "preview": True}
    run_id = post(shop, "sync_device/", plan).json["run_id"]
    assert work_off(shop.desk)
    assert get(shop, f"sync_run/{run_id}").json["state"] == "planned"
    assert post(shop, f"sync_run/{run_id}/apply").status_code == 202
    assert work_off(shop.desk)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Contact.name)).all() == ["Ani"]


def test_refused_rows_come_page_by_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    rows = "".join(f"N{n},{n}\n" for n in range(10, 15)) + "Ani,0812345678901\n"
    run_id = post(shop, "sync_device/", {"name": "P", "content": f"Nama,HP\n{rows}"}).json["run_id"]
    assert work_off(shop.desk)
    found, after = [], ""
    while after is not None:
        page = get(shop, f"sync_run/{run_id}/refused?after={after}").json
        found += [row["raw"] for row in page["rows"]]
        after = page["next"]
    assert found == [f"N{n} | {n}" for n in range(10, 15)]
    for odd in ("x", "short.x", "short.-1", "%00.1"):
        assert get(shop, f"sync_run/{run_id}/refused?after={odd}").status_code == 400


def test_a_number_is_removed_elsewhere(shop: Shop) -> None:
    post(shop, f"channel/{shop.channel_id}/sync")
    device_id = get(shop, "sync_device/").json["result"][0]["id"]
    refused = post(shop, f"sync_device/{device_id}/remove")
    assert refused.status_code == 422
    assert "My devices" in refused.json["message"]
