"""The same over REST: a program synchronises, switches, previews, reads reports, undoes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.config import Settings
from core.services.plugins import enable
from plugins.channels.simulator.models import Person
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
