"""F6: one tenant never sees, changes or finds out about another's rows, over any route."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import scoped_session

from core.config import Settings
from core.jobs.outbox import enqueue
from core.jobs.spec import JobSpec
from core.live import LiveEvent
from core.models import Label, RawInbox
from core.tenancy import session as tenancy
from core.tenancy.session import SystemSession, TenantSession
from core.testing.world import PASSWORD, Browser, World, build_world
from core.web.fab import AdminView, SQLAInterface
from plugins import BUILTIN
from tests.contracts.attack import attack
from tests.contracts.routes import aimed, routes_of, words_of
from tests.contracts.shots import key_names

EXEMPT = {
    "LoginView.logout": "ends the attacker's own session, and takes nothing from the request",
    "LiveView.index": "a stream that doesn't end: has a test of its own",
    "health.ready": "503 where no worker lives, as here; takes nothing from the request",
}
DOORS = {
    "webhooks.receive_webhook": "a provider knows a channel's uuid; the signature is the check",
}
READS = (
    "CustomerView.list",
    "OrderView.show",
    "ContactView.export",
    "CardView.related",
    "ConversationApi.get_list",
    "MessageApi.get",
    "OrderOperations.cancel",
    "InboxView.rows",
)
"""Enough routes to see whether a wall stands at all."""


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    made = build_world(settings, BUILTIN)
    yield made
    made.close()


@pytest.fixture
def sqlite_world(sqlite_settings: Settings) -> Iterator[World]:
    made = build_world(sqlite_settings, BUILTIN)
    yield made
    made.close()


@pytest.fixture
def postgres_world(postgres_settings: Settings) -> Iterator[World]:
    made = build_world(postgres_settings, BUILTIN)
    yield made
    made.close()


def attackers(world: World) -> Mapping[str, Browser]:
    """The most powerful of one tenant, by each way in; and nobody."""
    return {
        "admin": world.browser(),
        "token": world.program(),
        "stranger": world.person_over_rest(tenant=world.theirs.slug),
        "nobody": world.nobody(),
    }


def doors(world: World) -> dict[str, str]:
    """What machines call by a channel's uuid, each with what proves the caller there."""
    marked = {
        endpoint: getattr(function, "_sapa_door", "")
        for endpoint, function in world.app.view_functions.items()
    }
    return DOORS | {endpoint: reason for endpoint, reason in marked.items() if reason}


# some thousand requests take minutes: on PostgreSQL, where two walls stand, by tokens and by those
# who may enter nothing at all, with the slow proofs
@pytest.mark.parametrize(
    ("settings", "who"),
    [
        ("sqlite", ("admin",)),
        pytest.param("sqlite", ("token", "stranger", "nobody"), marks=pytest.mark.prove),
        pytest.param("postgres", ("admin", "token"), marks=pytest.mark.prove),
    ],
    indirect=["settings"],
    ids=["sqlite", "sqlite, by other ways in", "postgres"],
)
def test_F6_no_route_leaks(world: World, who: tuple[str, ...]) -> None:
    chosen = {name: browser for name, browser in attackers(world).items() if name in who}
    report = attack(world, chosen, exempt=EXEMPT, doors=doors(world))
    assert not report.leaks, report.text()
    assert report.seen_own > (200 if "admin" in who else -1)  # let in where they belong
    assert report.attacked | EXEMPT.keys() == {r.endpoint for r in routes_of(world.app)}


@contextmanager
def criteria_switched_off() -> Iterator[None]:
    """The first wall taken away: no statement gets the tenant's criterion."""
    event.remove(TenantSession, "do_orm_execute", tenancy._add_wall)
    try:
        yield
    finally:
        event.listen(TenantSession, "do_orm_execute", tenancy._add_wall)


def test_the_attack_sees_a_missing_wall(sqlite_world: World) -> None:
    with criteria_switched_off():
        report = attack(sqlite_world, attackers(sqlite_world), only=READS)
    assert len(report.leaks) > 10, report.text()
    assert any(leak.startswith("LEAK") for leak in report.leaks)
    assert any(leak.startswith("SERVED") for leak in report.leaks)


def test_F6_the_second_wall_holds_alone(postgres_world: World) -> None:
    with criteria_switched_off():
        report = attack(postgres_world, attackers(postgres_world), only=READS)
    assert not report.leaks, report.text()
    assert report.seen_own > 10


def test_the_attack_sees_one_view_without_protection(sqlite_settings: Settings) -> None:
    """A view added like any other, on a session that sees everybody: nobody told the test of it."""
    world = build_world(sqlite_settings, BUILTIN)
    unsafe = scoped_session(lambda: SystemSession(world.desk.database, write=False))

    class OpenLabelView(AdminView):
        datamodel = SQLAInterface(Label, unsafe)
        class_permission_name = "Label"
        list_columns = ["name"]
        search_columns = ["name"]
        read_only = True

    world.app._got_first_request = False
    with world.app.app_context():
        world.app.appbuilder.add_view_no_menu(OpenLabelView)  # type: ignore[attr-defined]
    mine = {"admin": world.browser()}
    endpoints = {r.endpoint for r in routes_of(world.app) if "OpenLabelView" in r.endpoint}
    report = attack(world, mine, only=endpoints)
    unsafe.remove()
    world.close()
    shown = [leak for leak in report.leaks if leak.startswith("LEAK")]
    assert any("/openlabelview/list/" in leak for leak in shown), report.text()
    assert any("/openlabelview/show/" in leak for leak in shown)
    assert any("/openlabelview/export.csv" in leak for leak in shown)


