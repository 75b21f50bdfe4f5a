"""The screens A1 to A10, as a browser gets them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.config import Settings
from core.models import Channel, Contact, Tenant
from core.services import channels
from core.services.plugins import enable
from core.services.tenants import RoleName
from core.testing.working import work_off
from plugins.channels.simulator.models import Person
from plugins.sync import devices
from plugins.sync.models import Run
from plugins.sync.settings import settings_of
from tests.web.installation import Shop, install, open_shop, token_in


@pytest.fixture
def shop(sqlite_settings: Settings) -> Iterator[Shop]:
    opened = open_shop(install(sqlite_settings.home), "melati")
    with opened.desk.database.tenant(opened.tenant_id) as session:
        enable(session, "sync")
        session.add(Person(channel_id=opened.channel_id, number="+6281234567890", name="Ani"))
    yield opened
    opened.desk.database.dispose()


def page(shop: Shop, path: str, name: str = "rina") -> str:
    answer = shop.client(name).get(path)
    assert answer.status_code == 200, path
    return str(answer.get_data(as_text=True))


def press(shop: Shop, path: str) -> tuple[int, str, str]:
    """Post as the page would; status, body and the note that floats in."""
    token = token_in(page(shop, "/sync/"))
    answer = shop.client().post(path, headers={"X-CSRFToken": token})
    note = json.loads(answer.headers.get("HX-Trigger", "{}")).get("toast", {})
    return answer.status_code, answer.get_data(as_text=True), str(note.get("kind", ""))


def toggle(shop: Shop) -> str:
    return f"/sync/channel/{shop.channel_id}"


def is_automatic(shop: Shop) -> bool:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        found = devices.devices_by_channel(session).get(shop.channel_id)
        return found is not None and found.is_automatic


def test_A1_a_device_that_is_not_connected_leads_to_its_set_up(shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        channels.pause(session, session.get_one(Channel, shop.channel_id))
    text = page(shop, "/sync/")
    assert "Not connected" in text
    assert f'href="/channels/{shop.channel_id}"' in text
    assert "Synchronise</button>" not in text
    status, body, kind = press(shop, f"{toggle(shop)}/on")
    assert (status, kind, is_automatic(shop)) == (200, "danger", False)
    assert "Paused" in body
    with shop.desk.database.system() as system:
        system.get_one(Tenant, shop.tenant_id).locale = "id"
    for path in ("/sync/", "/channels/"):
        assert "Paused by a person." not in page(shop, path), "reasons are told in their language"
    assert "Paused" not in press(shop, f"{toggle(shop)}/on")[1]


def test_A2_A3_my_devices_lead_to_settings_with_the_switch(shop: Shop) -> None:
    assert f'href="/channels/{shop.channel_id}/edit"' in page(shop, "/channels/")
    assert f'hx-get="{toggle(shop)}/toggle"' in page(shop, f"/channels/{shop.channel_id}/edit")


def test_A3_the_switch_stands_for_one_number(shop: Shop) -> None:
    text = page(shop, f"{toggle(shop)}/toggle")
    assert 'role="switch"' in text
    assert " checked" not in text
    assert f'hx-post="{toggle(shop)}/on"' in text


def test_A4_switching_on_asks_nothing_and_says_so(shop: Shop) -> None:
    assert "hx-confirm" not in page(shop, f"{toggle(shop)}/toggle")
    status, body, kind = press(shop, f"{toggle(shop)}/on")
    assert (status, kind, is_automatic(shop)) == (200, "success", True)
    assert " checked" in body


def test_A5_the_table_shows_automatic_and_the_last_run(shop: Shop) -> None:
    before = page(shop, "/channels/")
    assert "Manual" in before
    press(shop, f"{toggle(shop)}/on")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        device = devices.devices_by_channel(session)[shop.channel_id]
        devices.went_well(session, device)
    text = page(shop, "/channels/")
    cell = text.partition('data-label="Contact sync"')[2].partition("</td>")[0]
    assert "Automatic" in cell
    assert "<time" in cell


def test_A6_automatic_numbers_need_no_button(shop: Shop) -> None:
    assert "Synchronise</button>" in page(shop, "/sync/")
    assert 'href="/sync/"' in page(shop, "/customerview/list/")
    press(shop, f"{toggle(shop)}/on")
    text = page(shop, "/sync/")
    assert "Synchronise</button>" not in text
    assert "no need to press Synchronise" in text


def test_A8_switching_off_needs_consent(shop: Shop) -> None:
    press(shop, f"{toggle(shop)}/on")
    text = page(shop, f"{toggle(shop)}/toggle")
    assert "hx-confirm=" in text
    assert 'data-confirm-label="Deactivate"' in text
    assert is_automatic(shop), "looking at the question changes nothing"


def test_A9_then_the_table_shows_manual(shop: Shop) -> None:
    press(shop, f"{toggle(shop)}/on")
    status, body, kind = press(shop, f"{toggle(shop)}/off")
    assert (status, kind, is_automatic(shop)) == (200, "success", False)
    assert " checked" not in body
    cell = page(shop, "/channels/").partition('data-label="Contact sync"')[2].partition("</td>")[0]
    assert "Manual" in cell


def test_A10_the_progress_is_in_every_tab(shop: Shop) -> None:
    press(shop, f"{toggle(shop)}/start")
    assert "<progress" in page(shop, "/sync/rows")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        run = session.scalars(select(Run)).one()
        assert run.is_active
        assert session.scalars(select(Contact)).all() == []
    assert "<progress" in page(shop, f"/sync/run/{run.id}/report")
    shop.hire("sari", RoleName.AGENT)
    assert shop.client("sari").get("/sync/").status_code == 403


def test_the_plugin_settings_have_a_screen(shop: Shop) -> None:
    path = "/plugins/sync/settings"
    assert path in page(shop, "/plugins/")
    text = page(shop, path)
    assert "Minutes between two runs" in text
    sent = {"csrf_token": token_in(text), "minutes": "2", "greets": "1"}
    refused = shop.client().post(path, data=sent)
    assert refused.status_code == 422
    assert 'value="2"' in refused.get_data(as_text=True)
    assert shop.client().post(path, data=sent | {"minutes": "60"}).status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        found = settings_of(session)
    assert (found.minutes, found.greets) == (60, True)
    assert shop.client().get("/plugins/merge/settings").status_code == 404  # it is off


def test_a_large_file_is_taken_from_who_is_signed_in(shop: Shop) -> None:
    token = token_in(page(shop, "/sync-file/"))
    card = "BEGIN:VCARD\r\nFN:Ani\r\nTEL:0812345678{:02}\r\nPHOTO:{}\r\nEND:VCARD\r\n"
    book = "".join(card.format(n, "A" * 100_000) for n in range(60)).encode()
    assert len(book) > shop.desk.settings.max_body_bytes
    sent = {"csrf_token": token, "file": (io.BytesIO(book), "telepon.vcf")}
    kept = shop.client().post("/sync-file/", data=sent)
    assert kept.status_code == 302
    text = page(shop, kept.location)
    assert "081234567801" in text, "its beginning is shown"
    elsewhere = {"csrf_token": token, "name": "x" * shop.desk.settings.max_body_bytes}
    assert shop.client().post("/customerview/add", data=elsewhere).status_code == 413
    stranger = shop.client().application.test_client()
    again = {"csrf_token": token, "file": (io.BytesIO(book), "telepon.vcf")}
    assert stranger.post("/sync-file/", data=again).status_code == 413


def choose_file(shop: Shop, content: bytes, name: str) -> str:
    """Upload a file as the form would; the page of its columns."""
    token = token_in(page(shop, "/sync-file/"))
    sent = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    kept = shop.client().post("/sync-file/", data=sent)
    assert kept.status_code == 302, kept.get_data(as_text=True)
    return str(kept.location)


def plan(shop: Shop, content: bytes, name: str) -> int:
    """Upload and preview it; the run's id."""
    columns = choose_file(shop, content, name)
    sent = {"csrf_token": token_in(page(shop, columns)), "has_header": "1"}
    sent |= {"column_0": "name", "column_1": "phone"}
    answer = shop.client().post(columns, data=sent)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert work_off(shop.desk)
    return int(str(answer.location).rpartition("/")[2])


