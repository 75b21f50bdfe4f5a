"""The board: dragged with mouse and finger, moved by keyboard, seen by a second person at once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from core.models import Card, Channel, Module
from core.services.tenants import RoleName
from tests.browser.conftest import Watched, keep_pictures
from tests.web.installation import Shop

pytestmark = pytest.mark.browser
PEOPLE = ("Agus", "Putri", "Budi", "Dewi")


@pytest.fixture
def module_id(shop: Shop) -> int:
    """A module for whoever writes first, and four people who have."""
    shop.hire("sari", RoleName.AGENT)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        module = Module(name="Workshop", stages=["Lead", "Talking", "Won"])
        session.add(module)
        session.flush()
        session.get_one(Channel, shop.channel_id).module_id = module.id
        made = module.id
    for number, name in enumerate(PEOPLE):
        shop.customer_writes(f"Halo, saya {name}", number=f"+62813000000{number:02}", name=name)
    return made


def column(page: Page, stage: str) -> Locator:
    return page.locator(f'.board-column[data-stage="{stage}"]')


def card(page: Page, title: str) -> Locator:
    return page.locator(".board-card:not(.is-ghost)", has_text=title)


def titles(page: Page, stage: str) -> Locator:
    return column(page, stage).locator(".board-card-title")


def stage_of(shop: Shop, title: str) -> str:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return session.scalars(select(Card.stage).where(Card.title == title)).one()


def drag(page: Page, what: Locator, onto: Locator, *, at: float = 0.5) -> None:
    """As a hand does: press, move on the way, let go; `at` is how far down the target."""
    start, end = what.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 30, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 30, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] * at, steps=6)
    page.mouse.up()


def test_cards_move_by_mouse_keyboard_and_choice_and_a_colleague_sees_it(
    shop: Shop, watched: Watched, chromium: Browser, module_id: int
) -> None:
    rina = watched.page()
    watched.log_in(rina, "rina@melati.example")
    rina.goto(f"{watched.url}/board/")
    expect(titles(rina, "Lead")).to_have_text(["Dewi", "Budi", "Putri", "Agus"])
    expect(column(rina, "Lead").locator("[data-count]")).to_have_text("4")
    expect(card(rina, "Dewi")).to_contain_text("Halo, saya Dewi")
    expect(card(rina, "Dewi").locator(".inbox-tag-waiting")).to_be_visible()
    other = Watched(chromium.new_context(), watched.url, watched.complaints)
    sari = other.page()
    other.log_in(sari, "sari@melati.example")
    sari.goto(f"{watched.url}/board/{module_id}/")
    expect(sari.locator("html")).to_have_attribute("data-live", "stream")

    drag(rina, card(rina, "Budi"), column(rina, "Talking").locator("[data-cards]"))
    expect(titles(rina, "Talking")).to_have_text(["Budi"])
    expect(column(rina, "Talking").locator("[data-count]")).to_have_text("1")
    expect(titles(sari, "Talking")).to_have_text(["Budi"])
    expect(column(sari, "Lead").locator("[data-count]")).to_have_text("3")
    assert stage_of(shop, "Budi") == "Talking"
    assert rina.locator(".board-drawer.show").count() == 0  # a drop is no click
    drag(rina, card(rina, "Agus"), card(rina, "Putri"), at=0.2)
    expect(titles(sari, "Lead")).to_have_text(["Dewi", "Agus", "Putri"])

    rina.locator(".board-card-title", has_text="Dewi").focus()
    rina.keyboard.press("Space")
    expect(rina.locator("#board-said")).to_have_text("Dewi is picked up.")
    rina.keyboard.press("ArrowRight")
    rina.keyboard.press("ArrowDown")
    expect(rina.locator("#board-said")).to_have_text("Dewi: Talking, place 2.")
    rina.keyboard.press("Space")
    expect(titles(sari, "Talking")).to_have_text(["Budi", "Dewi"])
    rina.keyboard.press("Space")
    rina.keyboard.press("ArrowRight")
    rina.keyboard.press("Escape")
    expect(titles(rina, "Talking")).to_have_text(["Budi", "Dewi"])
    rina.reload()
    expect(titles(rina, "Talking")).to_have_text(["Budi", "Dewi"])

    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.get_one(Module, module_id).stages = ["Lead", "Talking", "Lost"]
    drag(rina, card(rina, "Budi"), column(rina, "Won").locator("[data-cards]"))
    expect(rina.locator(".toast")).to_contain_text("Workshop has these stages: Lead, Talking, Lost")
    expect(titles(rina, "Talking")).to_have_text(["Budi", "Dewi"])
    expected_complaint = "422"
    assert [c for c in watched.complaints if expected_complaint not in c] == []
    sari.context.close()


def test_a_card_is_opened_answered_added_and_found(
    shop: Shop, watched: Watched, module_id: int
) -> None:
    page = watched.page()
    watched.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/board/{module_id}/")
    expect(page.locator("html")).to_have_attribute("data-live", "stream")
    card(page, "Dewi").click()
    drawer = page.locator("#board-drawer")
    expect(drawer.locator(".drawer-message")).to_contain_text("Halo, saya Dewi")
    drawer.locator("textarea").fill("Halo Dewi, ada yang bisa kami bantu?")
    drawer.locator("button", has_text="Send").click()
    expect(drawer.locator(".drawer-out")).to_contain_text("ada yang bisa kami bantu?")
    expect(card(page, "Dewi").locator(".inbox-tag-waiting")).to_have_count(0)
    drawer.locator("[data-move-to]").select_option("Won")
    expect(titles(page, "Won")).to_have_text(["Dewi"])
    keep_pictures(page, "board-card")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()

    talking = column(page, "Talking")
    talking.locator("[data-add]").click()
    talking.locator("button", has_text="Add card").click()
    expect(talking.locator("[data-error]")).to_have_text("Choose whose card this is.")
    talking.locator(".ts-control input").press_sequentially("Put")
    talking.locator(".ts-dropdown .option", has_text="Putri").click()
    talking.locator("[name=title]").fill("Wedding cake")
    talking.locator("[name=amount]").fill("1250000")
    talking.locator("button", has_text="Add card").click()
    expect(titles(page, "Talking")).to_have_text(["Wedding cake"])
    expect(card(page, "Wedding cake")).to_contain_text("Putri")
    expect(talking.locator(".board-sum")).to_contain_text("1,250,000")

    shop.customer_writes("Saya baru", number="+6281900000001", name="Tamu")
    expect(titles(page, "Lead").first).to_have_text("Tamu")  # by itself
    keep_pictures(page, "board")
    page.locator(".board-filter [name=q]").fill("wedd")
    expect(page.locator(".board-card-title")).to_have_text(["Wedding cake"])
    page.locator(".board-filter [name=q]").fill("")
    expect(titles(page, "Lead")).to_have_count(4)
    page.locator("[name=whose]").check()
    expect(page.locator(".board-card-title")).to_have_text(["Wedding cake"])  # whoever adds has it
    assert [c for c in watched.complaints if "422" not in c] == []


def test_a_finger_holds_a_card_and_moves_it(
    shop: Shop, chromium: Browser, watched: Watched, module_id: int
) -> None:
    context = chromium.new_context(
        viewport={"width": 820, "height": 900}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    tablet = Watched(context, watched.url)
    page = tablet.page()
    tablet.log_in(page, "rina@melati.example")
    page.goto(f"{watched.url}/board/{module_id}/")
    start = card(page, "Putri").bounding_box()
    end = column(page, "Talking").locator("[data-cards]").bounding_box()
    assert start is not None
    assert end is not None
    finger = context.new_cdp_session(page)

    def touch(kind: str, x: float, y: float) -> None:
        points: list[dict[str, Any]] = [{"x": x, "y": y}] if kind != "touchEnd" else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = start["x"] + 40, start["y"] + 20
    touch("touchStart", x, y)
    expect(page.locator(".is-ghost")).to_be_visible()  # it was held for a moment
    to_x, to_y = end["x"] + 40, end["y"] + 60
    for step in range(1, 6):
        touch("touchMove", x + (to_x - x) * step / 5, y + (to_y - y) * step / 5)
    expect(titles(page, "Talking")).to_have_text(["Putri"])
    touch("touchEnd", to_x, to_y)
    expect(page.locator(".is-ghost")).to_have_count(0)
    expect(page.locator(".is-sending")).to_have_count(0)
    expect(titles(page, "Talking")).to_have_text(["Putri"])
    assert stage_of(shop, "Putri") == "Talking"
    assert tablet.complaints == []
    context.close()
