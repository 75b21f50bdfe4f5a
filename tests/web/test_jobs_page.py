"""Dead letters: what stands still is shown with its reason, tried again or discarded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from core.inbound import MessageState
from core.jobs.outbox import enqueue
from core.models import (
    AuditEntry,
    BadInboundItem,
    Channel,
    Conversation,
    Job,
    JobState,
    Message,
    RawInbox,
)
from core.models.base import now
from core.services import dead_letters, send, states
from core.services.bad_items import keep_bad_item
from core.services.tenants import RoleName
from core.tenancy.session import TenantSession
from tests.web.installation import PASSWORD, Shop, install, open_shop, token_in

REASON = "ConnectError: the phone is off"


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    app = install(tmp_path_factory.mktemp("jobs"))
    mine, theirs = open_shop(app, "mine"), open_shop(app, "theirs")
    mine.hire("agent", RoleName.AGENT)
    with mine.desk.database.system() as session:
        from core.services import tenants

        tenants.create_user(session, "op@mine.example", password=PASSWORD, is_operator=True)
    mine.customer_writes("Halo")
    yield mine, theirs
    app.extensions["sapa"].database.dispose()


@pytest.fixture
def mine(shops: tuple[Shop, Shop]) -> Iterator[Shop]:
    yield shops[0]
    with shops[0].desk.database.system() as session:
        session.execute(text("delete from job"))


@pytest.fixture
def theirs(shops: tuple[Shop, Shop]) -> Shop:
    return shops[1]


def operator(shop: Shop) -> FlaskClient:
    if "operator" not in shop.clients:
        client = shop.app.test_client()
        token = token_in(client.get("/login/").get_data(as_text=True))
        form = {"username": "op@mine.example", "password": PASSWORD, "csrf_token": token}
        assert client.post("/login/", data=form).status_code == 302
        shop.clients["operator"] = client
    return shop.clients["operator"]


def stuck(
    shop: Shop,
    actor: str = "core.fetch_media",
    payload: dict[str, Any] | None = None,
    state: JobState = JobState.DEAD,
    reason: str = REASON,
) -> int:
    """A job that stands still; its id."""
    with shop.desk.database.tenant(shop.tenant_id) as session:
        return _made(session, actor, payload, state, reason)


def _made(session: Any, actor: str, payload: Any, state: JobState, reason: str) -> int:
    job = enqueue(session, actor, payload or {})
    session.flush()
    job.state, job.last_error, job.attempts, job.failures = state, reason, 12, 12
    return job.id


def stuck_of_system(shop: Shop) -> int:
    with shop.desk.database.system() as session:
        return _made(session, "core.sweep_files", {}, JobState.DEAD, "OSError: disk full")


def job(shop: Shop, job_id: int) -> Job | None:
    with shop.desk.database.system(write=False) as session:
        return session.scalar(select(Job).where(Job.id == job_id))


def press(client: FlaskClient, path: str, **form: str) -> str:
    """Post a button of the page and follow it; the page that comes."""
    page = client.get("/profile/").get_data(as_text=True)
    answer = client.post(path, data={"csrf_token": token_in(page), **form}, follow_redirects=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
    return answer.get_data(as_text=True)


def an_unsent_message(shop: Shop, state: MessageState) -> tuple[int, int]:
    """A message of ours in this state, and the dead job that should have sent it."""
    with shop.desk.database.tenant(shop.tenant_id) as session:
        talk = session.scalars(select(Conversation)).first()
        assert talk is not None
        with shop.desk.host.switches.pinned(session):
            message = send.send_message(session, talk, text="On its way")
        if state is MessageState.FAILED:
            states.fail(session, message, "retry", "", "The phone is off.")
        elif state is not MessageState.QUEUED:
            states.move(session, message, MessageState.SENDING, now())
            states.move(session, message, state, now())
        session.execute(text("delete from job"), execution_options={"tenant_unsafe": True})
        return message.id, _made(
            session, "core.send", {"message_id": message.id}, JobState.DEAD, REASON
        )


def test_empty_says_that_all_is_well(mine: Shop) -> None:
    page = mine.client().get("/jobs/").get_data(as_text=True)
    assert "Nothing stands still" in page


def test_a_dead_job_is_shown_with_its_reason_and_subject(mine: Shop) -> None:
    stuck(mine, "core.wake", {"conversation_id": 1})
    stuck(mine, "core.process_inbox", {"channel_id": mine.channel_id}, reason="ValueError: odd")
    page = mine.client().get("/jobs/").get_data(as_text=True)
    assert REASON in page
    assert "Read incoming messages" in page
    assert f'href="/channels/{mine.channel_id}"' in page
    assert "Phone mine" in page
    assert "Dewi Lestari" in page
    assert 'href="/inbox/1/"' in page


def test_the_list_is_filtered_by_state_and_kind(mine: Shop) -> None:
    stuck(mine, reason="dead-one")
    stuck(mine, "core.wake", reason="dead-two")
    stuck(mine, "core.send", state=JobState.PARKED, reason="The plugin is off.")
    client = mine.client()

    def shown(query: str) -> tuple[bool, ...]:
        page = client.get(f"/jobs/?{query}").get_data(as_text=True)
        return tuple(text in page for text in ("dead-one", "dead-two", "The plugin is off."))

    assert shown("") == (True, True, True)
    assert shown("state=dead") == (True, True, False)
    assert shown("state=parked") == (False, False, True)
    assert shown("actor=core.wake") == (False, True, False)
    assert "Nothing matches" in client.get("/jobs/?actor=nobody.knows").get_data(as_text=True)
    assert client.get("/jobs/?state=leased").status_code == 400


def test_older_jobs_are_a_page_away(mine: Shop) -> None:
    first = stuck(mine, reason="the-oldest")
    for _ in range(50):
        stuck(mine)
    client = mine.client()
    page = client.get("/jobs/").get_data(as_text=True)
    assert "the-oldest" not in page
    assert f"before={first + 1}" in page
    assert "the-oldest" in client.get(f"/jobs/?before={first + 1}").get_data(as_text=True)


def test_retry_makes_it_ready_with_all_its_attempts(mine: Shop) -> None:
    one = stuck(mine)
    assert "It is being tried again." in press(mine.client(), f"/jobs/{one}/retry")
    after = job(mine, one)
    assert after is not None
    assert (after.state, after.failures) == (JobState.READY, 0)


def test_retry_all_of_a_kind_leaves_the_others(mine: Shop) -> None:
    some = [stuck(mine) for _ in range(3)]
    other = stuck(mine, "core.wake")
    page = mine.client().get("/jobs/?actor=core.fetch_media&state=dead").get_data(as_text=True)
    assert "Retry all 3" in page
    page = press(mine.client(), "/jobs/retry_all", actor="core.fetch_media")
    assert "3 jobs are being tried again." in page
    states_now = [found.state for each in some if (found := job(mine, each))]
    assert states_now == [JobState.READY] * 3
    left = job(mine, other)
    assert left is not None
    assert left.state is JobState.DEAD


def test_retry_all_takes_what_fits_in_one_go(mine: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "AT_ONCE", 2)
    for _ in range(3):
        stuck(mine)
    page = press(mine.client(), "/jobs/retry_all", actor="core.fetch_media")
    assert "2 jobs are being tried again." in page
    assert "1 more wait: press again." in page


def test_discard_deletes_it_and_the_audit_trail_keeps_who(mine: Shop) -> None:
    one = stuck(mine)
    page = mine.client().get("/jobs/").get_data(as_text=True)
    assert "This work is then never done." in page  # asked before
    assert "Discarded." in press(mine.client(), f"/jobs/{one}/discard")
    assert job(mine, one) is None
    with mine.desk.database.tenant(mine.tenant_id, write=False) as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.noun, last.label) == ("discard", "job", "core.fetch_media")
    assert "Rina" in last.actor


def test_a_parked_job_waits_for_its_plugin(mine: Shop) -> None:
    one = stuck(mine, state=JobState.PARKED)
    assert "waits for its plugin" in press(mine.client(), f"/jobs/{one}/retry")
    found = job(mine, one)
    assert found is not None
    assert found.state is JobState.PARKED
    press(mine.client(), f"/jobs/{one}/discard")
    assert job(mine, one) is None


def test_a_job_that_runs_is_nobodys_to_touch(mine: Shop) -> None:
    one = stuck(mine, state=JobState.LEASED)
    page = mine.client().get("/profile/").get_data(as_text=True)
    form = {"csrf_token": token_in(page)}
    codes = {
        mine.client().post(f"/jobs/{one}/{verb}", data=form).status_code
        for verb in ("retry", "discard")
    }
    assert codes == {404}
    assert job(mine, one) is not None


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.UNKNOWN])
def test_a_dead_send_is_the_messages_retry(mine: Shop, state: MessageState) -> None:
    message_id, one = an_unsent_message(mine, state)
    press(mine.client(), f"/jobs/{one}/retry")
    assert job(mine, one) is None
    with mine.desk.database.tenant(mine.tenant_id, write=False) as session:
        assert session.get_one(Message, message_id).state is MessageState.QUEUED
        waiting = session.scalars(select(Job).where(Job.actor == "core.send")).all()
    assert [(w.state, w.payload) for w in waiting] == [(JobState.READY, {"message_id": message_id})]


def test_a_dead_send_whose_message_waits_is_tried_again(mine: Shop) -> None:
    _message, one = an_unsent_message(mine, MessageState.QUEUED)
    press(mine.client(), f"/jobs/{one}/retry")
    found = job(mine, one)
    assert found is not None
    assert found.state is JobState.READY


def test_a_message_that_was_sent_is_not_sent_twice(mine: Shop) -> None:
    _message, one = an_unsent_message(mine, MessageState.DELIVERED)
    assert "was sent meanwhile" in press(mine.client(), f"/jobs/{one}/retry")
    found = job(mine, one)
    assert found is not None
    assert found.state is JobState.DEAD


def test_F6_a_tenants_jobs_are_its_own(mine: Shop, theirs: Shop) -> None:
    other = stuck(theirs, reason="their-secret-reason")
    system = stuck_of_system(mine)
    client = mine.client()
    assert "their-secret-reason" not in client.get("/jobs/").get_data(as_text=True)
    form = {"csrf_token": token_in(client.get("/profile/").get_data(as_text=True))}
    for foreign in (other, system):
        for verb in ("retry", "discard"):
            assert client.post(f"/jobs/{foreign}/{verb}", data=form).status_code == 404
    press(client, "/jobs/retry_all", actor="core.fetch_media")
    for foreign in (other, system):
        found = job(mine, foreign)
        assert found is not None
        assert found.state is JobState.DEAD


def test_F9_an_agent_sees_no_jobs(mine: Shop) -> None:
    one = stuck(mine)
    agent = mine.client("agent")
    form = {"csrf_token": token_in(agent.get("/profile/").get_data(as_text=True))}
    assert agent.get("/jobs/").status_code in (302, 403)
    assert agent.post(f"/jobs/{one}/discard", data=form).status_code in (302, 403)
    assert job(mine, one) is not None


def test_an_operator_sees_the_systems_jobs_and_counts_of_all(mine: Shop, theirs: Shop) -> None:
    system = stuck_of_system(mine)
    for _ in range(7):
        stuck(theirs, reason="their-secret-reason")
    client = operator(mine)
    page = client.get("/system_jobs/").get_data(as_text=True)
    assert "OSError: disk full" in page
    assert "Theirs" in page
    assert "7" in page
    assert "their-secret-reason" not in page
    assert "It is being tried again." in press(client, f"/system_jobs/{system}/retry")
    found = job(mine, system)
    assert found is not None
    assert found.state is JobState.READY


def test_an_operator_does_not_touch_a_tenants_job(mine: Shop, theirs: Shop) -> None:
    other = stuck(theirs)
    client = operator(mine)
    form = {"csrf_token": token_in(client.get("/system_jobs/").get_data(as_text=True))}
    codes = {
        client.post(f"/system_jobs/{other}/{verb}", data=form).status_code
        for verb in ("retry", "discard")
    }
    assert codes == {404}
    assert mine.client().get("/system_jobs/").status_code in (302, 403)


def test_over_rest(mine: Shop) -> None:
    one, parked = stuck(mine), stuck(mine, state=JobState.PARKED)
    client = mine.client()
    page = client.get("/profile/").get_data(as_text=True)
    headers = {"X-CSRFToken": token_in(page)}
    listed = client.get(f"/api/v1/job/{one}").get_json()["result"]
    assert (listed["state"], listed["last_error"]) == ("dead", REASON)

    def post(path: str) -> int:
        return client.post(f"/api/v1/job/{path}", headers=headers).status_code

    assert post(f"{parked}/retry") == 409
    assert post(f"{one}/retry") == 202
    assert post(f"{one}/retry") == 404  # it stands still no longer
    assert post(f"{parked}/discard") == 200
    assert post("999999/discard") == 404
    assert client.delete(f"/api/v1/job/{one}", headers=headers).status_code == 405


BODY = (
    '{"messages": [{"id": "again-1", "from": "+6281234567000", "name": "Ayu", '
    '"text": "read me", "sent_at": "2026-11-01T09:00:00+07:00"}]}'
)


def bad(shop: Shop, raw: Any) -> int:
    """An unreadable item; its id."""

    def keep(session: TenantSession) -> int:
        from core.models import Channel

        keep_bad_item(session, session.get_one(Channel, shop.channel_id), "An odd thing", raw)
        found = session.scalars(select(BadInboundItem).order_by(BadInboundItem.id.desc())).first()
        assert found is not None
        return found.id

    with shop.desk.database.tenant(shop.tenant_id) as session:
        return keep(session)


def test_an_unreadable_item_shows_what_came(mine: Shop) -> None:
    one = bad(mine, {"type": "hologram", "from": "628"})
    page = mine.client().get(f"/badinbounditemview/show/{one}").get_data(as_text=True)
    assert "An odd thing" in page
    assert "&#34;type&#34;: &#34;hologram&#34;" in page
    assert "Phone mine" in page
    assert "Read it again" not in page
    assert "Phone mine" in mine.client().get("/badinbounditemview/list/").get_data(as_text=True)


def test_a_body_that_was_kept_is_read_again(mine: Shop) -> None:
    one = bad(mine, BODY)
    client = mine.client()
    assert "Read it again" in client.get(f"/badinbounditemview/show/{one}").get_data(as_text=True)
    assert "being read again" in press(client, f"/badinbounditemview/read_again/{one}")
    mine.desk.jobs.run_pending()
    with mine.desk.database.tenant(mine.tenant_id, write=False) as session:
        assert session.get(BadInboundItem, one) is None
        read = session.scalar(select(Message).where(Message.provider_id == "again-1"))
        waiting = session.scalar(select(func.count()).select_from(RawInbox))
    assert read is not None
    assert (read.body, waiting) == ("read me", 0)


def test_an_order_that_could_not_be_fetched_is_asked_for_again(mine: Shop) -> None:
    with mine.desk.database.tenant(mine.tenant_id) as session:
        channel = session.get_one(Channel, mine.channel_id)
        kind, channel.kind = channel.kind, "shopee"
    one = bad(mine, {"order": "220810QSK8S7BX"})
    client = mine.client()
    assert "Ask again" in client.get(f"/badinbounditemview/show/{one}").get_data(as_text=True)
    assert "being fetched again" in press(client, f"/badinbounditemview/read_again/{one}")
    with mine.desk.database.tenant(mine.tenant_id) as session:
        session.get_one(Channel, mine.channel_id).kind = kind
        (job,) = session.scalars(select(Job).where(Job.actor == "core.fetch_order")).all()
        assert job.payload["order"] == "220810QSK8S7BX"
        session.delete(job)


@pytest.mark.parametrize("raw", ["no JSON at all", '{"id": "an item alone"}'])
def test_what_still_cannot_be_read_stays(mine: Shop, raw: str) -> None:
    one = bad(mine, raw)
    page = press(mine.client(), f"/badinbounditemview/read_again/{one}")
    assert "read again" in page or "still can" in page
    with mine.desk.database.tenant(mine.tenant_id, write=False) as session:
        assert session.get(BadInboundItem, one) is not None
        assert session.scalar(select(func.count()).select_from(RawInbox)) == 0


def test_an_unreadable_item_is_discarded(mine: Shop) -> None:
    one = bad(mine, {"gone": True})
    assert "Discarded." in press(mine.client(), f"/badinbounditemview/delete/{one}")
    with mine.desk.database.tenant(mine.tenant_id, write=False) as session:
        assert session.get(BadInboundItem, one) is None
