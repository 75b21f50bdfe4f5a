"""The hooks customer_panels and order_panels: cards of plugins, as far as the reader may go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from core.config import Settings
from core.host.models import discard
from core.models import Contact, Conversation
from core.services import orders
from core.services.tenants import RoleName
from core.testing.prepared import prepared
from core.web.app import create_app
from plugins import BUILTIN
from tests.web.installation import Shop, open_shop

SAMPLES = ("tests.host.sample.beside", "tests.broken_plugins.panels_raise")


@pytest.fixture
def shop(settings: Settings) -> Iterator[Shop]:
    """A shop with both plugins on, and a customer who has written."""
    plugins = (*BUILTIN, *SAMPLES)
    prepared(settings, plugins)
    opened = open_shop(create_app(settings, plugins), "melati")
    opened.hire("sari", RoleName.AGENT)
    opened.customer_writes("Halo")
    yield opened
    opened.desk.database.dispose()
    for path in SAMPLES:
        discard(path, path)


def slots(page: str) -> list[tuple[str, str]]:
    """The cards that a page has room for: name and address, from above."""
    return re.findall(r'data-panel-of="([^"]*)".*?hx-get="([^"]*)"', page, re.DOTALL)


def places(shop: Shop) -> tuple[str, str, int]:
    """The inbox with the conversation open, the customer's page, and the contact's id."""
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        talk = session.query(Conversation).one()
        contact = session.get_one(Contact, talk.contact_id)
        return f"/inbox/{talk.id}/", f"/customerview/show/{contact.customer_id}", contact.id


def test_F2_F4_F7_customer_panels_of_what_is_on_runs_and_may_be_opened(shop: Shop) -> None:
    inbox, customer, contact = places(shop)
    rina, sari = shop.client("rina"), shop.client("sari")
    wanted = [
        ("secret", f"/beside/{contact}/secret"),
        ("points", f"/beside/{contact}"),
        ("nothing", f"/beside/{contact}/nothing"),
    ]
    for address, title in ((inbox, "Points Phone melati"), (customer, "Points here")):
        page = rina.get(address).get_data(as_text=True)
        assert slots(page) == wanted
        assert title in page
        # an agent has no right to the second page
        assert slots(sari.get(address).get_data(as_text=True)) == wanted[1:]
    assert sari.get(wanted[0][1]).status_code == 403

    failures = shop.desk.host.active["latefail"].failures
    assert failures["customer_panels"].error == "LookupError: no such card"
    assert "return InboxAction objects" in failures["inbox_actions"].error

    with shop.desk.database.tenant(shop.tenant_id) as session:
        shop.desk.host.switches.disable(session, "beside")
    for address in (inbox, customer):
        assert slots(rina.get(address).get_data(as_text=True)) == []


def test_order_panels_stand_on_the_page_of_an_order(shop: Shop) -> None:
    _inbox, _customer, contact_id = places(shop)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        contact = session.get_one(Contact, contact_id)
        order = orders.create_order(session, contact, lines=[orders.Line("Serum", 1, Decimal(5))])
        address, number = f"/orderview/show/{order.id}", order.number
    page = shop.client("rina").get(address).get_data(as_text=True)
    cards = [("margin", f"/beside/{contact_id}/secret"), ("points", f"/beside/{contact_id}")]
    assert slots(page) == cards
    assert f"Points of {number}" in page
    assert slots(shop.client("sari").get(address).get_data(as_text=True)) == cards[1:]
