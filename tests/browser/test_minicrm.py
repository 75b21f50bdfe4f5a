"""MiniCRM's guide to its WhatsApp integration, walked from top to bottom, in Romanian."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.models import Card, Channel, Membership, Message, Module, Plan, Task, Template, Tenant
from core.services import channels
from core.services.customers import create_customer
from core.services.tenants import RoleName
from core.testing.installation import CloudLine, Installation
from core.testing.providers.gowa import GowaSimulator
from core.testing.providers.gowa_bodies import text as phone_text
from core.testing.providers.whatsapp_cloud_bodies import text as cloud_text
from core.testing.waiting import wait_until
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop, open_shop, served

pytestmark = pytest.mark.browser
OWN, ION, MARIA, STRANGER = "+40722000111", "+40733000222", "+40744000333", "40755000444"


@dataclass
class Firm:
    """A firm with a gateway for phones, and a colleague's number at the Cloud API."""

    shop: Shop
    gowa: GowaSimulator
    line: CloudLine

    def phone(self, who: str, words: str) -> None:
        """Somebody writes to Ana's phone."""
        assert self.gowa.inject(phone_text(who.lstrip("+"), words)).is_delivered

    def message(self, words: str) -> bool:
        return bool(self._found(select(Message.id).where(Message.body == words)))

    def card_of(self, words: str) -> str:
        with self.shop.desk.database.tenant(self.shop.tenant_id, write=False) as session:
            found = session.scalars(select(Message).where(Message.body == words)).one()
            return found.card.title if found.card else ""

    def _found(self, query: object) -> list[int]:
        with self.shop.desk.database.tenant(self.shop.tenant_id, write=False) as session:
            return list(session.scalars(query))  # type: ignore[call-overload]  # a select of ids


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    with ExitStack() as stack:
        app = stack.enter_context(served(tmp_path, private_hosts=("127.0.0.1",)))
        shop = open_shop(app, "atelier")
        with shop.desk.database.system() as session:
            tenant = session.get_one(Tenant, shop.tenant_id)
            tenant.default_region, tenant.locale = "RO", "ro"
        shop.hire("ana", RoleName.SUPERVISOR)
        house = Installation(shop.desk, shop.tenant_id, app)
        gowa = stack.enter_context(GowaSimulator())
        with house.tenant() as session:  # the admin said once where the gateway is
            gateway = {
                "own_number": "+40700000001",
                "gateway_url": gowa.url,
                "gateway_user": "sapa",
                "gateway_password": "gateway-password",
            }
            channels.create_channel(session, kind="whatsapp_qr", name="Birou", values=gateway)
        line = stack.enter_context(house.cloud(module="Vânzări"))
        line.meta.connect(f"{shop.desk.settings.public_url}{line.path}")
        with house.tenant() as session:
            line.channel(session).name = "Magazin"
            ion = create_customer(session, name="Ion Popescu", phone=ION).contacts[0]
            module = session.scalars(select(Module)).one()
            session.add(Card(title="Oferta lui Ion", module_id=module.id, contact_id=ion.id))
            session.add(Template(name="Salut", body="Bună ziua! Cu ce vă putem ajuta?"))
        yield Firm(shop, gowa, line)


