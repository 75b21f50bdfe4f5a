"""F9: each role reaches what it should and nothing else; each change is asked for on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.services.tenants import TENANT_ROLES, RoleName
from core.testing.tables import tenant_tables
from core.testing.world import Browser, World, build_world
from plugins import BUILTIN
from tests.contracts.matrix import as_document
from tests.contracts.routes import Route, aimed, find_forms, own_paths, routes_of
from tests.contracts.shots import Shot, as_request, ends_row, shots_at

OPEN = {
    "static": "the browser's parts",
    "appbuilder.static": "FAB's parts",
    "health.alive": "says yes or no to a load balancer",
    "health.ready": "says yes or no to a load balancer",
    "health.ready_to_serve": "says yes or no to a load balancer",
    "metrics.show": "a token, or this machine alone, is the check",
    "HomeView.index": "only leads to the inbox, which asks",
    "LanguageView.choose": "the language in which somebody reads, also on the sign-in page",
    "LocaleView.index": "the language of the login page",
    "LoginView.login": "where one proves who one is",
    "LoginView.logout": "ends the caller's own session",
    "LimitedSecurityApi.login": "where one proves who one is",
    "LimitedSecurityApi.refresh": "asks for a refresh token itself",
    "OwnNameView.this_form_get": "only leads to the person's own page, which asks",
    "OwnPasswordView.this_form_get": "only leads to the person's own page, which asks",
    "UtilView.back": "leads back to a page, which asks",
    "webhooks.receive_webhook": "the provider's signature is the check",
}
SIGNED_IN = {
    "ProfileView.index": "a person's own page",
    "ProfileView.name": "a person's own name",
    "ProfileView.password": "a person's own password, which asks for the old one",
    "ProfileView.sessions": "a person's own sessions",
    "TenantSwitchView.enter": "a membership there is the check",
}
"""Ask for no permission, but close to nobody as the others are."""
ENDS_OWN_SESSION = {"LoginView.logout", "ProfileView.sessions"}
SIGNS_OF_LIFE = {"InboxView.counts", "LiveView.index"}
"""Say that the person is here, as they should: nothing else is written."""
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = build_world(Settings(home=tmp_path_factory.mktemp("roles")), BUILTIN)
    yield made
    made.close()


@pytest.fixture(scope="module")
def routes(world: World) -> list[Route]:
    found = routes_of(world.app)
    find_forms(world, found)
    return found


def is_open(world: World, route: Route) -> bool:
    is_static = route.endpoint.endswith(".static")
    return is_static or route.endpoint in OPEN or is_door(world, route)


def is_door(world: World, route: Route) -> bool:
    """A machine's door: it says beside it what proves the caller."""
    return bool(getattr(world.app.view_functions[route.endpoint], "_sapa_door", ""))


def rows(world: World) -> dict[str, object]:
    """What a tenant has; people's own accounts and their programs' last use are not it."""
    dump = world.dump(world.mine)
    return {table.name: dump[table.name] for table in tenant_tables(world.desk)}


def honest(world: World, route: Route) -> list[dict[str, object]]:
    """Requests at our own rows, such as a person who may would send."""
    shots: list[Shot] = list(shots_at(world, route))
    return [as_request(shot, world.mine, world.mine) for shot in shots]


def send(browser: Browser, route: Route, request: dict[str, object]) -> int:
    request = dict(request)
    answer = browser.send(route.method, str(request.pop("path")), **request)
    answer.close()
    return answer.status_code


def test_every_route_asks_for_a_permission(world: World, routes: list[Route]) -> None:
    unguarded = [
        route.name
        for route in routes
        if not is_open(world, route)
        and route.endpoint not in SIGNED_IN
        and route.action not in ("action", "action_post", "related")  # ask in their first line
        and not hasattr(getattr(route.view, route.action, None), "_permission_name")
    ]
    assert unguarded == []


def test_no_exemption_outlives_its_route(world: World) -> None:
    served = {route.endpoint for route in routes_of(world.app)}
    assert OPEN.keys() | SIGNED_IN.keys() | ENDS_OWN_SESSION <= served


def test_nobody_gets_in_anywhere(world: World, routes: list[Route]) -> None:
    nobody, before, entered = world.nobody(), rows(world), []
    for route in routes:
        if is_open(world, route):
            continue
        for request in honest(world, route)[:3]:
            asked = dict(request)
            answer = nobody.send(route.method, str(asked.pop("path")), **asked)
            to_login = "/login/" in answer.headers.get("Location", "")
            if answer.status_code not in (401, 403, 404) and not to_login:
                entered.append(f"{answer.status_code} {route.name}")
            elif not to_login and world.mine.mark in answer.get_data(as_text=True):
                entered.append(f"shows rows: {route.name}")
    assert entered == []
    assert rows(world) == before


def test_a_cookie_changes_nothing_without_the_csrf_token(world: World, routes: list[Route]) -> None:
    browser = world.browser()
    forged, before, passed = Browser(browser.client), rows(world), []
    for route in routes:
        if route.method == "GET" or is_door(world, route):
            continue
        if route.endpoint == "webhooks.receive_webhook":
            continue  # signed instead
        for request in honest(world, route)[:3]:
            form = request.get("data")
            if isinstance(form, dict):
                form.pop("csrf_token", None)
            if send(forged, route, request) != 400:
                passed.append(route.name)
    assert passed == []
    assert rows(world) == before


