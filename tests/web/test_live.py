"""`/live/` over WSGI: what it holds while it is open, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core.live import whisper
from core.models import Membership
from core.services import tenants
from core.services.team import change_member
from core.services.tenants import RoleName
from core.testing.waiting import wait_until
from tests.web.installation import Shop, install, open_shop, token_in


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    """Two tenants of one installation, with an agent in the first."""
    app = install(tmp_path_factory.mktemp("live"))
    melati, mawar = open_shop(app, "melati"), open_shop(app, "mawar")
    melati.hire("sari", RoleName.AGENT)
    yield melati, mawar
    melati.desk.database.dispose()


@pytest.fixture
def shop(shops: tuple[Shop, Shop]) -> Shop:
    return shops[0]


@pytest.fixture
def listen(shop: Shop) -> Iterator[Callable[..., Iterator[bytes]]]:
    """The body of an open stream, its first line read."""
    answers: list[TestResponse] = []

    def open_stream(who: Shop = shop, name: str = "rina", query: str = "") -> Iterator[bytes]:
        answer = who.client(name).get(f"/live/{query}", buffered=False)
        answers.append(answer)
        assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
        body = iter(answer.response)
        assert next(body).startswith(b"retry: ")
        return body

    yield open_stream
    for answer in answers:
        answer.close()
    assert shop.desk.live.open_streams == 0


Listen = Callable[..., Iterator[bytes]]


def remaining(body: Iterator[bytes]) -> list[bytes]:
    """What an ended stream still says: nothing. One that goes on says a ping."""
    return list(islice(body, 1))


def test_a_commit_is_heard_with_ids_only(shop: Shop, listen: Listen):
    body = listen()
    shop.customer_writes("Berapa harganya?")
    heard = next(body)
    assert b'event: message\ndata: {"conversation": ' in heard
    assert b"Berapa" not in heard


def test_a_whisper_is_heard_by_the_tenant_alone(shops: tuple[Shop, Shop], listen: Listen):
    ours, theirs = listen(), listen(shops[1])
    whisper(shops[0].desk, shops[0].tenant_id, "typing", conversation=3, member=4)
    whisper(shops[0].desk, shops[1].tenant_id, "typing", conversation=5, member=6)
    assert next(ours) == b'event: typing\ndata: {"conversation": 3, "member": 4}\n\n'
    assert next(theirs) == b'event: typing\ndata: {"conversation": 5, "member": 6}\n\n'


def test_an_open_stream_holds_no_database_connection(shop: Shop, listen: Listen):
    listen(), listen()
    pool: Any = shop.desk.database.engine.pool
    assert wait_until(lambda: pool.checkedout() == 0)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_that_is_never_read_gives_its_place_back(shop: Shop, method: str):
    shop.client().open("/live/", method=method, buffered=False).close()
    assert shop.desk.live.open_streams == 0


def test_beyond_the_places_a_page_is_told_to_poll(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shop.desk.live, "_most", 0)
    answer = shop.client().get("/live/")
    assert answer.status_code == 503
    assert "refreshes by itself" in answer.get_data(as_text=True)


def test_the_next_page_of_a_tab_ends_the_stream_of_the_one_before(shop: Shop, listen: Listen):
    before = listen(query="?page=one")
    listen(query="?page=two&after=one")
    assert remaining(before) == []


def test_logging_out_ends_the_persons_streams(shop: Shop, listen: Listen):
    body, other = listen(name="sari"), listen()
    browser = shop.client("sari")
    token = token_in(browser.get("/inbox/").get_data(as_text=True))
    assert browser.post("/logout/", data={"csrf_token": token}).status_code == 302
    del shop.clients["sari"]
    assert remaining(body) == []
    shop.customer_writes("Halo")
    assert b"event: message" in next(other)


@pytest.mark.parametrize("how", ["password", "removed", "role", "suspended"])
def test_whoever_is_shut_out_stops_hearing(shop: Shop, listen: Listen, how: str):
    name = f"pak-{how}"
    member_id = shop.hire(name, RoleName.AGENT)
    body = listen(name=name)
    database = shop.desk.database
    if how in ("removed", "role"):
        with database.tenant(shop.tenant_id) as session:
            member = session.get_one(Membership, member_id)
            roles = [RoleName.WAREHOUSE if how == "role" else RoleName.AGENT]
            change_member(session, member, roles=roles, is_active=how != "removed")
            assert not any(stream.is_ended for stream in shop.desk.live._all())  # not yet
    else:
        with database.system() as session:
            if how == "password":
                user = tenants.find_user(session, f"{name}@melati.example")
                assert user is not None
                tenants.end_sessions(session, user.id)
            else:
                _suspend(session, "melati", is_active=False)
    assert remaining(body) == []
    if how == "suspended":
        with database.system() as session:
            _suspend(session, "melati", is_active=True)


def test_switching_a_plugin_off_ends_the_tenants_streams(shop: Shop, listen: Listen):
    switches = shop.desk.host.switches
    with shop.desk.database.tenant(shop.tenant_id) as session:
        switches.enable(session, "merge")
    ours = listen()
    with shop.desk.database.tenant(shop.tenant_id) as session:
        assert switches.disable(session, "merge").off
    assert remaining(ours) == []


def _suspend(session, slug: str, *, is_active: bool) -> None:
    tenant = tenants.find_tenant(session, slug)
    tenants.change_tenant(
        session,
        tenant,
        name=tenant.name,
        plan="enterprise",
        time_zone=tenant.time_zone,
        default_region=tenant.default_region,
        locale=tenant.locale,
        number_style=tenant.number_style,
        is_active=is_active,
    )
