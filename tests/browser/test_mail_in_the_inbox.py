"""A hostile mail in the inbox: read as text, seen as it was sent, and nothing runs or loads."""

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.models import Channel
from core.services import channels
from core.services.taken_in import take_in
from plugins.channels.email.envelope import Envelope, pack
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop

pytestmark = pytest.mark.browser

LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PAGE = """
<body onload="parent.hacked=1"><script>parent.hacked=1</script>
<h2 style="color:#c2255c">Pesanan <i>1042</i></h2>
<p>Saya mau <b>dua kaos merah</b>, bisa kirim ke Bandung?
<a href="https://pembeli.example/alamat">Alamat saya</a></p>
<img src="cid:logo@x" width="48" height="48" alt="Logo">
<img src="https://track.example/open.gif" width="1" height="1">
<form action="https://phish.example"><input name="password"><button>Masuk</button></form>
<a href="javascript:parent.hacked=1">Klik</a><svg onload="parent.hacked=1"></svg></body>
"""
VALUES = {
    "own_address": "shop@toko.example",
    "password": "rahasia-sekali",
    "imap_host": "mail.toko.example",
    "smtp_host": "mail.toko.example",
}


def arrive(shop: Shop, mail: EmailMessage, uid: int) -> None:
    """A mail is fetched."""
    with shop.desk.database.tenant(shop.tenant_id) as session:
        found = session.scalar(select(Channel).where(Channel.kind == "email"))
        channel = found or channels.create_channel(
            session, kind="email", name="Toko Melati", values=VALUES
        )
        raw = mail.as_bytes()
        take_in(session, channel, [pack(Envelope(uid_validity=1, uid=uid, size=len(raw)), raw)])


def hostile() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ani Wijaya <ani@pembeli.example>", "shop@toko.example"
    mail["Cc"] = "Budi Santoso <budi@pembeli.example>"
    mail["Subject"], mail["Message-ID"] = "Pesanan 1042", "<m1@pembeli.example>"
    mail.set_content("Saya mau dua kaos merah, bisa kirim ke Bandung?")
    mail.add_alternative(PAGE, subtype="html")
    mail.get_payload()[1].add_related(LOGO, "image", "png", cid="<logo@x>")
    return mail


def absent() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ani Wijaya <ani@pembeli.example>", "shop@toko.example"
    mail["Subject"], mail["Message-ID"] = "Sedang cuti", "<m2@pembeli.example>"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content("Saya kembali hari Senin.")
    return mail


def test_E1_a_hostile_mail_is_text_until_it_is_asked_for_and_harmless_then(
    shop: Shop, watched: Watched
) -> None:
    arrive(shop, hostile(), 1)
    arrive(shop, absent(), 2)
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    row = page.locator(".inbox-row")
    expect(row).to_contain_text("Ani Wijaya")
    row.click()
    first, second = page.locator(".bubble-in").nth(0), page.locator(".bubble-in").nth(1)
    expect(first).to_contain_text("Pesanan 1042")
    expect(first).to_contain_text("Saya mau dua kaos merah")
    expect(first).to_contain_text("Copies: Budi Santoso")
    expect(second).to_contain_text("Automatic")
    keep_pictures(page, "mail-thread")
    first.get_by_text("Show original").click()
    frame = page.frame_locator("#plugin-dialog iframe")
    expect(frame.locator("h2")).to_have_text("Pesanan 1042")
    expect(frame.locator("b")).to_have_text("dua kaos merah")
    assert frame.locator("h2").evaluate("e => getComputedStyle(e).color") == "rgb(194, 37, 92)"
    expect(frame.locator("form, input, script, svg")).to_have_count(0)
    expect(frame.locator("img")).to_have_count(2)
    loaded = "e => [...e.querySelectorAll('img')].map(i => i.naturalWidth)"
    assert frame.locator("body").evaluate(loaded) == [1, 0]
    expect(page.locator("#plugin-dialog")).to_contain_text("1 picture from elsewhere is not loaded")
    assert page.evaluate("window.hacked") is None
    keep_pictures(page, "mail-original")
    assert watched.complaints == []


def test_D11_a_mail_is_begun_beside_an_address(shop: Shop, watched: Watched) -> None:
    arrive(shop, absent(), 1)
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.locator(".inbox-row").click()
    panel = page.locator("#inbox-panel")
    panel.locator("[data-message]").first.click()
    dialog = page.locator("#message-dialog")
    expect(dialog).to_contain_text("ani@pembeli.example")
    dialog.locator("[name=subject]").fill("Kaos merah sudah ada")
    dialog.locator("[name=text]").fill("Masih mau dua?")
    keep_pictures(page, "mail-dialog")
    dialog.locator("button.btn-primary").click()
    expect(page.locator(".bubble-out .bubble-subject")).to_have_text("Kaos merah sudah ada")
    assert watched.complaints == []


def test_E1_a_mailbox_is_connected_on_screen(shop: Shop, watched: Watched) -> None:
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/channels/new/email")
    form = "form.sapa-form-card"
    page.fill(f"{form} [name=name]", "Toko")
    page.select_option(f"{form} [name=preset]", "outlook")
    page.fill(f"{form} [name=own_address]", "shop@toko.example")
    keep_pictures(page, "mail-setup", full_page=True)
    page.click(f"{form} button.btn-primary")
    expect(page.locator(form)).to_contain_text("Microsoft 365 takes no passwords")
    expect(page.locator(f"{form} [name=own_address]")).to_have_value("shop@toko.example")
    page.select_option(f"{form} [name=preset]", "gmail")
    page.fill(f"{form} [name=password]", "abcd efgh ijkl mnop")
    page.click(f"{form} button.btn-primary")
    expect(page.locator("body")).to_contain_text("It is fetched within a minute")
    keep_pictures(page, "mail-setup-after")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        channel = session.scalars(select(Channel).where(Channel.kind == "email")).one()
        account = channels.account_of(session, channel)
    assert (account.own_address, account.secrets["password"]) == (
        "shop@toko.example",
        "abcdefghijklmnop",
    )
    assert account.settings["smtp_host"] == "smtp.gmail.com"
    assert [each for each in watched.complaints if "422" not in each] == []
