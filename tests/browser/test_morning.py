"""A morning in the shop: three customers, two numbers, two agents, and at the end nothing waits."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from core.models import Card, Channel, ChannelCount, Contact, Conversation, Message, Module, Task
from core.models.base import now
from core.services import conversations
from core.services.card_places import move_card
from core.services.cards import open_card
from core.services.customers import create_customer
from core.services.tasks import close_reply_task
from core.services.tenants import RoleName
from core.testing.installation import CloudLine, Installation
from core.testing.providers.whatsapp_cloud_bodies import text
from core.testing.waiting import wait_until
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop, open_shop, served

pytestmark = pytest.mark.browser

# one pixel
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
DEWI, AGUS, PUTRI, SPAM = "6281200000001", "6281200000002", "6281200000003", "6281200000009"


@dataclass
class Morning:
    """The shop, its two numbers, and the windows of who works there."""

    shop: Shop
    shop_line: CloudLine
    order_line: CloudLine

    def writes(self, line: CloudLine, who: str, words: str, name: str = "") -> None:
        """A customer writes; returns once it is worked off."""
        before = self.count(Message) + self.ignored()
        assert line.meta.inject(text(who, words), names={who: name or who}).is_delivered
        assert wait_until(lambda: self.count(Message) + self.ignored() > before)

    def count(self, noun: type[Contact | Message | Card]) -> int:
        with self.shop.desk.database.tenant(self.shop.tenant_id, write=False) as session:
            return session.scalar(select(func.count(noun.id))) or 0

    def ignored(self) -> int:
        with self.shop.desk.database.tenant(self.shop.tenant_id, write=False) as session:
            found = select(func.sum(ChannelCount.count)).where(ChannelCount.what == "filtered")
            return session.scalar(found) or 0

    def card_of(self, words: str) -> str:
        """The title of the card that a message went to."""
        with self.shop.desk.database.tenant(self.shop.tenant_id, write=False) as session:
            message = session.scalars(select(Message).where(Message.body == words)).one()
            return message.card.title if message.card else ""


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    """Two WhatsApp numbers at one module, served; their providers deliver over HTTP."""
    with ExitStack() as stack:
        app = stack.enter_context(served(tmp_path, private_hosts=("127.0.0.1",)))
        shop = open_shop(app, "melati")
        house = Installation(shop.desk, shop.tenant_id, app)
        lines = [stack.enter_context(house.cloud(module="Sales")) for _ in range(2)]
        for line, name in zip(lines, ("Shop", "Orders"), strict=True):
            line.meta.connect(f"{shop.desk.settings.public_url}{line.path}")
            line.meta.auto_statuses = ("sent", "delivered")
            with house.tenant() as session:
                line.channel(session).name = name
        shop.hire("sari", RoleName.AGENT)
        shop.hire("budi", RoleName.AGENT)
        yield Morning(shop, *lines)


def yesterday(morning: Morning) -> None:
    """Putri has written to the shop before, Agus has cards and never wrote to either number."""
    morning.writes(morning.shop_line, PUTRI, "Halo, saya Putri", "Putri")
    with morning.shop.desk.database.tenant(morning.shop.tenant_id) as session:
        talk = session.scalars(select(Conversation)).one()
        close_reply_task(session, talk, now())
        conversations.close(session, talk)
        module = session.scalars(select(Module)).one()
        first = session.scalars(select(Card)).one()
        first.title = "Putri: the cake she asked for"
        open_card(session, module, talk.contact).title = "Putri: something newer"
        agus = create_customer(session, name="Agus", phone=f"+{AGUS}").contacts[0]
        older = open_card(session, module, agus)
        older.title, older.is_open = "Agus: long done", False
        open_card(session, module, agus).title = "Agus: the wedding"
        untouched = open_card(session, module, agus)
        untouched.title = "Agus: an idea"
        session.flush()
        move_card(session, session.get_one(Card, older.id + 1), "Talking")


def window(chromium: Browser, watched: Watched, email: str) -> Page:
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(15_000)
    other = Watched(context, watched.url, watched.complaints)
    other.allow_own_origin_only()
    page = other.page()
    other.log_in(page, email)
    return page


def test_D6_D7_D8_D9_D10_D13_a_morning_with_two_numbers_and_two_agents(
    morning: Morning, chromium: Browser
) -> None:
    shop = morning.shop
    yesterday(morning)
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    watched = Watched(context, shop.desk.settings.public_url)
    watched.allow_own_origin_only()

    # Rina leaves one number out of what comes to the number for orders
    rina = watched.page()
    watched.log_in(rina, "rina@melati.example")
    rina.goto(f"{watched.url}/channels/{morning.order_line.channel_id}/edit")
    rina.select_option("#filter", "except")
    rina.fill("#filter_numbers", f"+{SPAM}")
    rina.click("form.sapa-form-card .sapa-form-foot button")
    expect(rina.locator("dd", has_text="except some numbers")).to_be_visible()

    sari = window(chromium, watched, "sari@melati.example")
    budi = window(chromium, watched, "budi@melati.example")
    budi.goto(f"{watched.url}/today/")
    expect(budi.locator("#today-none")).to_be_visible()
    expect(budi.locator("html")).to_have_attribute("data-live", "stream")

    # they write: D9 a stranger, D8 a known one without history there, D7 one with history
    people = morning.count(Contact)
    morning.writes(morning.shop_line, DEWI, "Ada kue lapis?", "Dewi")
    morning.writes(morning.order_line, AGUS, "Kapan bisa diambil?", "Agus")
    morning.writes(morning.shop_line, PUTRI, "Jadi ya, yang kemarin", "Putri")
    stored = (morning.count(Message), morning.count(Card))
    morning.writes(morning.order_line, SPAM, "Menang undian!", "Promo")
    assert (morning.count(Message), morning.count(Card)) == stored
    assert morning.count(Contact) == people + 1  # Dewi alone is new
    assert morning.card_of("Ada kue lapis?") == "Dewi"
    assert morning.card_of("Kapan bisa diambil?") == "Agus: the wedding"
    assert morning.card_of("Jadi ya, yang kemarin") == "Putri: the cake she asked for"
    rina.goto(f"{watched.url}/channels/")
    expect(rina.locator("tr", has_text="Orders")).to_contain_text("1 message ignored by the filter")

    # three wait in Today, all of them in red, and came there by themselves
    expect(budi.locator(".today-card.is-late")).to_have_count(3)
    expect(budi.locator(".today-card", has_text="Agus")).to_contain_text("Orders")
    keep_pictures(budi, "morning-today")

    # the board shows them where they belong
    rina.goto(f"{watched.url}/board/")
    for title, words in (
        ("Dewi", "Ada kue lapis?"),
        ("Agus: the wedding", "Kapan bisa diambil?"),
        ("Putri: the cake she asked for", "Jadi ya, yang kemarin"),
    ):
        card = rina.locator(".board-card", has=rina.locator(f".board-card-title >> text={title}"))
        expect(card).to_contain_text(words)
        expect(card.locator(".inbox-tag-waiting")).to_be_visible()

    # Budi answers in the task itself, Sari in the inbox, with a picture
    agus = budi.locator(".today-card", has_text="Agus")
    agus.locator("textarea").fill("Besok jam sepuluh, kak.")
    agus.locator("button", has_text="Send").click()
    expect(budi.locator(".today-card")).to_have_count(2)
    sari.locator(".inbox-row", has_text="Dewi").click()
    expect(sari.locator(".thread-title")).to_contain_text("Dewi")
    sari.locator("#composer-upload").set_input_files(
        {"name": "kue.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    sari.locator("#composer-text").fill("Ada, ini fotonya.")
    sari.locator("#composer-send").click()
    expect(sari.locator(".bubble-out").first).to_be_visible()
    expect(budi.locator(".today-card")).to_have_count(1)
    sari.locator(".inbox-row", has_text="Putri").click()
    expect(sari.locator(".thread-title")).to_contain_text("Putri")
    sari.locator("#composer-text").fill("Siap, kak Putri!")
    sari.keyboard.press("Enter")
    expect(sari.locator(".bubble-out", has_text="Siap, kak Putri!")).to_be_visible()

    # and Today is empty, by itself
    expect(budi.locator(".today-card")).to_have_count(0)
    expect(budi.locator("#today-none")).to_be_visible()
    expect(rina.locator(".board-card .inbox-tag-waiting")).to_have_count(0)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Task).where(Task.done_at.is_(None))).all() == []
        assert session.scalars(select(Channel)).first() is not None
    assert wait_until(lambda: len(morning.shop_line.meta.sent) == 2)
    kinds = sorted(sent.payload["type"] for sent in morning.shop_line.meta.sent)
    assert kinds == ["image", "text"]
    assert [sent.payload["text"]["body"] for sent in morning.order_line.meta.sent] == [
        "Besok jam sepuluh, kak."
    ]
    expect(sari.locator(".bubble-out .ticks-delivered").first).to_be_visible()
    keep_pictures(sari, "morning-inbox")
    assert watched.complaints == []
    for page in (sari, budi, rina):
        page.context.close()
