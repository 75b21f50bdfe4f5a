"""The review queue, the card beside a customer and REST, through the application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.models import Contact, Customer, MergeEvent
from core.services.customers import create_customer
from core.services.plugins import enable
from plugins.merge.models import ForbiddenPair
from plugins.merge.services import merge
from tests.web.installation import Shop, install, open_shop, token_in

TWINS = [
    ("Zulkarnaen Harahap", "Zulkarnain Harahap"),
    ("Bogdan Stănescu", "Stanescu Bogdan"),
    ("Wulandari Puspita", "Wulandary Puspita"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return install(Path(tmp_path_factory.mktemp("review")))


@pytest.fixture
def shop(app: Any, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop with three pairs that may be one person each."""
    opened = open_shop(app, f"toko-{abs(hash(request.node.name)) % 10**6}")
    with opened.desk.database.tenant(opened.tenant_id) as session:
        enable(session, "merge")
        for pair in TWINS:
            for name in pair:
                create_customer(session, name=name)
    opened.desk.jobs.run_pending()
    return opened


def customers(shop: Shop) -> dict[str, int]:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        rows = session.scalars(select(Contact).where(Contact.archived_at.is_(None)))
        return {contact.name: contact.customer_id for contact in rows}


def decide(shop: Shop, verdict: str) -> str:
    """Say `verdict` of the pair on the page; the page that follows."""
    client = shop.client()
    page = client.get("/merge/suggestions/").text
    form = {"csrf_token": token_in(page), "verdict": verdict}
    for name in ("one", "other", "version", "is_next"):
        _, _, after = page.partition(f'name="{name}" value="')
        form[name] = after.partition('"')[0]
    return str(client.post("/merge/suggestions/decide", data=form, follow_redirects=True).text)


def test_E12_a_person_merges_skips_and_keeps_apart(shop):
    assert "3 pairs wait" in shop.client().get("/merge/suggestions/").text
    before = customers(shop)
    assert "2 pairs wait" in decide(shop, "same")
    after = customers(shop)
    assert len(set(after.values())) == len(set(before.values())) - 1
    first = decide(shop, "later")
    assert "2 pairs wait" in first
    assert "1 pair waits" in decide(shop, "not_same")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        apart = session.scalars(select(ForbiddenPair)).one()
        assert apart.source == "not_same"
        assert apart.evidence
        event = session.scalars(select(MergeEvent)).one()
        assert not event.is_automatic
        assert event.evidence


def test_E12_not_the_same_person_can_be_revoked_on_screen(shop):
    decide(shop, "not_same")
    client = shop.client()
    page = client.get("/merge/suggestions/apart").text
    assert "Somebody said so" in page
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        pair_id = session.scalars(select(ForbiddenPair.id)).one()
    client.post(f"/merge/suggestions/apart/{pair_id}/revoke", data={"csrf_token": token_in(page)})
    assert "3 pairs wait" in client.get("/merge/suggestions/").text


def test_E12_a_pair_that_changed_meanwhile_is_shown_again(shop):
    client = shop.client()
    page = client.get("/merge/suggestions/").text
    form = {"csrf_token": token_in(page), "verdict": "same", "version": "stale", "is_next": "1"}
    for name in ("one", "other"):
        form[name] = page.partition(f'name="{name}" value="')[2].partition('"')[0]
    answer = client.post("/merge/suggestions/decide", data=form, follow_redirects=True)
    assert answer.status_code == 200
    assert "3 pairs wait" in answer.text


def test_E12_the_card_beside_a_customer_says_why(shop):
    client = shop.client()
    with shop.desk.database.tenant(shop.tenant_id) as session:
        twin = session.scalars(select(Contact).where(Contact.name == TWINS[0][0])).one()
        alone = create_customer(session, name="Nobody Else").contacts[0]
        session.commit()
        twin_id, alone_id, customer_id = twin.id, alone.id, twin.customer_id
    card = client.get(f"/merge/suggestions/beside/{twin_id}")
    assert TWINS[0][1] in card.text
    assert "Similar name" in card.text
    assert client.get(f"/merge/suggestions/beside/{alone_id}").status_code == 204
    assert (
        f"/merge/suggestions/beside/{twin_id}"
        in client.get(f"/customerview/show/{customer_id}").text
    )


def test_E12_suggestions_over_rest(shop):
    client = shop.client()
    found = customers(shop)
    one, other = found[TWINS[0][0]], found[TWINS[0][1]]
    token = {"X-CSRFToken": token_in(client.get("/merge/suggestions/").text)}
    answer = client.get(f"/api/v1/customer/{one}/suggestions").get_json()
    assert [each["customer_id"] for each in answer["result"]] == [other]
    assert answer["result"][0]["evidence"] == ["similar_name"]
    assert client.get("/api/v1/suggestion/").get_json()["count"] == 3
    said = client.post(
        f"/api/v1/customer/{one}/not_same", json={"customer_id": other}, headers=token
    )
    assert said.status_code == 200
    assert client.get(f"/api/v1/customer/{one}/suggestions").get_json()["result"] == []
    revoked = client.post(
        f"/api/v1/customer/{one}/maybe_same", json={"customer_id": other}, headers=token
    )
    assert revoked.get_json()["revoked"] == 1
    assert len(client.get(f"/api/v1/customer/{one}/suggestions").get_json()["result"]) == 1
    assert client.post("/api/v1/suggestion/rebuild", json={}, headers=token).status_code == 202


def test_E12_the_digest_undoes_what_merged_by_itself(shop):
    found = customers(shop)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        one, other = (session.get_one(Customer, found[name]) for name in TWINS[0])
        shop.desk.host.settings.save(session, "merge", {"merge_verified": True})
        event_id = merge(
            session, one.id, [other.id], evidence=["same_mailbox"], is_automatic=True
        ).id
    client = shop.client()
    assert "1 merged by itself" in client.get("/merge/suggestions/").text
    page = client.get("/merge/suggestions/automatic").text
    assert "Same mailbox" in page
    done = client.post(
        f"/merge/suggestions/automatic/{event_id}/undo",
        data={"csrf_token": token_in(page)},
        follow_redirects=True,
    )
    assert "Undone" in done.text
    assert customers(shop) == found


def test_E12_the_weights_can_be_looked_at(shop):
    client = shop.client()
    assert "Learnt from 6 customers" in client.get("/merge/suggestions/weights").text
    with shop.desk.database.tenant(shop.tenant_id) as session:
        create_customer(session, name="Ratna Sari")
    page = client.get("/merge/suggestions/").text
    client.post("/merge/suggestions/rebuild", data={"csrf_token": token_in(page)})
    shop.desk.jobs.run_pending()
    assert "Learnt from 7 customers" in client.get("/merge/suggestions/weights").text
