"""A program writes a broadcast, sends it and watches it (B16)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.services.customers import create_customer
from core.testing.working import work_off
from tests.web.installation import Shop, install, open_shop, token_in


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("broadcast")), "melati")
    with found.desk.database.tenant(found.tenant_id) as session:
        found.desk.host.switches.enable(session, "automation")
        create_customer(session, name="Dewi", phone="+6281200001234")
    yield found
    found.desk.database.dispose()


def test_B16_over_rest(shop: Shop) -> None:
    rina = shop.client("rina")
    headers = {"X-CSRFToken": token_in(rina.get("/profile/").get_data(as_text=True))}
    url = "/api/v1/broadcast/"
    refused = rina.post(url, json={"name": "x", "text": "{nobody}"}, headers=headers)
    assert refused.status_code == 422
    assert "text" in refused.json["errors"]
    body = {"name": "Promo", "text": "Halo {contactname}", "per_minute": 60_000}
    made = rina.post(url, json=body, headers=headers)
    assert made.status_code == 201, made.text
    pk = made.json["id"]
    assert work_off(shop.desk)
    assert rina.get(f"{url}{pk}").json["state"] == "ready"
    started = rina.post(f"{url}{pk}/start", json={}, headers=headers)
    assert (started.status_code, started.json["to_write"]) == (200, 1)
    assert rina.post(f"{url}{pk}/pause", json={}, headers=headers).json["state"] == "paused"
    assert rina.post(f"{url}{pk}/retry", json={}, headers=headers).status_code == 422
    assert rina.post(f"{url}{pk}/cancel", json={}, headers=headers).json["state"] == "cancelled"
    assert rina.get(f"{url}999999").status_code == 404


def test_B16_a_file_over_rest_and_the_result_for_each(shop: Shop) -> None:
    rina = shop.client("rina")
    headers = {"X-CSRFToken": token_in(rina.get("/profile/").get_data(as_text=True))}
    url = "/api/v1/broadcast/"
    body = {"name": "Promo", "text": "Halo", "audience": {"kind": "file"}}
    refused = rina.post(url, json=body, headers=headers)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["file"])
    rows = "name,number\nDewi,0812 0000 1234\nnobody,+6281299999999\n"
    body["audience"] = {"kind": "file", "csv": rows, "file_name": "promo.csv"}
    made = rina.post(url, json=body, headers=headers)
    assert made.status_code == 201, made.text
    assert work_off(shop.desk)
    found = rina.get(f"{url}{made.json['id']}").json
    assert (found["audience"], found["to_write"]) == ("A file · promo.csv", 1)
    people = rina.get(f"{url}{made.json['id']}/recipients").json
    (person,) = people["recipients"]
    assert (person["state"], person["message"], people["next_after"]) == ("waiting", None, None)
    only = rina.get(f"{url}{made.json['id']}/recipients?only=opted_out")
    assert (only.status_code, only.json["recipients"]) == (200, [])
    assert rina.get(f"{url}{made.json['id']}/recipients?only=friends").status_code == 400
    assert rina.get(f"{url}{made.json['id']}/recipients?after=x").status_code == 400
    assert rina.get(f"{url}{made.json['id']}/recipients?after=99999999999999").status_code == 200
