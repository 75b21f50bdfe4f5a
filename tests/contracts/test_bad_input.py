"""Bad input anywhere gets a sentence, never a 500 and never SQL; what was typed is kept."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import cycle, islice
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core.config import Settings
from core.testing.world import Browser, World, build_world
from core.web.fab import AdminApi, AdminView
from plugins import BUILTIN
from tests.contracts.pages import Form
from tests.contracts.routes import Route, body_of_operation, find_forms, own_paths, routes_of
from tests.contracts.shots import ONCE, ends_row
from tests.contracts.test_permissions import ENDS_OWN_SESSION

LONG = "x" * 10_000
TYPED = (
    "a\x00b",
    LONG,
    "🦜" * 50,
    "\ufffd",
    "-1",
    str(2**31),
    str(2**63),
    "NaN",
    "1e400",
    "2026-13-45",
    "<script>alert(1)</script>",
    "not-one-of-these",
    "",
)
SENT: tuple[Any, ...] = (
    "a\x00b",
    LONG,
    "\ud800",
    "🦜",
    -1,
    2**31,
    2**63,
    float("nan"),
    float("inf"),
    "2026-13-45",
    None,
    True,
    [],
    [1, [2]],
    {},
    {"a": {"b": 1}},
    [None],
)
INNER = re.compile(
    r"Traceback|sqlalchemy|psycopg|sqlite3|SELECT .* FROM|INSERT INTO|UPDATE .* SET|"
    r"constraint failed"
)

KEPT = re.compile("^(?!/board/).*(/add|/edit)|^/profile/")
"""Pages that show the form again; others may have no such form any more, or another kind's.

A board adds in place: its form stays as it is."""

NOT_READY = {"health.ready": "503 here and rightly: no worker lives in this world"}


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    made = build_world(settings, BUILTIN)
    yield made
    made.close()


class Judge:
    """Collects what is wrong with answers."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    @property
    def findings(self) -> list[str]:
        """Each once, in the order of the answers; the first hundred."""
        return list(dict.fromkeys(self.wrong))[:100]

    def see(self, answer: TestResponse, what: str, *, typed: str = "") -> None:
        text = answer.get_data(as_text=True)
        answer.close()
        if answer.status_code >= 500:
            self.wrong.append(f"{answer.status_code} {what}")
        elif INNER.search(text):
            self.wrong.append(f"tells its insides: {what}")
        elif answer.status_code >= 400:
            self._has_sentence(answer, text, what)
            is_page = answer.mimetype == "text/html"  # a composer sends JSON, and clears nothing
            if is_page and typed and answer.status_code in (409, 422) and not _keeps(text, typed):
                self.wrong.append(f"forgot what was typed: {what}")

    def _has_sentence(self, answer: TestResponse, text: str, what: str) -> None:
        if answer.mimetype == "application/json":
            body = answer.get_json(silent=True) or json.loads(text)
            if not str(body.get("message", "")).strip():
                self.wrong.append(f"no sentence: {what}")
        elif not re.search(r"[A-Z].{8,}\.", re.sub(r"<[^>]+>", " ", text)):
            self.wrong.append(f"no sentence: {what}")


def _keeps(page: str, typed: str) -> bool:
    return escape(typed) in page or typed in page or str(escape(typed, quote=False)) in page


def closes(route: Route) -> bool:
    """Whether other forms of the row would answer 404, or that it is cancelled, ever after."""
    return ends_row(route) or route.action == "cancel"


def ready(form: Form) -> dict[str, Any]:
    """A form's values as a person would send them."""
    return {
        name: value.replace(ONCE, "7") if isinstance(value, str) else value
        for name, value in form.filled().items()
    }


class Turns:
    """Hands out the values of a list in turn: `some` at a time, or with None always all.

    Each place gets the next few, so that all of them meet every kind of place.
    """

    def __init__(self, some: int | None) -> None:
        self._some = some
        self._cycles: dict[int, Iterator[Any]] = {}

    def of(self, values: Sequence[Any]) -> list[Any]:
        if self._some is None:
            return list(values)
        turn = self._cycles.setdefault(id(values), cycle(values))
        return list(islice(turn, self._some))


SOME = 1
MORE = int(os.environ.get("SAPA_PROOF_GARBAGE", "4")) or None
"""0 tries everything everywhere: half an hour."""


def garbage_in_forms(world: World, turns: Turns) -> Judge:
    """Post every form with something wrong in one field at a time."""
    routes = routes_of(world.app)
    find_forms(world, routes)
    browser, judge, fields = world.browser(), Judge(), 0
    for route in sorted(routes, key=closes):
        if route.endpoint in ENDS_OWN_SESSION:
            continue
        for form in route.forms:
            for path in own_paths(world, route):
                for name, each in form.fields.items():
                    if name == "csrf_token":
                        continue
                    fields += 1
                    for garbage in turns.of(TYPED):
                        filled = {**ready(form), name: garbage}
                        is_text = each.kind in ("text", "textarea") and garbage.isprintable()
                        answer = browser.post(path, data=filled)
                        judge.see(
                            answer,
                            f"{route.name} {name}={garbage[:20]!r}",
                            typed=garbage if is_text and KEPT.search(path) else "",
                        )
                judge.see(browser.post(path, data={}), f"{route.name} empty")
    assert fields > 130
    return judge