def test_a_viewer_changes_nothing(world: World, routes: list[Route]) -> None:
    browser, over_rest = world.browser(RoleName.VIEWER), world.person_over_rest(RoleName.VIEWER)
    changed = []
    before = rows(world)
    for route in routes:
        if route.endpoint in ENDS_OWN_SESSION | SIGNS_OF_LIFE:
            continue
        shots = honest(world, route)
        for request in shots[:1] if route.method == "GET" else shots:
            send(over_rest if route.is_rest else browser, route, request)
        if route.method != "GET" and (after := rows(world)) != before:
            tables = [name for name, kept in after.items() if kept != before[name]]
            changed.append(f"{route.name}: {', '.join(tables)}")
            before = after
    assert changed == []


def reached(world: World, role: str, routes: list[Route], known: Iterable[str] = ()) -> set[str]:
    """The nouns and pages whose rows this role can look at; `known` texts are not rows."""
    known = (f"{world.mine.mark}-name", *known)  # the tenant's own, in the switcher
    browser, over_rest = world.browser(role), world.person_over_rest(role)
    found = set()
    for route in routes:
        if route.method != "GET" or is_open(world, route) or "userinfo" in route.name:
            continue
        for path in own_paths(world, route):
            answer = (over_rest if route.is_rest else browser).get(path)
            is_page = answer.status_code == 200 and route.endpoint != "LiveView.index"
            text = answer.get_data(as_text=True) if is_page else ""
            for each in known:
                text = text.replace(each, "")
            if world.mine.mark in text:
                found.add(route.view.class_permission_name)
            answer.close()
    return found


def test_a_warehouse_sees_orders_only(world: World, routes: list[Route]) -> None:
    seen = reached(world, RoleName.WAREHOUSE, routes)
    assert seen == {"Order", "OrderLine"}


def test_an_operator_without_membership_sees_no_tenants_rows(
    world: World, routes: list[Route]
) -> None:
    mine = world.mine
    accounts = (f"{mine.mark}-first", f"{mine.mark}-last", mine.email)  # are the operator's
    assert reached(world, RoleName.OPERATOR, routes, accounts) == set()


def test_an_agent_reaches_no_settings(world: World, routes: list[Route]) -> None:
    agent, opened = world.browser(RoleName.AGENT), []
    for route in routes:
        view = getattr(route.view, "class_permission_name", "")
        if view not in ("ApiToken", "Plugins", "AuditEntry", "BadInboundItem", "Channel"):
            continue
        if route.is_rest and view == "Channel" and route.method == "GET":
            continue  # the names of channels, to choose one
        for request in honest(world, route)[:2]:
            if send(agent, route, request) not in (401, 403, 404, 405):
                opened.append(route.name)
    assert opened == []


@pytest.mark.parametrize("role", TENANT_ROLES)
def test_the_menu_leads_only_to_open_pages(world: World, role: str) -> None:
    browser = world.browser(role)
    with world.app.app_context():
        items = list(world.app.appbuilder.menu.get_list())  # type: ignore[attr-defined]
    shown = browser.get("/api/v1/menu/").get_json()["result"]
    links = [
        child["url"]
        for item in shown
        for child in (item.get("childs") or [item])
        if isinstance(child, dict) and child.get("url")
    ]
    assert items
    assert links
    closed = {url: browser.get(url).status_code for url in links}
    assert {url: code for url, code in closed.items() if code not in (200, 302)} == {}


def test_a_tokens_scopes_hold(world: World, routes: list[Route]) -> None:
    resources = {
        route.view.class_permission_name.lower(): route
        for route in routes
        if route.is_rest and route.action == "get_list"
    }
    never = {"apitoken", "membership"}  # a program has no business with them
    wrong = []
    for noun in resources:
        if noun in never:
            continue
        reader, stranger = world.program(f"{noun}:read"), world.program("nothing:write")
        for each in routes:
            if not each.is_rest or getattr(each.view, "class_permission_name", "").lower() != noun:
                continue
            for request in honest(world, each)[:2]:
                code = send(reader, each, request)
                if (code == 403) != (each.method != "GET"):
                    wrong.append(f"{noun}:read {code} {each.name}")
                if send(stranger, each, request) != 403:
                    wrong.append(f"no scope {each.name}")
        other = next(r for n, r in resources.items() if n not in (noun, *never))
        if send(reader, other, {"path": aimed(str(other.rule), world.mine)}) != 403:
            wrong.append(f"{noun}:read reads {other.name}")
    assert wrong == []


def test_a_token_with_every_scope_makes_no_tokens(world: World, routes: list[Route]) -> None:
    program = world.program()
    codes = {
        send(program, route, request)
        for route in routes
        if getattr(route.view, "class_permission_name", "") in ("ApiToken", "Plugins", "Membership")
        for request in honest(world, route)[:1]
        if route.is_rest
    }
    assert codes == {403}


def test_the_roles_document_is_true(world: World) -> None:
    """`docs/roles.md` is written by `python -m tests.contracts.matrix`."""
    assert (ROOT / "docs/roles.md").read_text() == as_document(world)


def test_an_admin_changes_things(world: World, routes: list[Route]) -> None:
    """The counterpart: the requests that changed nothing above are not refused for their form."""
    browser, over_rest = world.browser(), world.person_over_rest()
    changed = set()
    before = rows(world)
    for route in sorted(routes, key=ends_row):  # what is gone can't be changed
        if route.method == "GET" or route.endpoint in ENDS_OWN_SESSION:
            continue
        for request in honest(world, route):
            send(over_rest if route.is_rest else browser, route, request)
        if (after := rows(world)) != before:
            changed.add(route.endpoint)
            before = after
    assert len(changed) > 55
