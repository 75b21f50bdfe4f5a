"""Plugins on and off, for each tenant, at the next request of every process."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event, select, update

from core.db import Database
from core.host.host import PluginHost
from core.host.switches import SwitchRefused, UnknownPlugin
from core.models import Plan, PluginSwitch, Tenant


@pytest.fixture
def database(each_database: Database) -> Database:
    return each_database


SAMPLES = ("tests.host.sample.greeter", "tests.host.sample.waver", "tests.host.sample.bridge")


def enabled(host: PluginHost, database: Database, tenant_id: int = 1) -> set[str]:
    with database.tenant(tenant_id, write=False) as session:
        return set(host.switches.enabled(session))


def test_without_a_row_the_default_holds(host: PluginHost, database: Database) -> None:
    assert enabled(host, database) == {"greeter"}


def test_F4_switching_on_takes_what_it_requires_along(host: PluginHost, database: Database) -> None:
    with database.tenant(1) as session:
        host.switches.disable(session, "greeter")
    assert enabled(host, database) == set()
    with database.tenant(1) as session:
        switched = host.switches.enable(session, "waver")
    assert switched.on == {"waver", "greeter", "bridge"}
    assert enabled(host, database) == {"waver", "greeter", "bridge"}
    assert enabled(host, database, tenant_id=2) == {"greeter"}


def test_a_bridge_that_was_switched_off_stays_off(host: PluginHost, database: Database) -> None:
    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
        host.switches.disable(session, "bridge")
    with database.tenant(1) as session:
        host.switches.disable(session, "waver")
        assert host.switches.enable(session, "waver").on == {"waver"}
    assert enabled(host, database) == {"waver", "greeter"}


def test_F4_what_others_require_is_not_switched_off_under_them(
    host: PluginHost, database: Database
) -> None:
    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
    with pytest.raises(SwitchRefused, match="Waver can't work without Greeter"):
        with database.tenant(1) as session:
            host.switches.disable(session, "greeter")
    assert "greeter" in enabled(host, database)
    with database.tenant(1) as session:
        assert host.switches.disable(session, "waver").off == {"waver", "bridge"}
        assert host.switches.disable(session, "greeter").off == {"greeter"}


def test_F5_a_plan_says_what_may_be_on(host: PluginHost, database: Database) -> None:
    assert enabled(host, database, tenant_id=2) == {"greeter"}
    with pytest.raises(SwitchRefused, match="Your plan doesn't include Waver"):
        with database.tenant(2) as session:
            host.switches.enable(session, "waver")
    with database.system() as session:
        session.execute(update(Plan).where(Plan.id == 102).values(plugins=["waver"]))
    assert enabled(host, database, tenant_id=2) == set()
    with pytest.raises(SwitchRefused, match="Waver needs Greeter, which your plan"):
        with database.tenant(2) as session:
            host.switches.enable(session, "waver")
    with database.system() as session:
        session.execute(update(Plan).where(Plan.id == 102).values(plugins=["*"]))
    with database.tenant(2) as session:
        host.switches.enable(session, "waver")
    assert enabled(host, database, tenant_id=2) == {"greeter", "waver", "bridge"}


def test_F7_a_broken_plugin_cannot_be_switched_on(
    load: Callable[..., PluginHost], database: Database
) -> None:
    host = load("tests.broken_plugins.misspelt_hook", "tests.broken_plugins.needs_broken")
    with database.tenant(1) as session:
        with pytest.raises(SwitchRefused, match=r"Misspelt can't run\. .*menu_links"):
            host.switches.enable(session, "misspelt")
        with pytest.raises(SwitchRefused, match=r"Needs can't run\. .*misspelt"):
            host.switches.enable(session, "needs_broken")
        host.switches.disable(session, "misspelt")


def test_an_unknown_plugin_is_told_apart(host: PluginHost, database: Database) -> None:
    with database.tenant(1) as session:
        with pytest.raises(UnknownPlugin, match="no plugin nothing here"):
            host.switches.enable(session, "nothing")
        with pytest.raises(UnknownPlugin, match="no plugin nothing here"):
            host.switches.disable(session, "nothing")


def test_F4_another_process_sees_the_switch_at_its_next_request(
    load: Callable[..., PluginHost], host: PluginHost, database: Database
) -> None:
    elsewhere = load(*SAMPLES)
    assert enabled(elsewhere, database) == {"greeter"}
    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
    assert "waver" in enabled(elsewhere, database)


def test_what_is_known_costs_one_statement(host: PluginHost, database: Database) -> None:
    enabled(host, database)
    statements: list[str] = []

    def count(conn, cursor, statement, parameters, context, executemany):  # type: ignore[no-untyped-def]
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    enabled(host, database)
    (statement,) = [each for each in statements if "set_config" not in each]  # the second wall's
    assert "switch_version" in statement


def test_a_request_keeps_what_was_on_when_it_began(host: PluginHost, database: Database) -> None:
    with database.tenant(1, write=False) as session, host.switches.pinned(session):
        other = threading.Thread(target=_enable, args=(host, database, "waver"))
        other.start()
        other.join()
        assert host.switches.enabled(session) == host.switches.current() == {"greeter"}
    assert "waver" in enabled(host, database)
    assert host.switches.current_or_none() is None


def _enable(host: PluginHost, database: Database, name: str) -> None:
    with database.tenant(1) as session:
        host.switches.enable(session, name)


def test_a_pin_of_one_tenant_says_nothing_about_another(
    host: PluginHost, database: Database
) -> None:
    _enable(host, database, "waver")
    with database.tenant(1, write=False) as session:
        host.switches.pin(session)
    try:
        assert enabled(host, database, tenant_id=2) == {"greeter"}
    finally:
        host.switches.unpin()


def test_a_switch_that_is_rolled_back_leaves_nothing_behind(
    load: Callable[..., PluginHost], host: PluginHost, database: Database
) -> None:
    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
        assert "waver" in host.switches.enabled(session)
        session.rollback()
    # another process now commits the very version that was given away
    with database.tenant(1) as session:
        load(*SAMPLES).switches.disable(session, "greeter")
    assert enabled(host, database) == set()


def test_jobs_are_unparked_with_the_switch_and_streams_closed_after_it(
    host: PluginHost, database: Database
) -> None:
    seen: list[object] = []
    host.switches.unpark = lambda session, plugins: seen.append((session.tenant_id, set(plugins)))
    host.switches.disabled = lambda tenant_id, plugins: seen.append((tenant_id, set(plugins)))
    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
        assert seen == [(1, {"bridge", "waver"})]
        seen.clear()
    with database.tenant(1) as session:
        host.switches.disable(session, "waver")
        session.rollback()
    assert seen == []
    with database.tenant(1) as session:
        host.switches.disable(session, "waver")
        assert seen == []
    assert seen == [(1, {"waver", "bridge"})]


def test_two_at_once_make_one_row_and_two_versions(host: PluginHost, database: Database) -> None:
    threads = [
        threading.Thread(target=_enable, args=(host, database, name))
        for name in ("waver", "waver", "bridge", "waver")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.tenant(1, write=False) as session:
        plugins = list(session.scalars(select(PluginSwitch.plugin).order_by(PluginSwitch.plugin)))
        assert plugins == ["bridge", "greeter", "waver"]
        assert session.scalar(select(Tenant.switch_version).where(Tenant.id == 1)) == 4
