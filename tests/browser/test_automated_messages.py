"""The seed's whole flow in Indonesian: from the welcome to "did it help?"."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.models import Contact, Order, Tenant
from core.models.base import now
from core.testing.waiting import wait_until
from plugins.automation import clock
from plugins.automation.models import Rule, Run
from tests.browser.conftest import Watched, keep_pictures
from tests.browser.test_first_message import hold_phone
from tests.web.installation import Shop

pytestmark = pytest.mark.browser


def test_B1_to_B9_the_seed_in_indonesian(
    shop: Shop, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        shop.desk.host.switches.enable(session, "automation")
    page, phone = watched.page(), watched.page()
    watched.log_in(page, "rina@melati.example")
    hold_phone(phone, watched.url, "0812 3456 7890", "Dewi Lestari")
    heard = phone.locator(".line-ours")
    with shop.desk.database.system() as system:
        system.get_one(Tenant, shop.tenant_id).locale = "id"

    # the ready-made rules, by one click
    page.goto(f"{watched.url}/automation/")
    expect(page.locator("h1")).to_have_text("Tindakan otomatis")
    page.click(".auto-ready-form button")
    expect(page.locator(".auto-rule")).to_have_count(6)
    expect(page.locator(".auto-rule", has_text="Pembayaran diterima")).to_contain_text(
        "Saat pesanan dibayar, kirim “Pembayaran diterima” lewat kanal utama, langsung."
    )
    keep_pictures(page, "automation-rules", full_page=True)

    # pelanggan baru → sambutan
    page.goto(f"{watched.url}/customerview/add")
    page.fill("[name=name]", "Dewi Lestari")
    page.fill("[name=phone]", "081234567890")
    page.click(".sapa-form-foot button.btn-primary")
    expect(heard).to_have_count(1)
    expect(heard.last).to_contain_text("Halo Dewi Lestari, selamat datang!")

    # pesanan → sedang diproses, with the estimated day
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        contact_id = session.scalars(select(Contact.id)).one()
    day = now().astimezone(ZoneInfo("Asia/Jakarta")).date() + timedelta(days=3)
    page.goto(f"{watched.url}/orderview/add?_flt_0_contact={contact_id}")
    page.locator("[name=lines-product]").first.fill("Serum Mawar")
    page.locator("[name=lines-price]").first.fill("725000")
    page.locator("[name=estimated_date]").fill(day.isoformat())
    page.click(".sapa-form-foot button.btn-primary")
    expect(heard).to_have_count(2)
    expect(heard.last).to_contain_text("Serum Mawar")
    expect(heard.last).to_contain_text("sedang diproses")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        order_id = session.scalars(select(Order.id)).one()
    order_page = f"{watched.url}/orderview/show/{order_id}"

    # pembayaran → konfirmasi
    page.goto(order_page)
    page.click("#pay button.btn-primary")
    expect(heard).to_have_count(3)
    expect(heard.last).to_contain_text("sudah kami verifikasi")

    # Kirim tanpa nomor resi ditolak
    page.goto(order_page)
    page.click("#ship button.btn-primary")
    expect(page.locator("#ship .invalid-feedback")).to_be_visible()
    expect(heard).to_have_count(3)
    page.fill("#tracking_number", "JNE0042")
    page.click("#ship button.btn-primary")
    expect(heard).to_have_count(4)
    expect(heard.last).to_contain_text("Nomor resi: JNE0042")

    # the day comes: follow-up; its receipt, a day later: did it help?
    pass_days(shop, monkeypatch, 4)
    expect(heard).to_have_count(5)
    expect(heard.last).to_contain_text("Apakah barangnya sudah sampai?")
    assert wait_until(lambda: has_run(shop, "order_received"), 20), "no receipt of the follow-up"
    pass_days(shop, monkeypatch, 6)
    expect(heard).to_have_count(6)
    expect(heard.last).to_contain_text("semoga Serum Mawar bermanfaat")

    # why: the history and the customer's card
    page.goto(f"{watched.url}/automation/history/")
    expect(page.locator("tbody tr")).to_have_count(6)
    keep_pictures(page, "automation-history", full_page=True)
    page.click("tbody tr:has-text('Nomor resi') .sapa-row-link")
    expect(page.locator(".auto-trace")).to_contain_text("kirim “Pesanan dikirim”")
    keep_pictures(page, "automation-run")
    write_a_rule(page, watched.url)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        number = session.scalars(select(Order.number)).one()
        rule = session.scalars(select(Rule).where(Rule.name == "Pesanan besar")).one()
        assert rule.conditions["items"][0]["items"][0] == {
            "condition": "order_total",
            "operator": "over",
            "value": "500000",
        }
    page.goto(f"{watched.url}/automation/try/?look_at={number}")
    expect(page.locator(".auto-tried article")).to_have_count(7)
    keep_pictures(page, "automation-try", full_page=True)
    complaints = [each for each in watched.complaints if "422" not in each]
    assert complaints == []


def write_a_rule(page: Page, url: str) -> None:
    """The editor: a variable that can't be filled is told at its field; then it is saved."""
    page.goto(f"{url}/automation/new")
    page.click(".auto-if >> text=Tambah syarat")
    value = page.locator("[name='if.0.0.value']")
    value.fill("900000")
    expect(page.locator(".auto-whole")).to_contain_text("jika total di atas 900.000")
    expect(page.locator(".auto-verdict.is-no")).to_be_visible()
    value.fill("500000")
    expect(page.locator(".auto-verdict.is-yes")).to_be_visible()
    box = page.locator("textarea")
    box.fill("Terima kasih {trackingnumber} ")
    page.fill("[name=name]", "Pesanan besar")
    page.click(".auto-foot >> text=Simpan")
    expect(page.locator(".invalid-feedback")).to_contain_text("{trackingnumber} tidak dapat diisi")
    box = page.locator("textarea")
    box.fill("Terima kasih atas pesanan besar Anda, ")
    page.click(".auto-chip >> text={contactname}")
    expect(page.locator(".auto-bubble")).to_have_text(re.compile("besar Anda, Dewi Lestari"))
    keep_pictures(page, "automation-editor", full_page=True)
    page.click(".auto-foot >> text=Simpan")
    expect(page.locator(".auto-rule", has_text="Pesanan besar")).to_be_visible()


def pass_days(shop: Shop, patch: pytest.MonkeyPatch, days: int) -> None:
    """The automation's clock goes on, and what is due then is done."""
    ahead = timedelta(days=days)
    patch.setattr(clock, "now", lambda: now() + ahead)
    shop.desk.jobs.run_pending(until=now() + ahead)


def has_run(shop: Shop, trigger: str) -> bool:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return session.scalars(select(Run.id).where(Run.trigger == trigger)).first() is not None
