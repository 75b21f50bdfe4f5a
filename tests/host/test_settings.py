"""A plugin's settings: checked by its model, secrets sealed, one set for each tenant."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from core.db import Database
from core.host.host import PluginHost
from core.host.settings import NoSettings, SettingsRefused
from core.models import PluginSwitch


class PlainBox:
    """Bound to its context like the real box, and readable in a test."""

    def seal(self, values: Mapping[str, str], context: str) -> str:
        return base64.b64encode(json.dumps([context, dict(values)]).encode()).decode()

    def open(self, token: str, context: str) -> dict[str, str]:
        sealed_for, values = json.loads(base64.b64decode(token))
        assert sealed_for == context
        return dict(values)


@pytest.fixture(autouse=True)
def _box(host: PluginHost) -> None:
    host.settings.box = PlainBox()


def read(host: PluginHost, database: Database, tenant_id: int = 1) -> tuple[str, str]:
    with database.tenant(tenant_id, write=False) as session:
        form = host.settings.of(session, "greeter")
        return form.text, form.key.get_secret_value()  # type: ignore[attr-defined]


def save(host: PluginHost, database: Database, **values: object) -> None:
    with database.tenant(1) as session:
        host.settings.save(session, "greeter", values)


def test_defaults_hold_until_a_tenant_sets_something(host: PluginHost, database: Database) -> None:
    assert read(host, database) == ("Hello", "")
    save(host, database, text="Halo", key="s3cret")
    assert read(host, database) == ("Halo", "s3cret")
    assert read(host, database, tenant_id=2) == ("Hello", "")


def test_a_secret_is_sealed_and_stays_when_left_empty(host: PluginHost, database: Database) -> None:
    save(host, database, text="Halo", key="s3cret")
    save(host, database, text="Hai", key="")
    assert read(host, database) == ("Hai", "s3cret")
    save(host, database, text="Hei")
    assert read(host, database) == ("Hei", "s3cret")
    with database.tenant(1, write=False) as session:
        stored = session.scalar(select(PluginSwitch.settings))
    assert set(stored or {}) == {"text", "_sealed"}
    assert "s3cret" not in json.dumps(stored)


def test_bad_settings_are_refused_by_field(host: PluginHost, database: Database) -> None:
    with pytest.raises(SettingsRefused) as caught:
        save(host, database, text="x" * 21)
    assert caught.value.errors == {"text": "String should have at most 20 characters."}
    assert read(host, database) == ("Hello", "")


def test_saving_settings_switches_nothing(host: PluginHost, database: Database) -> None:
    with database.tenant(1) as session:
        host.switches.disable(session, "greeter")
    save(host, database, text="Halo")
    with database.tenant(1, write=False) as session:
        assert "greeter" not in host.switches.enabled(session)


def test_a_stored_value_that_no_longer_fits_gives_way(host: PluginHost, database: Database) -> None:
    with database.tenant(1) as session:
        row = host.switches.row(session, "greeter", is_enabled=True)
        row.settings = {"text": "x" * 50, "_sealed": PlainBox().seal({"key": "k"}, CONTEXT)}
    assert read(host, database) == ("Hello", "k")


CONTEXT = "plugin_settings:1:greeter"


def test_a_plugin_without_a_form_has_no_settings(host: PluginHost, database: Database) -> None:
    with database.tenant(1) as session, pytest.raises(NoSettings, match="Waver has no settings"):
        host.settings.save(session, "waver", {})
