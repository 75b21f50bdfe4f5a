"""The hooks device_facts, device_panels and customer_list_actions, as far as the reader may go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.config import Settings
from core.host.models import discard
from core.services.tenants import RoleName
from core.testing.prepared import prepared
from core.web.app import create_app
from plugins import BUILTIN
from tests.web.installation import Shop, open_shop

SAMPLE = "tests.host.sample.gauge"


@pytest.fixture
def shop(sqlite_settings: Settings) -> Iterator[Shop]:
    plugins = (*BUILTIN, SAMPLE)
    prepared(sqlite_settings, plugins)
    opened = open_shop(create_app(sqlite_settings, plugins), "melati")
    opened.hire("sari", RoleName.AGENT)
    opened.customer_writes("Halo")
    yield opened
    opened.desk.database.dispose()
    discard(SAMPLE, SAMPLE)


def test_device_facts_are_a_column_of_the_devices(shop: Shop) -> None:
    page = shop.client().get("/channels/").get_data(as_text=True)
    assert '<th scope="col">Battery</th>' in page
    assert "Full" in page
    assert "99 %" in page


def test_device_panels_stand_on_the_settings_of_a_device(shop: Shop) -> None:
    page = shop.client().get(f"/channels/{shop.channel_id}/edit").get_data(as_text=True)
    assert "Gauge of Phone melati" in page
    assert 'hx-get="/gauge/"' in page


def test_customer_list_actions_lead_where_the_reader_may_go(shop: Shop) -> None:
    admin = shop.client().get("/customerview/list/").get_data(as_text=True)
    agent = shop.client("sari").get("/customerview/list/").get_data(as_text=True)
    assert 'href="/gauge/"' in admin
    assert 'href="/gauge/secret"' in admin
    assert 'href="/gauge/"' in agent
    assert "/gauge/secret" not in agent