def garbage_in_rest_fields(world: World, turns: Turns) -> Judge:
    """Send every operation and resource something wrong in one field at a time, and no JSON."""
    person, judge = world.person_over_rest(), Judge()
    for route in routes_of(world.app):
        if route.method not in ("POST", "PUT") or not route.is_rest:
            continue
        for path in own_paths(world, route):
            for name in _fields(world, route):
                for garbage in turns.of(SENT):
                    body = json.dumps({name: garbage})
                    judge.see(_post(person, route, path, body), f"{route.name} {body[:60]}")
            for body in turns.of(BODIES):
                judge.see(_post(person, route, path, body), f"{route.name} {body[:20]}")
            answer = person.send(route.method, path, data=b"a=b", content_type="text/plain")
            judge.see(answer, f"{route.name} as text")
    return judge


def garbage_in_addresses(world: World, turns: Turns) -> Judge:
    """Ask for rows that can't be."""
    browser, person, judge = world.browser(), world.person_over_rest(), Judge()
    for route in routes_of(world.app):
        if not route.rule.arguments or route.endpoint in ENDS_OWN_SESSION:
            continue
        for bad in turns.of(IDS):
            path = re.sub(r"<[^>]+>", bad, str(route.rule))
            who = person if route.is_rest else browser
            answer = who.send(route.method, path, json={} if route.is_rest else None)
            judge.see(answer, f"{route.name} {bad}")
            if answer.status_code < 300 and "pk" in route.rule.arguments:
                judge.wrong.append(f"{answer.status_code} for {path}")
    return judge


def garbage_in_queries(world: World, turns: Turns) -> Judge:
    """Ask every page and list for what it doesn't have."""
    browser, person, judge = world.browser(), world.person_over_rest(), Judge()
    for route in routes_of(world.app):
        if route.method != "GET" or "live" in route.name or route.endpoint in ENDS_OWN_SESSION:
            continue
        if route.endpoint in NOT_READY:
            continue
        for path in own_paths(world, route):
            if isinstance(route.view, AdminApi):
                for q in turns.of(RISON):
                    judge.see(person.get(path, query_string={"q": q}), f"{route.name} {q[:40]}")
                continue
            for query in _queries(route, turns):
                judge.see(browser.get(path, query_string=query), f"{route.name} {query}")
    return judge


def _queries(route: Route, turns: Turns) -> list[dict[str, str]]:
    name = type(route.view).__name__
    queries = [
        {key.format(view=name): value for key, value in each.items()} for each in turns.of(QUERIES)
    ]
    if isinstance(route.view, AdminView) and route.action == "list":
        for column in route.view.search_columns:
            queries += [{f"_flt_0_{column}": garbage} for garbage in turns.of(SOUGHT)]
        queries.append({"_flt_99_name": "x", "_flt_x_name": "x", "_flt_0": "x"})
    return queries


BODIES = ("", "{", "[]", "null", '"x"', '{"no such field": 1}', "[" * 5000)
IDS = ("abc", "-1", "1e3", "9" * 30, "%00", "%27%20or%201=1", "١٢", "%ED%A0%80")
SOUGHT = ("a\x00b", "9" * 30, "2026-13-45", "x")
QUERIES = (
    {"page_{view}": "abc", "page": "abc", "q": "a\x00b", "after": "x", "before": "x"},
    {"psize_{view}": "-5", "_oc_{view}": "no.such", "channel": "x", "agent": "1e9"},
    {"_od_{view}": "sideways", "_oc_{view}": "id", "phone": "9" * 30, "state": "x"},
    {"after_{view}": "abc", "next": "//evil.example", "tab": "x", "person": "9" * 30},
)
SWEEPS = {
    "forms": garbage_in_forms,
    "rest fields": garbage_in_rest_fields,
    "addresses": garbage_in_addresses,
    "queries": garbage_in_queries,
}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS.keys())
def test_garbage_gets_a_sentence(world: World, sweep: Callable[[World, Turns], Judge]) -> None:
    assert sweep(world, Turns(SOME)).findings == []


@pytest.mark.prove
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)  # refuses more than SQLite
@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS.keys())
def test_more_garbage_gets_a_sentence(world: World, sweep: Callable[[World, Turns], Judge]) -> None:
    assert sweep(world, Turns(MORE)).findings == []


def _post(person: Browser, route: Route, path: str, body: str) -> TestResponse:
    return person.send(route.method, path, data=body, content_type="application/json")


def _fields(world: World, route: Route) -> list[str]:
    if isinstance(route.view, AdminApi):
        adds = route.method == "POST"
        with world.app.app_context():  # a schema is made when first asked for
            schema = route.view.add_model_schema if adds else route.view.edit_model_schema
        return list(schema.fields)
    typed = body_of_operation(route.function)
    return list(typed.model_fields) if typed else ["anything"]


RISON = (
    "(((",
    "!(",
    "(filters:!((col:id",
    "(filters:!((col:no,opr:eq,value:1)))",
    "(filters:!((col:created_at,opr:gt,value:nonsense)))",
    "(page:abc)",
    "(page:-1)",
    "(page:99999999999999999999)",
    "(page_size:99999999999999999999)",
    "(order_column:password,order_direction:asc)",
    "(columns:!(password))",
    "(keyset:(after:abc))",
    "[" * 5000,
    "a\x00b",
)


def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    browser, person, judge = world.browser(), world.person_over_rest(), Judge()
    large = "x" * (world.desk.settings.max_body_bytes + 1)
    answers = {
        "form": browser.post("/customerview/add", data={"name": large}),
        "REST": person.post("/api/v1/customer/", json={"name": large}),
        "webhook": browser.post(f"/webhooks/{world.mine.uuid}", data=large),
    }
    for name, answer in answers.items():
        judge.see(answer, name)
        assert answer.status_code == 413, name
    assert judge.findings == []