def in_romanian(chromium: Browser, firm: Firm, name: str) -> tuple[Watched, Page]:
    """Somebody signs in and chooses the language."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="ro-RO")
    context.set_default_timeout(15_000)
    watched = Watched(context, firm.shop.desk.settings.public_url)
    watched.allow_own_origin_only()
    page = watched.page()
    watched.log_in(page, f"{name}@atelier.example")
    page.goto(f"{watched.url}/lang/ro")
    expect(page.locator("html")).to_have_attribute("lang", "ro")
    return watched, page


def test_D1_the_plan_says_who_has_whatsapp(firm: Firm, chromium: Browser) -> None:
    with firm.shop.desk.database.system() as session:
        starter = session.scalars(select(Plan).where(Plan.name == "starter")).one()
        session.get_one(Tenant, firm.shop.tenant_id).plan_id = starter.id
        session.flush()
        firm.shop.desk.host.switches.forget()
    watched, page = in_romanian(chromium, firm, "rina")
    page.goto(f"{watched.url}/plugins/")
    row = page.locator(".sapa-plugin", has_text="whatsapp_qr")
    expect(row).to_contain_text("Abonamentul tău nu îl include: cere operatorului")
    page.goto(f"{watched.url}/channels/new")
    expect(page.locator("h2", has_text="Simulator")).to_be_visible()
    expect(page.locator("h2", has_text="WhatsApp")).to_have_count(0)
    assert watched.complaints == []
    page.context.close()


def test_D3_to_D13_the_guide_is_walked(firm: Firm, chromium: Browser) -> None:
    watched, ana = in_romanian(chromium, firm, "ana")

    # Setarea integrării: the profile, the own number with its prefix, the code, the module
    ana.goto(f"{watched.url}/profile/")
    own = ana.locator("#own-number")
    expect(own).to_contain_text("Numărul tău de WhatsApp")
    own.locator("#own_number").fill("0722 000 111")
    own.locator("button", has_text="Conectează").click()
    expect(ana.locator("#own_number-error")).to_contain_text("+40")
    ana.locator("#own_number").fill("+40 722 000 111")
    ana.locator("#own-module").select_option(label="Vânzări")
    ana.locator("#own-number button", has_text="Conectează").click()
    expect(ana.locator(".sapa-qr")).to_be_visible()
    keep_pictures(ana, "minicrm-qr")
    assert firm.gowa.scan(OWN)
    expect(ana.locator("#pairing .h2")).to_have_text("Conectat")
    ana.goto(f"{watched.url}/profile/")
    expect(own.locator("select[name=module] option:checked")).to_have_text("Vânzări")

    # Primirea mesajelor: a stranger gets a card and a customer, a known one goes to the last card
    firm.phone(MARIA, "Bună, aveți rochii?")
    assert wait_until(lambda: firm.message("Bună, aveți rochii?"))
    firm.phone(ION, "Rămâne stabilit?")
    assert wait_until(lambda: firm.message("Rămâne stabilit?"))
    assert firm.card_of("Rămâne stabilit?") == "Oferta lui Ion"
    with firm.shop.desk.database.tenant(firm.shop.tenant_id, write=False) as session:
        made = session.scalars(select(Card).where(Card.title != "Oferta lui Ion")).one()
        assert made.module.name == "Vânzări"
        assert made.contact.phone == MARIA
    ana.goto(f"{watched.url}/today/")
    expect(ana.locator("h1")).to_have_text("Azi")
    expect(ana.locator(".today-card.is-late")).to_have_count(2)
    ion = ana.locator(".today-card", has_text="Ion Popescu")
    expect(ion.locator(".today-deadline.is-late")).to_be_visible()
    keep_pictures(ana, "minicrm-azi")
    ion.locator("textarea").fill("Da, vă așteptăm!")
    ion.locator("button", has_text="Trimite").click()
    expect(ana.locator(".today-card")).to_have_count(1)
    assert wait_until(lambda: [s.text for s in firm.gowa.sent] == ["Da, vă așteptăm!"])

    # Trimiterea unui mesaj nou: “Mesaj” beside the number, template or text, then the sender
    ana.goto(f"{watched.url}/customerview/list/")
    row = ana.locator("tr", has_text="Ion Popescu")
    button = row.locator("[data-message]")
    expect(button).to_have_attribute("title", "Mesaj")
    button.click()
    dialog = ana.locator("[data-message-form]")
    expect(dialog).to_contain_text("Trimite cu")
    expect(dialog.locator(".message-sender", has_text=OWN)).to_be_visible()
    keep_pictures(ana, "minicrm-mesaj")
    dialog.locator("[name=template]").select_option(label="Salut")
    dialog.locator(".message-sender", has_text=OWN).locator("input").check()
    dialog.locator("button", has_text="Trimite").click()
    assert wait_until(
        lambda: firm.gowa.sent[-1].text == "Bună ziua! Cu ce vă putem ajuta?", seconds=10
    )

    # colleagues on different numbers: one reply window for each number that was answered
    firm.phone(ION, "Mulțumesc, Ana")
    assert firm.line.meta.inject(cloud_text(ION.lstrip("+"), "Și colegei tale")).is_delivered
    assert wait_until(lambda: firm.message("Mulțumesc, Ana") and firm.message("Și colegei tale"))
    ana.goto(f"{watched.url}/today/?of=all")
    windows = ana.locator(".today-card", has_text="Ion Popescu")
    expect(windows).to_have_count(2)
    expect(windows.filter(has_text="Magazin")).to_have_count(1)

    # Filtrarea mesajelor: the three ways, once connected
    rina_watched, rina = in_romanian(chromium, firm, "rina")
    with firm.shop.desk.database.tenant(firm.shop.tenant_id, write=False) as session:
        mine = session.scalars(select(Channel).where(Channel.own_address == OWN)).one()
        assert session.get_one(Membership, mine.owner_id or 0).name.startswith("Ana")
        address = f"{watched.url}/channels/{mine.id}"
    rina.goto(f"{address}/edit")
    expect(rina.locator("#filter option")).to_have_text(
        [
            "Ale tuturor",
            "Doar de la contacte existente",
            "Oricine, cu excepția următoarelor numere de telefon",
        ]
    )
    keep_pictures(rina, "minicrm-filtre")
    for choice, listed, sender, words in (
        ("known", "", STRANGER, "Nu mă cunoașteți"),
        ("except", f"+{STRANGER}", STRANGER, "Sunt pe listă"),
    ):
        rina.goto(f"{address}/edit")
        rina.select_option("#filter", choice)
        rina.fill("#filter_numbers", listed)
        rina.locator("form.sapa-form-card button", has_text="Salvează").click()
        expect(rina.locator("dl, .card").first).to_be_visible()
        firm.phone(sender, words)
        firm.phone(ION, f"După: {words}")
        assert wait_until(lambda after=f"După: {words}": firm.message(after))
        assert not firm.message(words)
    rina.goto(f"{watched.url}/channels/")
    expect(rina.locator("tr", has_text=OWN)).to_contain_text("2 mesaje ignorate de filtru")
    with firm.shop.desk.database.tenant(firm.shop.tenant_id, write=False) as session:
        strangers = select(Task).where(Task.title.contains(STRANGER))
        assert session.scalars(strangers).all() == []
    refused = "status of 422"  # the number without its prefix
    assert [complaint for complaint in watched.complaints if refused not in complaint] == []
    assert rina_watched.complaints == []
    rina.context.close()
    ana.context.close()
