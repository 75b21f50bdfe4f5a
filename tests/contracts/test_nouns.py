"""Every noun has its screen, its REST resource and its walls; lists stay cheap and apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from core.config import Settings
from core.models import Customer
from core.models.base import Base, TenantMixin, is_tenant_table
from core.testing.tables import tenant_tables
from core.testing.world import Browser, World, build_world
from core.web.fab import AdminApi, AdminView
from plugins import BUILTIN
from tests.contracts.routes import routes_of

NO_SCREEN = {
    "Allocation": "chosen in an agent's form",
    "DivisionMember": "chosen in an agent's form",
    "Attachment": "shown with its message; the bytes are at /files/<uuid>",
    "ApiToken": "has a page of its own, /tokens/",
    "Channel": "has a page of its own, /channels/",
    "ChannelCount": "shown on its channel's page",
    "CustomerChoice": "shown on its customer's page",
    "EarlyStatus": "waits for its message, and is gone when that comes",
    "Notice": "has a page of its own, /notices/",
    "MergeEvent": "has a page of its own, /merge/",
    "Mention": "shown as a filter of the inbox, and in its note",
    "PluginSwitch": "has a page of its own, /plugins/",
    "ProfileRule": "chosen on the page /merge/",
}
NO_REST = {
    "Allocation": "/api/v1/membership/<id>/allocate",
    "DivisionMember": "/api/v1/membership/<id>/allocate",
    "BadInboundItem": "for a person to read, on its screen",
    "ChannelCount": "shown on its channel's page",
    "CustomerChoice": "comes with its customer's members",
    "EarlyStatus": "waits for its message, and is gone when that comes",
    "Mention": "comes with its note, a message",
    "OrderLine": "comes with its order",
    "PluginSwitch": "/api/v1/plugin/",
    "ProfileRule": "chosen on the page /merge/",
}
LIST_BUDGET, REST_LIST_BUDGET = 8, 5


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    made = build_world(settings, BUILTIN)
    yield made
    made.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = build_world(Settings(home=tmp_path_factory.mktemp("nouns")), BUILTIN)
    yield made
    made.close()


def nouns() -> list[type[Any]]:
    return [m.class_ for m in Base.registry.mappers if issubclass(m.class_, TenantMixin)]


def with_kind(world: World, kind: type[Any]) -> set[str]:
    views = world.app.appbuilder.baseviews  # type: ignore[attr-defined]
    return {view.datamodel.obj.__name__ for view in views if isinstance(view, kind)}


def test_every_noun_has_a_screen(small: World) -> None:
    assert {n.__name__ for n in nouns()} - with_kind(small, AdminView) == NO_SCREEN.keys()


def test_every_noun_has_a_rest_resource(small: World) -> None:
    assert {n.__name__ for n in nouns()} - with_kind(small, AdminApi) == NO_REST.keys()


def test_every_table_with_a_tenant_is_walled_or_says_why_not(small: World) -> None:
    walled = {noun.__table__ for noun in nouns()}
    for table in tenant_tables(small.desk):
        is_linked = table.name == "contact_label"  # by composite keys on both ends
        assert is_linked or is_tenant_table(table) or table.info.get("row_security"), table.name
        assert table in walled or is_linked or table.info.get("system") or "_" in table.name


def test_F6_every_noun_is_in_the_world(small: World) -> None:
    dump = small.dump(small.theirs)
    missing = [noun.__name__ for noun in nouns() if not dump[noun.__table__.name]]
    assert missing == []


def test_every_screen_shows_and_exports_our_rows(world: World) -> None:
    """The counterpart of the walls: they let through what is ours."""
    browser, person, blind = world.browser(), world.person_over_rest(), []
    for route in routes_of(world.app):
        if not isinstance(route.view, AdminView | AdminApi) or route.method != "GET":
            continue
        if route.action not in ("list", "show", "export", "get", "get_list"):
            continue
        path = str(route.rule).replace("<pk>", str(world.mine.key))
        answer = (person if route.is_rest else browser).get(path)
        text = answer.get_data(as_text=True)
        digits = world.mine.phone.lstrip("+")
        marks = (world.mine.mark, digits, str(world.mine.key), str(world.mine.uuid))
        if answer.status_code != 200 or not any(mark in text for mark in marks):
            blind.append(f"{answer.status_code} {route.name}")
    assert blind == []


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements of a block, the tenants' and the system's."""
    database, seen = world.desk.database, []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("select set_config"):  # rides along with the transaction
            seen.append(statement)

    engines = {database.engine, database.system_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def over_budget(world: World, browser: Browser, kind: type[Any], budget: int) -> list[str]:
    found = []
    for route in routes_of(world.app):
        if not isinstance(route.view, kind) or route.action not in ("list", "get_list"):
            continue
        browser.get(str(route.rule))
        with counted(world) as seen:
            answer = browser.get(str(route.rule))
        assert answer.status_code in (200, 403), route.name
        if len(seen) > budget:
            found.append(f"{route.name}: {len(seen)}\n  " + "\n  ".join(s[:90] for s in seen))
    return found


def test_a_list_page_costs_at_most_8_statements(world: World) -> None:
    found = over_budget(world, world.browser(), AdminView, LIST_BUDGET)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("who", ["program", "person_over_rest"])
def test_a_rest_list_costs_at_most_5_statements(world: World, who: str) -> None:
    found = over_budget(world, getattr(world, who)(), AdminApi, REST_LIST_BUDGET)
    assert not found, "\n".join(found)


THREADS, PEOPLE = 8, 30


@pytest.fixture
def switchy() -> Iterator[None]:
    """Make threads change places often, so that a race has its chance."""
    import sys

    before = sys.getswitchinterval()
    sys.setswitchinterval(0.00001)
    yield
    sys.setswitchinterval(before)


def fill(world: World) -> None:
    """Numbered customers in both tenants, each with its tenant's mark in the name."""
    table: Any = Customer.__table__
    with world.desk.database.system() as session:
        for owner in (world.mine, world.theirs):
            session.execute(
                insert(table),
                [
                    {"tenant_id": owner.key, "name": f"{owner.mark} person {n} end"}
                    for n in range(PEOPLE)
                ],
            )


def others_seen(world: World, requests: int) -> list[int]:
    """Ask for one customer at a time over eight threads, screen and REST; who saw another."""
    fill(world)
    kept, lock = threading.local(), threading.Lock()

    def ask(number: int) -> bool:
        if not hasattr(kept, "who"):
            with lock:
                kept.who = (world.browser(), world.person_over_rest())
        wanted = f"person {number % PEOPLE} end"
        if number % 2:
            query = {"q": f"(filters:!((col:name,opr:ct,value:'{wanted}')))"}
            answer = kept.who[1].get("/api/v1/customer/", query_string=query)
            names = [row["name"] for row in answer.get_json()["result"]]
            return names != [f"{world.mine.mark} {wanted}"]
        text = kept.who[0].get("/customerview/list/", query_string={"_flt_2_name": wanted}).text
        shown = text.count(" end</") + text.count(" end\n")
        return f"{world.mine.mark} {wanted}" not in text or shown > 2 or "LEAK-B" in text

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(ask, range(requests)))
    return [number for number, saw_another in enumerate(answers) if saw_another]


def test_no_list_request_shows_anothers_filter(world: World, switchy: None) -> None:
    assert others_seen(world, 300) == []


@pytest.mark.prove
def test_none_of_2000_list_requests_shows_anothers_filter(world: World, switchy: None) -> None:
    assert others_seen(world, 2000) == []


def test_world_uses_a_database_that_is_there_already(sqlite_settings: Settings) -> None:
    made = build_world(sqlite_settings, BUILTIN)
    assert (Path(sqlite_settings.home) / "sapa.db").exists()
    assert made.dump(made.mine)["order"]
    made.close()
