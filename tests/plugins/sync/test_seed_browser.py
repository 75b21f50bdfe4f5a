"""The seed document *Cara Auto Sync Data Customer*, step by step, in Indonesian."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.models import Contact, Tenant
from core.services.plugins import enable
from core.testing.waiting import wait_until
from plugins.channels.simulator.models import Person
from plugins.sync.models import Run
from tests.browser.conftest import Watched, keep_pictures, shop, watched
from tests.web.installation import Shop

__all__ = ["shop", "watched"]

pytestmark = pytest.mark.browser


def furnish(shop: Shop, people: int) -> None:
    """Sync switched on, the tenant in Indonesian, and people in the phone's address book."""
    with shop.desk.database.system() as system:
        system.get_one(Tenant, shop.tenant_id).locale = "id"
    with shop.desk.database.tenant(shop.tenant_id) as session:
        enable(session, "sync")
    hold(shop, people)


def hold(shop: Shop, people: int) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        known = set(session.scalars(select(Person.number)))
        for n in range(people):
            if (number := f"+62812340{n:05}") not in known:
                session.add(
                    Person(channel_id=shop.channel_id, number=number, name=f"Pelanggan {n}")
                )


def brought(shop: Shop) -> int:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return len(session.scalars(select(Contact.id)).all())


def runs(shop: Shop) -> int:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return len(session.scalars(select(Run.id)).all())


def open_settings(page: Page, url: str) -> None:
    """Perangkat Saya, then Pengaturan beside the number."""
    page.goto(f"{url}/channels/")
    expect(page.locator("h1")).to_have_text("Perangkat Saya")
    page.locator("tbody tr").get_by_role("link", name="Pengaturan").click()
    expect(page.locator("[data-sync-toggle]")).to_be_visible()


def test_A10_the_seed_step_by_step(shop: Shop, watched: Watched) -> None:
    furnish(shop, 450)
    page, second = watched.page(), watched.page()
    watched.log_in(page, "rina@melati.example")
    second.goto(f"{watched.url}/sync/")

    # switching on: no question, a notice
    open_settings(page, watched.url)
    toggle = page.locator("[data-sync-toggle]")
    expect(page.get_by_text("Sinkronisasi kontak otomatis").first).to_be_visible()
    expect(toggle).not_to_be_checked()
    toggle.click()
    expect(page.locator("#toasts")).to_contain_text(
        "Sinkronisasi kontak otomatis berhasil diaktifkan."
    )
    expect(toggle).to_be_checked()
    assert wait_until(lambda: brought(shop) == 450)

    # the table of devices says so, and when it last ran
    page.goto(f"{watched.url}/channels/")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("Otomatis")
    expect(row.locator("td[data-label='Sinkronisasi kontak'] time")).to_be_visible()

    # Data Pelanggan → Tambah / Sync Ulang
    page.goto(f"{watched.url}/customerview/list/")
    page.locator(".sapa-page-actions").get_by_role("link", name="Tambah / Sync Ulang").click()
    expect(page.locator("h1")).to_have_text("Tambah / Sync Ulang")
    expect(page.locator("#sync-rows")).to_contain_text("tidak perlu klik Sinkronkan")
    expect(page.get_by_role("button", name="Sinkronkan")).to_have_count(0)
    keep_pictures(page, "sync-automatic")

    # switching off asks; cancel changes nothing
    open_settings(page, watched.url)
    toggle.click()
    dialog = page.locator(".modal.show")
    expect(dialog).to_contain_text("Nonaktifkan")
    keep_pictures(page, "sync-consent")
    dialog.get_by_role("button", name="Batal").click()
    expect(dialog).to_have_count(0)
    expect(toggle).to_be_checked()
    page.reload()
    expect(toggle).to_be_checked()
    toggle.click()
    dialog.get_by_role("button", name="Nonaktifkan").click()
    expect(page.locator("#toasts")).to_contain_text(
        "Sinkronisasi kontak otomatis berhasil dinonaktifkan."
    )
    expect(toggle).not_to_be_checked()
    page.goto(f"{watched.url}/channels/")
    expect(row).to_contain_text("Manual")

    # by hand: that number, with progress that another tab sees without a reload
    hold(shop, 950)
    expect(second.locator("#sync-rows")).to_contain_text("Manual")
    loads: list[str] = []
    second.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto(f"{watched.url}/sync/")
    before = runs(shop)
    page.get_by_role("button", name="Sinkronkan").click()
    expect(second.locator("#sync-rows")).to_contain_text("500 ditambahkan")
    assert loads == []
    assert (brought(shop), runs(shop)) == (950, before + 1)

    # its report
    page.goto(f"{watched.url}/sync/")
    page.locator("#sync-rows a", has=page.locator("time")).click()
    expect(page.locator("#sync-report")).to_contain_text("Ditambahkan")
    page.goto(f"{watched.url}/sync-file/")
    page.set_input_files(
        "#file",
        {"name": "p.csv", "mimeType": "text/csv", "buffer": b"Nama,HP\nAni,0813777888\nX,12\n"},
    )
    page.get_by_role("button", name="Lanjut").click()
    expect(page.locator("#column_1")).to_have_value("phone")
    page.get_by_role("button", name="Pratinjau").click()
    expect(page.locator("#sync-report")).to_contain_text("Terlalu pendek")
    expect(page.locator("#sync-report")).to_contain_text("+62813777888")
    keep_pictures(page, "sync-preview")
    page.get_by_role("button", name="Masukkan kontak ini").click()
    expect(page.locator("#sync-report")).to_contain_text("Selesai")
    assert brought(shop) == 951
    assert watched.complaints == []