def test_F6_a_stream_carries_the_own_tenants_events_only(world: World) -> None:
    answer = world.browser().get("/live/", buffered=False)
    chunks = iter(answer.response)
    first = next(chunks)
    world.desk.live.publish(world.theirs.key, LiveEvent("message", {"conversation": 20_002}))
    world.desk.live.publish(world.mine.key, LiveEvent("message", {"conversation": 10_001}))
    heard = str(next(chunks))
    answer.close()
    assert answer.status_code == 200
    assert "retry" in str(first)
    assert "10001" in heard
    assert "20002" not in heard


def test_F6_a_webhook_writes_nothing_in_anothers_tenant(world: World) -> None:
    """Signed for our channel, with everything of theirs inside; and sent to their address."""
    theirs, mine = world.theirs, world.mine
    sent_at = datetime.now(UTC).isoformat()
    message = {"id": "m1", "from": theirs.phone, "sent_at": sent_at, "text": "hello"}
    status = {"id": f"{theirs.mark}-message-provider_id", "state": "read", "at": sent_at}
    body = json.dumps({"messages": [message], "statuses": [status], "tenant_id": theirs.key})
    proof = hmac.new(f"{mine.mark}-channel-secret".encode(), body.encode(), hashlib.sha256)
    headers = {"X-Simulator-Signature": proof.hexdigest()}
    client = world.app.test_client()
    before = world.dump(theirs)
    ours = client.post(f"/webhooks/{mine.uuid}", data=body, headers=headers)
    refused = client.post(f"/webhooks/{theirs.uuid}", data=body, headers=headers)
    world.desk.jobs.run_pending()
    assert (ours.status_code, refused.status_code) == (200, 401)
    assert world.dump(theirs) == before
    assert len(world.dump(mine)["message"]) == 2  # the seeded one, and what came


def names_read_by(spec: JobSpec) -> set[str]:
    """Every name that a job's functions may look up in its payload."""
    functions: list[Any] = [spec.run]
    if spec.call is not None:
        functions += [spec.call.claim, spec.call.complete, spec.call.fail]
    return set().union(*(words_of(getattr(f, "__func__", f)) for f in functions if f))


def test_F6_no_job_reaches_over(world: World) -> None:
    """Each kind of job, stamped with our tenant, its payload full of their ids."""
    theirs, database = world.theirs, world.desk.database
    before = world.dump(theirs)
    kinds = [spec for spec in world.desk.jobs._registry if not spec.system]
    with database.tenant(world.mine.key) as session:
        for spec in kinds:
            names = key_names() | names_read_by(spec)
            enqueue(session, spec.name, aimed(dict.fromkeys(sorted(names), "<ID>"), theirs))
    attempts = world.desk.jobs.run_pending()
    assert attempts >= len(kinds) >= 3
    assert world.dump(theirs) == before


def test_F6_the_raw_inbox_is_read_for_its_own_tenant(world: World) -> None:
    """A body that waits for them isn't taken by a job of ours that names their channel."""
    with world.desk.database.tenant(world.mine.key) as session:
        enqueue(session, "core.process_inbox", {"channel_id": world.theirs.key})
    world.desk.jobs.run_pending()
    with world.desk.database.system(write=False) as session:
        assert session.get(RawInbox, world.theirs.key) is not None


def test_F6_a_plugin_is_switched_for_the_own_tenant_only(world: World) -> None:
    browser, before = world.browser(), world.dump(world.theirs)
    answers = [browser.post(f"/plugins/merge/{verb}").status_code for verb in ("disable", "enable")]
    assert answers == [302, 302]
    assert world.dump(world.theirs) == before
    assert world.dump(world.mine)["audit_entry"] != []


def test_F6_nobody_enters_a_tenant_where_they_do_not_work(world: World) -> None:
    browser = world.browser()
    there = browser.post(f"/tenant/{world.theirs.slug}/enter")
    nowhere = browser.post("/tenant/no-such-tenant/enter")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert world.mine.mark in browser.get("/customerview/list/").text


def test_F6_a_password_form_changes_the_own_password_only(world: World) -> None:
    browser, before = world.browser(), world.dump(world.theirs)
    new = PASSWORD + "2"
    form = {"current": PASSWORD, "wanted": new, "again": new, "pk": world.theirs.key}
    path = f"/profile/password?pk={world.theirs.key}&id={world.theirs.key}"
    answer = browser.post(path, data=form)
    assert answer.status_code in (200, 302)
    assert world.dump(world.theirs) == before
