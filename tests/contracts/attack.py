"""Fires every shot at every route and says what leaked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from core.testing.tables import tenant_tables
from core.testing.world import NOBODYS, Browser, World
from tests.contracts.routes import Route, find_forms, routes_of
from tests.contracts.shots import Shot, as_request, shots_at


@dataclass
class Report:
    """What an attack did: `leaks` are sentences, `attacked` the endpoints that were shot at."""

    leaks: list[str] = field(default_factory=list)
    attacked: set[str] = field(default_factory=set)
    shots: int = 0
    seen_own: int = 0

    def text(self) -> str:
        kept = list(dict.fromkeys(self.leaks))
        return f"{len(kept)} leaks in {self.shots} shots:\n" + "\n".join(kept[:200])


def attack(
    world: World,
    attackers: Mapping[str, Browser],
    *,
    exempt: Mapping[str, str] | None = None,
    only: Iterable[str] | None = None,
    doors: Mapping[str, str] | None = None,
) -> Report:
    """Every route but the exempt ones, by every attacker.

    `only` limits it to endpoints; `doors` are those where a foreign uuid is answered on purpose.
    """
    report = Report()
    routes = routes_of(world.app)
    find_forms(world, routes)
    wanted = None if only is None else set(only)
    before = world.dump(world.theirs)
    for route in routes:
        if route.endpoint in (exempt or {}) or (
            wanted is not None and route.endpoint not in wanted
        ):
            continue
        report.attacked.add(route.endpoint)
        shots = list(shots_at(world, route))
        for name, browser in attackers.items():
            for shot in shots if FULL.get(name) == route.is_rest else shots[:1]:
                _fire(world, report, route, shot, name, browser, route.endpoint in (doors or {}))
            if route.method != "GET":
                before = _compare(world, report, route, name, before)
    _compare(world, report, None, "all", before)
    _check_own_rows(world, report)
    return report


FULL = {"admin": False, "token": True}
"""Who fires everything at screens, and who at REST; the rest of the shots would end alike."""


def _fire(
    world: World,
    report: Report,
    route: Route,
    shot: Shot,
    name: str,
    browser: Browser,
    is_door: bool,
) -> None:
    request = as_request(shot, world.theirs, world.mine)
    answer = _sent(browser, route.method, request)
    report.shots += 1
    what = f"{name}: {route.method} {request['path']} {_shown(request)}"
    text = _text(answer)
    report.seen_own += world.mine.mark in text
    if answer.status_code >= 500:
        report.leaks.append(f"{answer.status_code}  {what}")
    if secrets := _secrets(world, text, [request, browser.headers]):
        report.leaks.append(f"LEAK {sorted(secrets)[:3]}  {what}")
    if shot.is_named and not is_door and _was_served(answer):
        report.leaks.append(f"SERVED {answer.status_code}  {what}")
    if shot.is_paired and not is_door:
        twin = _sent(browser, route.method, as_request(shot, NOBODYS, world.mine))
        _text(twin)  # a stream that stays open would end in the middle of the next request
        if twin.status_code >= 500:
            report.leaks.append(f"{twin.status_code}  {what} (nobody's id)")
        if twin.status_code != answer.status_code:  # or the first has done what can be done once
            answer = _sent(browser, route.method, request)
        if twin.status_code != answer.status_code:
            report.leaks.append(f"TELLS {answer.status_code}, nobody's {twin.status_code}  {what}")
        elif _count(twin) != _count(answer):
            report.leaks.append(f"COUNTS {_count(answer)}, nobody's {_count(twin)}  {what}")


def _sent(browser: Browser, method: str, request: dict[str, Any]) -> TestResponse:
    request = dict(request)
    return browser.send(method, request.pop("path"), **request)


def _was_served(answer: TestResponse) -> bool:
    if answer.status_code < 300:
        return True
    return answer.status_code < 400 and "/login/" not in answer.headers.get("Location", "")


def _count(answer: TestResponse) -> Any:
    if answer.mimetype != "application/json":
        return None
    body = answer.get_json(silent=True)
    return body.get("count") if isinstance(body, dict) else None


def _text(answer: TestResponse) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    if answer.mimetype == "text/event-stream":
        first = next(iter(answer.response), b"")
        answer.close()
        return head + str(first)
    text = head + answer.get_data().decode("utf-8", "replace")
    answer.close()
    return text


def _secrets(world: World, text: str, request: object) -> set[str]:
    """What of the other tenant's stands in an answer and not in the question."""
    theirs, asked = world.theirs, repr(request).lower()
    digits = theirs.phone.lstrip("+")
    pattern = f"{theirs.mark}[\\w.@-]*|{theirs.uuid}|{theirs.uuid.hex}|{digits}"
    found = {match.lower() for match in re.findall(pattern, text, re.IGNORECASE)}
    # the bare mark is what shots search for: pages lead back to that search, and name it
    return {s for s in found if s not in asked and s != theirs.mark.lower()}


def _shown(request: dict[str, Any]) -> str:
    body = request.get("json") or request.get("data") or request.get("query_string") or ""
    return repr(body)[:160]


def _compare(
    world: World, report: Report, route: Route | None, name: str, before: dict[str, Any]
) -> dict[str, Any]:
    after = world.dump(world.theirs)
    for table, rows in after.items():
        if rows != before[table]:
            where = route.name if route else "something"
            report.leaks.append(f"CHANGED {table} of theirs  {name}: {where}")
    return after


def _check_own_rows(world: World, report: Report) -> None:
    """None of our rows may refer to one of theirs."""
    dump = world.dump(world.mine)
    for table in tenant_tables(world.desk):
        keys = [n for n, column in enumerate(table.columns) if column.foreign_keys]
        if any(row[n] == world.theirs.key for row in dump[table.name] for n in keys):
            report.leaks.append(f"POINTS a row of ours in {table.name} refers to theirs")
