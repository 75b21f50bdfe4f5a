"""Opting out by link, on screen and in the dialog."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.models import AuditEntry, Consent, Contact, Tenant
from core.services.consent import opt_out
from core.services.customers import create_customer
from core.services.opt_out_links import opt_out_link
from tests.web.installation import Shop, install, open_shop, token_in


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("opt-out")), "melati")
    yield found
    found.desk.database.dispose()


def customer(shop: Shop, name: str, phone: str = "") -> tuple[int, str]:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = create_customer(session, name=name, phone=phone).contacts[0]
        return contact.id, "/o/" + opt_out_link(session, contact).rpartition("/o/")[2]


def wish(shop: Shop, contact_id: int) -> tuple[Consent, str | None]:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        contact = session.get_one(Contact, contact_id)
        return contact.consent, contact.consent_by


def test_a_customer_opts_out_by_link_without_a_login(shop: Shop) -> None:
    contact_id, link = customer(shop, "Dewi")
    browser = shop.app.test_client()
    asked = browser.get(link)
    assert asked.status_code == 200
    assert wish(shop, contact_id)[0] is Consent.UNKNOWN  # mail scanners follow links
    assert "no-store" in asked.headers["Cache-Control"]
    page = asked.get_data(as_text=True)
    assert '<form method="post">' in page
    assert "Dewi" not in page  # a forwarded link tells nothing of whose it is
    for _ in range(2):
        done = browser.post(link)
        assert done.status_code == 200
        assert wish(shop, contact_id) == (Consent.OUT, "link")
    assert "off the list" in done.get_data(as_text=True)
    assert "off the list" in browser.get(link).get_data(as_text=True)
    browser.post(link, data={"again": "1"})
    assert wish(shop, contact_id) == (Consent.IN, "link")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        by = select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.row_id == contact_id)
        told = [tuple(row) for row in session.execute(by.where(AuditEntry.noun == "contact"))]
    assert told[1:] == [("customer, by link", "opt out"), ("customer, by link", "opt in")]


def test_one_click_of_a_mail_program_is_enough(shop: Shop) -> None:
    contact_id, link = customer(shop, "Mail")
    answer = shop.app.test_client().post(link, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, wish(shop, contact_id)[0]) == (200, Consent.OUT)


@pytest.mark.parametrize("token", ["x", "A" * 38, "%00" * 38, "é" * 38, "0" * 5000])
def test_a_link_that_is_none_answers_404(shop: Shop, token: str) -> None:
    browser = shop.app.test_client()
    assert browser.get(f"/o/{token}").status_code == 404
    assert browser.post(f"/o/{token}").status_code == 404


def test_the_page_speaks_the_customers_language(shop: Shop) -> None:
    _contact_id, link = customer(shop, "Bahasa")
    browser = shop.app.test_client()
    with shop.desk.database.system() as session:
        session.get_one(Tenant, shop.tenant_id).locale = "id"
    page = browser.get(link).get_data(as_text=True)
    romanian = browser.get(link, headers={"Accept-Language": "ro"}).get_data(as_text=True)
    with shop.desk.database.system() as session:
        session.get_one(Tenant, shop.tenant_id).locale = "en"
    assert "Tidak ada pesan lagi" in page
    assert "Niciun mesaj" in romanian


def test_an_admin_changes_the_words(shop: Shop) -> None:
    rina = shop.client("rina")
    token = token_in(rina.get("/profile/").get_data(as_text=True))
    form = {"csrf_token": token, "stop_words": "Cukup\nSTOP", "start_words": "stop"}
    refused = rina.post("/opt_out/words", data=form)
    assert refused.status_code == 422
    assert 'id="start_words-error"' in refused.get_data(as_text=True)
    assert "Cukup" in refused.get_data(as_text=True)
    assert rina.post("/opt_out/words", data={**form, "start_words": ""}).status_code == 302
    page = rina.get("/opt_out/").get_data(as_text=True)
    assert "cukup\nstop" in page


def test_a_colleague_notes_it_on_the_customers_page(shop: Shop) -> None:
    contact_id, _link = customer(shop, "Screen")
    rina = shop.client("rina")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        pk = session.get_one(Contact, contact_id).customer_id
    token = token_in(rina.get("/profile/").get_data(as_text=True))
    form = {"csrf_token": token, "contact": contact_id, "wish": "out"}
    assert rina.post(f"/customerview/consent/{pk}", data=form).status_code == 302
    assert wish(shop, contact_id) == (Consent.OUT, "person")
    assert "Screen" in rina.get("/opt_out/").get_data(as_text=True)
    rina.post(f"/customerview/consent/{pk}", data={**form, "wish": "in"})
    assert wish(shop, contact_id) == (Consent.IN, "person")


def test_the_dialog_asks_before_it_writes_to_somebody_who_opted_out(shop: Shop) -> None:
    number = "+6281234500777"
    contact_id, _link = customer(shop, "Silent", number)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        opt_out(session, session.get_one(Contact, contact_id), by="link")
    rina = shop.client("rina")
    page = rina.get("/message/", query_string={"to": number}).get_data(as_text=True)
    assert 'name="is_asked_for"' in page
    token = token_in(rina.get("/profile/").get_data(as_text=True))
    form = {"csrf_token": token, "to": number, "channel": shop.channel_id, "text": "Your refund"}
    refused = rina.post("/message/send", data=form, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "is_asked_for" in refused.json["errors"]
    sent = rina.post("/message/send", data={**form, "is_asked_for": "1"})
    assert sent.status_code == 200


def test_a_program_says_that_it_was_asked_for(shop: Shop) -> None:
    number = "+6281234500778"
    contact_id, _link = customer(shop, "Program", number)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        opt_out(session, session.get_one(Contact, contact_id), by="link")
    rina = shop.client("rina")
    headers = {"X-CSRFToken": token_in(rina.get("/profile/").get_data(as_text=True))}
    body = {"channel_id": shop.channel_id, "to": number, "text": "Hi"}
    refused = rina.post("/api/v1/message/send", json=body, headers=headers)
    assert refused.status_code == 422
    assert "is_asked_for" in refused.json["errors"]
    body["is_asked_for"] = True
    assert rina.post("/api/v1/message/send", json=body, headers=headers).status_code == 202