def test_A13_what_was_refused_is_a_file_that_a_spreadsheet_can_open(shop: Shop) -> None:
    evil = b"Nama,HP\nAni,0812345678901\n=1+1,12\n@SUM(A1),12*34567\n"
    run_id = plan(shop, evil, "pasar.csv")
    assert f'href="/sync/run/{run_id}/refused.csv"' in page(shop, f"/sync/run/{run_id}/report")
    answer = shop.client().get(f"/sync/run/{run_id}/refused.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
    assert rows[0] == ["As it came", "Why it was left out"]
    assert [row[0] for row in rows[1:]] == ["'@SUM(A1) | 12*34567", "'=1+1 | 12"]
    assert rows[2][1] == "Too short for a number."
    assert shop.client().get("/sync/run/999/refused.csv").status_code == 404


def test_removing_a_list_says_before_what_becomes_of_its_contacts(shop: Shop) -> None:
    run_id = plan(shop, b"Nama,HP\nAni,0812345678901\nBudi,0812345678902\n", "pasar.csv")
    press(shop, f"/sync/run/{run_id}/apply")
    assert work_off(shop.desk)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        device_id = session.get_one(Run, run_id).device_id
    path = f"/sync-file/list/{device_id}/remove"
    assert f'href="{path}"' in page(shop, f"/sync/device/{device_id}")
    text = page(shop, path)
    assert "the 2 contacts that came with it" in text
    assert "Up to 2 of them" in text
    sent = {"csrf_token": token_in(text), "contacts": "remove"}
    assert shop.client().post(path, data=sent).status_code == 302
    assert "Being removed" in page(shop, "/sync/rows")
    assert work_off(shop.desk)
    assert "pasar" not in page(shop, "/sync/rows")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Contact)).all() == []
    assert shop.client().get(path).status_code == 404


def test_columns_that_reach_nobody_keep_what_was_chosen(shop: Shop) -> None:
    columns = choose_file(shop, b"Nama,HP\nAni,0812345678901\n", "pasar.csv")
    sent = {"csrf_token": token_in(page(shop, columns)), "column_0": "last_name", "column_1": ""}
    answer = shop.client().post(columns, data=sent)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "Say which column has the phone number" in text
    assert '<option value="last_name" selected>' in text


def test_a_file_beyond_all_measure_is_refused_with_its_limit(shop: Shop) -> None:
    most = shop.desk.settings.max_file_bytes
    assert f'data-largest="{most}"' in page(shop, "/sync-file/")
    too_long = {"CONTENT_LENGTH": str(most + 1)}
    refused = shop.client().post("/sync-file/", environ_overrides=too_long)
    assert refused.status_code == 413
    assert f"up to {most // 1024**2} MB: split it" in refused.get_data(as_text=True)
