"""The screens of merging, without a browser: what they offer, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.models import Contact, Conversation
from core.services.plugins import enable
from core.services.tenants import RoleName
from plugins.merge import services
from tests.plugins.merge.people import people
from tests.web.installation import Shop, install, open_shop, token_in


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(Path(tmp_path_factory.mktemp("merge")))
    found = open_shop(app, "melati")
    with found.desk.database.tenant(found.tenant_id) as session:
        enable(session, "merge")
    found.hire("vera", RoleName.VIEWER)
    found.hire("andi", RoleName.AGENT)
    found.hire("sari", RoleName.SUPERVISOR)
    yield found
    found.desk.database.dispose()


@pytest.fixture(scope="module")
def rina(shop: Shop) -> FlaskClient:
    return shop.client("rina")


def writer(shop: Shop, number: str, name: str) -> tuple[int, int]:
    """Somebody who wrote: (customer, conversation)."""
    shop.customer_writes("Halo", number=number, name=name)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        talk = session.scalars(
            select(Conversation)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Contact.phone == number)
        ).one()
        return talk.contact.customer_id, talk.id


def merged(shop: Shop, one: int, other: int) -> int:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        return services.merge(session, one, [other]).customer_id


def page_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def post(client: FlaskClient, path: str, **form: Any) -> Any:
    token = token_in(page_of(client, "/users/userinfo/"))
    headers = {"X-CSRFToken": token, "HX-Request": "true"}
    return client.post(path, data=form, headers=headers)


def test_E2_the_popup_finds_every_customer_with_its_channel(shop: Shop, rina: FlaskClient) -> None:
    one, _ = writer(shop, "+6281300000001", "Dewi Lestari")
    writer(shop, "+6281300000002", "Budi Santoso")
    page = page_of(rina, f"/merge/{one}/choose")
    assert "Budi Santoso" in page
    assert "Phone melati" in page
    assert f'value="{one}"' not in page  # not the one that is open
    for words in ("santoso", "budi san", "300000002", "081300000002"):
        assert "Budi Santoso" in page_of(rina, f"/merge/{one}/found?q={words}"), words
    assert "Nobody found" in page_of(rina, f"/merge/{one}/found?q=zzz")


def test_E4_an_icon_marks_merged_customers(shop: Shop, rina: FlaskClient) -> None:
    one, _ = writer(shop, "+6281300000011", "Ayu Satu")
    two, _ = writer(shop, "+6281300000012", "Ayu Dua")
    looker, _ = writer(shop, "+6281300000013", "Looker")
    writer(shop, "+6281300000014", "Aya Tiga")
    assert "data-merged" not in page_of(rina, f"/merge/{looker}/found?q=ayu")
    merged(shop, one, two)
    page = page_of(rina, f"/merge/{looker}/found?q=ayu")
    assert page.count("data-merged") == 1
    assert page.count('name="with"') == 1
    listed = page_of(rina, "/customerview/list/?_flt_0_name=ayu")
    assert listed.count("data-row-mark") == 1
    assert 'title="2 contacts"' in listed
    assert 'title="2 contacts"' in page_of(rina, "/customerview/search?q=ay")


def test_E6_the_inbox_leads_to_the_panel_and_back(shop: Shop, rina: FlaskClient) -> None:
    one, talk = writer(shop, "+6281300000021", "Sari Inbox")
    other, _ = writer(shop, "+6281300000022", "Sari Lama")
    thread = page_of(rina, f"/inbox/{talk}/thread")
    assert f'hx-get="/merge/panel/{talk}"' in thread
    assert "Merge to existing customers" in thread
    assert "Sari Lama" in page_of(rina, f"/merge/panel/{talk}?q=sari")
    sides = page_of(rina, f"/merge/{one}/compare?with={other}&place=panel&conversation={talk}")
    assert "2 of 11" in sides
    form = {"with": other, "place": "panel", "conversation": talk}
    answer = post(rina, f"/merge/{one}/merge", **form)
    assert answer.headers["HX-Redirect"] == f"/inbox/{talk}/"
    assert page_of(rina, f"/inbox/{talk}/thread").count("bubble-channel") == 2


def test_a_stale_preview_shows_the_fresh_one_instead(shop: Shop, rina: FlaskClient) -> None:
    one, _ = writer(shop, "+6281300000031", "Wati Satu")
    two, _ = writer(shop, "+6281300000032", "Wati Dua")
    three, _ = writer(shop, "+6281300000033", "Wati Tiga")
    version = services_token(shop, one, two)
    merged(shop, two, three)
    answer = post(rina, f"/merge/{one}/merge", **{"with": two, "version": version})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "have changed since you looked" in text
    assert "3 of 11" in text
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert services.preview(session, one, [two]).count == 3  # nothing was merged


def services_token(shop: Shop, one: int, other: int) -> str:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return services.preview(session, one, [other]).token


def test_E14_an_old_link_leads_on_and_says_so(shop: Shop, rina: FlaskClient) -> None:
    one, _ = writer(shop, "+6281300000041", "Lia Satu")
    two, _ = writer(shop, "+6281300000042", "Lia Dua")
    group = merged(shop, one, two)
    answer = rina.get(f"/customerview/show/{two}")
    assert answer.headers["Location"].endswith(f"/customerview/show/{group}")
    assert "old link" in page_of(rina, f"/customerview/show/{group}")


def test_E8_and_undo_from_the_history(shop: Shop, rina: FlaskClient) -> None:
    one, _ = writer(shop, "+6281300000051", "Nia Satu")
    two, _ = writer(shop, "+6281300000052", "Nia Dua")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        event = services.merge(session, one, [two], reason="same person").id
    page = page_of(rina, "/merge/")
    assert "same person" in page
    assert f"/merge/event/{event}/undo" in page
    assert post(rina, f"/merge/event/{event}/undo", back="history").status_code == 204
    assert f"/merge/event/{event}/undo" not in page_of(rina, "/merge/")


def test_a_viewer_sees_members_and_may_not_merge(shop: Shop) -> None:
    vera = shop.client("vera")
    one, _ = writer(shop, "+6281300000061", "Tia Satu")
    two, _ = writer(shop, "+6281300000062", "Tia Dua")
    assert vera.get(f"/merge/{one}/members").status_code == 204
    group = merged(shop, one, two)
    page = page_of(vera, f"/merge/{group}/members")
    assert "Tia Dua" in page
    assert "data-merge-open" not in page
    assert vera.get(f"/merge/{group}/choose").status_code == 403


def test_the_rules_are_chosen_and_profiles_follow(shop: Shop, rina: FlaskClient) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        one, two = (each.id for each in people(session, "Ana", "Ana Lengkap"))
    group = merged(shop, one, two)
    assert "Ana Lengkap" in page_of(rina, f"/customerview/show/{group}")
    answer = post(rina, "/merge/rules", name="main", phone="verified", email="verified")
    assert answer.status_code == 204
    shop.desk.jobs.run_pending()
    assert "<h1>" in page_of(rina, f"/customerview/show/{group}")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        contact = session.scalars(select(Contact).where(Contact.name == "Ana")).one()
        assert contact.customer.name == "Ana"
    assert post(rina, "/merge/rules", name="nonsense").status_code == 422


def test_an_agent_merges_and_changes_no_rules(shop: Shop) -> None:
    andi, sari = shop.client("andi"), shop.client("sari")
    one, _ = writer(shop, "+6281300000071", "Uma Satu")
    writer(shop, "+6281300000072", "Uma Dua")
    assert "Uma Dua" in page_of(andi, f"/merge/{one}/found?q=uma")
    for path in ("/merge/rules", "/merge/suggestions/rebuild"):
        assert post(andi, path, name="main").status_code == 403, path
        assert post(sari, path, name="main").status_code in (204, 302), path
    assert 'action="/merge/rules"' not in page_of(andi, "/merge/")
    assert "/merge/suggestions/rebuild" not in page_of(andi, "/merge/suggestions/")
    assert "/merge/suggestions/rebuild" in page_of(sari, "/merge/suggestions/")
