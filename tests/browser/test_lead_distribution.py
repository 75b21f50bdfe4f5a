"""The seed document, walked in Indonesian: agents, divisions, settings, and the second way."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.models import Allocation, Conversation, Division, DivisionMember, Membership, Tenant
from core.models.base import now
from core.services.tenants import RoleName
from plugins.routing.models import Decision, DistributionSetting
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop

pytestmark = pytest.mark.browser
JAKARTA = ZoneInfo("Asia/Jakarta")


def test_C1_to_C9_the_seed_in_indonesian(shop: Shop, watched: Watched) -> None:
    budi = shop.hire("budi", RoleName.AGENT)
    with shop.desk.database.system() as system:
        system.get_one(Tenant, shop.tenant_id).locale = "id"
    with shop.desk.database.tenant(shop.tenant_id) as session:
        shop.desk.host.switches.enable(session, "routing")
    page = watched.page()
    watched.log_in(page, "rina@melati.example")

    # Divisi: Tambah Divisi
    page.goto(f"{watched.url}/distribution/")
    expect(page.locator("h1")).to_have_text("Distribusi Leads")
    page.click(".routing-tabs >> text=Divisi")
    page.click(".sapa-page-actions >> text=Tambah Divisi")
    page.fill("[name=name]", "Penjualan")
    page.click("text=Simpan")
    expect(page.locator("table")).to_contain_text("Penjualan")

    # Agen: setting, edit, divisi dan perangkat, simpan
    page.click(".routing-tabs >> text=Agen")
    page.click("tr:has-text('Budi') >> text=Setting")
    page.click(".sapa-page-actions >> text=Edit agen")
    expect(page.locator(".sapa-page-actions, h1").first).to_be_visible()
    for name, words in (("divisions", "Penjualan"), ("channels", "Phone melati")):
        select_box = page.locator(f"select[name={name}]")
        value = select_box.locator("option", has_text=words).get_attribute("value")
        select_box.evaluate(
            "(box, value) => { if (box.tomselect) box.tomselect.addItem(value);"
            " else box.value = value; }",
            value,
        )
    keep_pictures(page, "distribution-agent")
    page.click("text=Simpan")
    expect(page.locator(".routing-facts")).to_contain_text("Penjualan")
    expect(page.locator(".sapa-page-actions")).to_contain_text("Hapus")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        division = session.scalars(select(Division)).one()
        members = session.scalars(select(DivisionMember)).all()
        assert [(each.division_id, each.member_id) for each in members] == [(division.id, budi)]
        assert session.scalars(select(Allocation.member_id)).all() == [budi]

    # Pengaturan distribusi: Buat Pengaturan, minimal 5 menit
    page.goto(f"{watched.url}/distribution/")
    keep_pictures(page, "distribution-agents")
    page.click(".sapa-page-actions >> text=Pengaturan distribusi")
    page.click(".sapa-page-actions >> text=Buat Pengaturan")
    page.fill("[name=name]", "Utama")
    page.select_option("[name=channel_id]", str(shop.channel_id))
    page.check("[name=is_sticky]")
    page.check("[name=is_idle]")
    page.fill("[name=idle_minutes]", "4")
    page.click("text=Simpan")
    expect(page.locator(".invalid-feedback")).to_contain_text("5")
    expect(page.locator("[name=name]")).to_have_value("Utama")
    page.fill("[name=idle_minutes]", "5")
    keep_pictures(page, "distribution-setting")
    page.click("text=Simpan")
    expect(page.locator("table")).to_contain_text("Utama")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(DistributionSetting.idle_minutes)).all() == [5]

    # Cara lain: Agen/Customer Service, Pilih, Edit agen
    page.goto(f"{watched.url}/inbox/")
    page.click("[aria-label='Agen/Customer Service']")
    page.click("#plugin-dialog >> text=Pilih")
    expect(page.locator("#plugin-dialog")).to_contain_text("Edit agen")
    expect(page.get_by_label("Penjualan")).to_be_checked()
    keep_pictures(page, "distribution-popup")
    page.click("#plugin-dialog >> text=Simpan")
    expect(page.locator("#plugin-dialog")).to_contain_text("Pilih")
    complaints = [each for each in watched.complaints if "422" not in each]
    assert complaints == []


def test_C15_the_replays_charts_say_what_their_tables_say(shop: Shop, watched: Watched) -> None:
    budi = shop.hire("budi", RoleName.AGENT)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        shop.desk.host.switches.enable(session, "routing")
        member = session.get_one(Membership, budi)
        member.seen_at = now() + timedelta(hours=1)
    shop.customer_writes("Halo")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        day = session.scalars(select(Decision.since)).one().astimezone(JAKARTA).date()
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/distribution/replay/?day={day}&policy=least_loaded")
    drawn = "id => Chart.getChart(document.querySelector(`[data-chart-of=${id}] canvas`)).data"
    page.wait_for_function("() => window.Chart && Object.keys(Chart.instances).length === 2")
    load = page.evaluate(drawn, "replay-load")
    assert load["labels"] == ["Budi"]
    assert [each["label"] for each in load["datasets"]] == ["As it was", "Least loaded"]
    assert [each["data"] for each in load["datasets"]] == [[1], [1]]
    assert page.evaluate(drawn, "replay-waiting")["datasets"][0]["data"] != []
    expect(page.locator("#replay-load")).to_contain_text("Budi")
    before = page.evaluate("() => Object.values(Chart.instances)[0].options.scales.y.ticks.color")
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
    page.wait_for_function(
        "before => Object.values(Chart.instances)[0].options.scales.y.ticks.color !== before",
        arg=before,
    )
    assert watched.complaints == []


def test_the_live_board_gives_by_its_list(shop: Shop, watched: Watched) -> None:
    budi = shop.hire("budi", RoleName.AGENT)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        shop.desk.host.switches.enable(session, "routing")
    shop.customer_writes("Halo")
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/distribution/board/")
    queue = page.locator(".routing-queue")
    expect(queue).to_contain_text("Dewi Lestari")
    queue.locator("button[data-give]").click()
    page.select_option("#routing-give", str(budi))
    expect(queue).not_to_contain_text("Dewi Lestari")
    expect(page.locator(f".routing-column[data-agent='{budi}']")).to_contain_text("Dewi Lestari")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Conversation.assignee_id)).all() == [budi]
    assert watched.complaints == []
