"""Merging over REST, as a program does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.models import AuditEntry, Contact, Customer
from core.services.consent import opt_out
from core.services.erase import erase_contact
from core.services.plugins import disable, enable
from tests.plugins.merge.people import contact_of, people
from tests.web.installation import PASSWORD, Shop, install, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(Path(tmp_path_factory.mktemp("merge")))
    found = open_shop(app, "melati")
    with found.desk.database.tenant(found.tenant_id) as session:
        enable(session, "merge")
    yield found
    found.desk.database.dispose()


class Program:
    """A client with a bearer token."""

    def __init__(self, shop: Shop) -> None:
        self.client: FlaskClient = shop.app.test_client()
        login = {"username": "rina@melati.example", "password": PASSWORD, "provider": "db"}
        answer = self.client.post("/api/v1/security/login", json=login)
        self.headers = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.post(
            f"/api/v1/{path}", json=body or {}, headers={**self.headers, **headers}
        )

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1/{path}", headers=self.headers)

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(f"/api/v1/{path}", headers=self.headers)


@pytest.fixture(scope="module")
def program(shop: Shop) -> Program:
    return Program(shop)


def crowd(shop: Shop, *names: str) -> list[int]:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        return [customer.id for customer in people(session, *names)]


def contact_id(shop: Shop, customer_id: int) -> int:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return contact_of(session, session.get_one(Customer, customer_id)).id


def test_E3_E8_E14_merge_unmerge_and_old_ids(shop: Shop, program: Program) -> None:
    one, other = crowd(shop, "Dewi", "Dewi Lestari")
    merged = program.post(f"customer/{one}/merge", {"with": [other]})
    assert merged.status_code == 200, merged.get_json()
    group = merged.get_json()["customer_id"]
    for old in (one, other, group):
        assert program.get(f"customer/{old}").get_json()["id"] == group
    members = program.get(f"customer/{one}/members").get_json()
    assert [each["name"] for each in members["result"]] == ["Dewi", "Dewi Lestari"]
    assert members["profile"]["name"] == {
        "value": "Dewi Lestari",
        "contact_id": contact_id(shop, other),
        "why": "longest",
    }
    left = program.post(f"customer/{group}/unmerge", {"contact_id": contact_id(shop, other)})
    assert left.get_json()["customer_id"] == one
    assert program.get(f"customer/{group}").get_json()["id"] == one
    assert program.get(f"customer/{other}").get_json()["id"] == other
    events = program.get("merge_event/?q=(order_column:id,order_direction:desc)").get_json()
    assert [each["kind"] for each in events["result"][:2]] == ["unmerge", "merge"]
    assert program.post("merge_event/", {}).status_code in (404, 405)


def test_F1_deleting_a_merged_customer_erases_the_members_that_are_named(
    shop: Shop, program: Program
) -> None:
    main, other, third = crowd(shop, "Yanti", "Yusuf", "Yoga")
    group = program.post(f"customer/{main}/merge", {"with": [other, third]}).get_json()
    path = f"customer/{group['customer_id']}"
    assert program.get(path).get_json()["result"]["is_group"] is True
    erased, kept = contact_id(shop, other), contact_id(shop, main)
    stranger = contact_id(shop, crowd(shop, "Zul")[0])
    assert program.delete(path).status_code == 422, "nobody is named"
    for refused in (f"?member={stranger}", f"?member={erased}&member={stranger}"):
        answer = program.delete(path + refused)
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["member"])
    assert program.delete(f"{path}?member=x").status_code == 400
    members = program.get(f"{path}/members").get_json()["result"]
    assert len(members) == 3, "a refusal changes nothing"
    assert program.delete(f"{path}?member={erased}").status_code == 200
    left = program.get(f"{path}/members").get_json()["result"]
    assert kept in [each["contact_id"] for each in left]
    assert erased not in [each["contact_id"] for each in left]
    assert program.get(f"customer/{other}").status_code == 410
    with shop.desk.database.tenant(shop.tenant_id) as session:
        assert session.get_one(Contact, erased).name == ""
    alone = crowd(shop, "Wati")[0]
    assert program.delete(f"customer/{alone}?member={stranger}").status_code == 422
    assert program.delete(f"customer/{alone}").status_code == 200


def test_undone_and_erased_answer_410(shop: Shop, program: Program) -> None:
    one, other = crowd(shop, "A", "B")
    merged = program.post(f"customer/{one}/merge", {"with": [other]}).get_json()
    undone = program.post(f"merge_event/{merged['event_id']}/undo")
    assert undone.status_code == 200
    assert program.get(f"customer/{merged['customer_id']}").status_code == 410
    again = program.post(f"merge_event/{merged['event_id']}/undo")
    assert (again.status_code, "undone already" in again.get_json()["message"]) == (409, True)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        erase_contact(session, session.get_one(Contact, contact_id(shop, other)))
    assert program.get(f"customer/{other}").status_code == 410
    assert program.post(f"customer/{one}/merge", {"with": [other]}).status_code == 410


def test_a_stale_version_answers_409_with_a_fresh_preview(shop: Shop, program: Program) -> None:
    one, other, third = crowd(shop, "A", "B", "C")
    shown = program.post(f"customer/{one}/merge/preview", {"with": [other]}).get_json()
    assert len(shown["members"]) == 2
    program.post(f"customer/{other}/merge", {"with": [third]})
    stale = program.post(f"customer/{one}/merge", {"with": [other], "version": shown["version"]})
    assert stale.status_code == 409
    fresh = stale.get_json()["preview"]
    assert len(fresh["members"]) == 3
    merged = program.post(f"customer/{one}/merge", {"with": [other], "version": fresh["version"]})
    assert merged.status_code == 200
    number = program.get(f"customer/{one}").get_json()["result"]["version"]
    old = {"contact_id": contact_id(shop, third), "version": number - 1}
    assert program.post(f"customer/{one}/unmerge", old).status_code == 409
    new = {"contact_id": contact_id(shop, third), "version": number}
    assert program.post(f"customer/{one}/unmerge", new).status_code == 200


def test_the_same_key_answers_with_the_same_event(shop: Shop, program: Program) -> None:
    one, other, third = crowd(shop, "A", "B", "C")
    key = {"Idempotency-Key": "once"}
    first = program.post(f"customer/{one}/merge", {"with": [other]}, **key).get_json()
    assert program.post(f"customer/{one}/merge", {"with": [other]}, **key).get_json() == first
    assert program.post(f"customer/{one}/merge", {"with": [third]}, **key).status_code == 409


@pytest.mark.parametrize(
    ("what", "body", "status", "field"),
    [
        ("merge", {"with": []}, 422, "with"),
        ("merge", {}, 422, "with"),
        ("merge", {"with": ["x"]}, 422, "with.0"),
        ("merge", {"with": [2_000_000_000]}, 404, ""),
        ("unmerge", {"contact_id": 2_000_000_000}, 422, "contact_id"),
        ("main_channel", {"contact_id": 2_000_000_000}, 422, "contact_id"),
        ("pin", {"field": "consent", "contact_id": 1}, 422, "field"),
        ("pin", {"field": "name", "contact_id": 2_000_000_000}, 422, "contact_id"),
    ],
)
def test_bad_input_names_its_field(
    shop: Shop, program: Program, what: str, body: Any, status: int, field: str
) -> None:
    (one,) = crowd(shop, "A")
    answer = program.post(f"customer/{one}/{what}", body)
    assert answer.status_code == status, answer.get_json()
    assert list(answer.get_json()["errors"]) == ([field] if field else [])


def test_E7_E11_main_channel_and_pins(shop: Shop, program: Program) -> None:
    one, other = crowd(shop, "Dewi", "Dewi Lestari")
    group = program.post(f"customer/{one}/merge", {"with": [other]}).get_json()["customer_id"]
    first = contact_id(shop, one)
    second = contact_id(shop, other)
    set_to = program.post(f"customer/{group}/main_channel", {"contact_id": second})
    assert set_to.status_code == 200
    members = program.get(f"customer/{group}/members").get_json()
    assert members["main_channel"] == {"contact_id": second, "channel_id": shop.channel_id}
    program.post(f"customer/{group}/pin", {"field": "name", "contact_id": first})
    assert program.get(f"customer/{group}").get_json()["result"]["name"] == "Dewi"
    program.post(f"customer/{group}/pin", {"field": "name", "contact_id": None})
    assert program.get(f"customer/{group}").get_json()["result"]["name"] == "Dewi Lestari"


def test_F1_editing_a_merged_customer_writes_its_main_contact_and_pins(
    shop: Shop, program: Program
) -> None:
    one, other = crowd(shop, "Dewi", "Dewi Lestari")
    group = program.post(f"customer/{one}/merge", {"with": [other]}).get_json()["customer_id"]
    shown = program.get(f"customer/{group}").get_json()["result"]
    form = {**{field: shown[field] for field in ("phone", "email")}, "name": "Ibu Dewi"}
    answer = program.client.put(f"/api/v1/customer/{group}", json=form, headers=program.headers)
    assert answer.status_code == 200, answer.get_json()
    members = program.get(f"customer/{group}/members").get_json()
    assert members["profile"]["name"]["value"] == "Ibu Dewi"
    assert members["profile"]["name"]["why"] == "pinned"
    assert [each["name"] for each in members["result"]] == ["Ibu Dewi", "Dewi Lestari"]


def test_E9_the_timeline_is_one_and_the_preview_says_what_is_saved(
    shop: Shop, program: Program
) -> None:
    for number, text in (("+6281777000001", "satu"), ("+6281777000002", "dua")):
        shop.customer_writes(text, number=number, name=f"Person {number[-1]}")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        found = session.scalars(
            select(Contact).where(Contact.phone.startswith("+6281777")).order_by(Contact.id)
        ).all()
        one, other = (each.customer_id for each in found)
    shown = program.post(f"customer/{one}/merge/preview", {"with": [other]}).get_json()
    assert (shown["messages_saved"], shown["is_silent"]) == (1, False)
    program.post(f"customer/{one}/merge", {"with": [other]})
    page = program.get(f"customer/{one}/timeline?limit=1").get_json()
    assert [each["body"] for each in page["result"]] == ["dua"]
    rest = program.get(f"customer/{one}/timeline?before={page['next']['before']}").get_json()
    assert [each["body"] for each in rest["result"]] == ["satu"]
    assert rest["next"] is None


def test_E11_opt_out_wins(shop: Shop, program: Program) -> None:
    one, other = crowd(shop, "A", "B")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        opt_out(session, session.get_one(Contact, contact_id(shop, other)))
    shown = program.post(f"customer/{one}/merge/preview", {"with": [other]}).get_json()
    assert shown["is_silent"]
    program.post(f"customer/{one}/merge", {"with": [other]})
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        merged = session.scalars(select(AuditEntry).where(AuditEntry.action == "merge"))
        assert merged.all()[-1].actor == "Rina"


def test_switched_off_no_group_dissolves(shop: Shop, program: Program) -> None:
    one, other = crowd(shop, "A", "B")
    group = program.post(f"customer/{one}/merge", {"with": [other]}).get_json()["customer_id"]
    with shop.desk.database.tenant(shop.tenant_id) as session:
        disable(session, "merge")
    try:
        assert program.post(f"customer/{one}/merge", {"with": [other]}).status_code == 404
        assert program.get(f"customer/{one}").get_json()["id"] == group
    finally:
        with shop.desk.database.tenant(shop.tenant_id) as session:
            enable(session, "merge")
    assert len(program.get(f"customer/{one}/members").get_json()["result"]) == 2
