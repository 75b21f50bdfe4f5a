"""What a rule can do besides sending, and triggers of other plugins."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from sqlalchemy import select

from core.api import fire
from core.models import Card, Contact, Conversation, Division, Label, Message, Module, Task
from core.services import assigning, labels
from plugins.automation.models import Rule, RunState
from tests.plugins.automation.conftest import Shop, all_of, hire, send


def step(action: str, **values: Any) -> dict[str, Any]:
    return {"action": action, "values": values}


def test_each_action_leaves_its_mark(lite: Shop) -> None:
    with lite.house.tenant() as session:
        label = labels.named(session, "Baru")
        division, module = Division(name="Penjualan"), Module(name="Jual", stages=["A", "B"])
        session.add_all([division, module])
        session.flush()
        ids = {"label": label.id, "division": division.id, "module": module.id}
    lite.rule(
        "message_received",
        step("label", label=str(ids["label"])),
        step("hand_over", division=str(ids["division"])),
        step("task", title="Telepon {contactname}", days=2),
        step("card", stage=f"{ids['module']}:B"),
    )
    lite.write("Halo")
    (run,) = lite.runs()
    assert (run.state, run.reason) == (RunState.DONE, "")
    with lite.house.tenant(write=False) as session:
        contact = session.scalars(select(Contact)).one()
        assert [each.name for each in contact.labels] == ["Baru"]
        assert session.scalars(select(Conversation.division_id)).all() == [ids["division"]]
        assert f"Telepon {contact.phone}" in session.scalars(select(Task.title)).all()
        assert session.scalars(select(Card.stage)).all() == ["B"]


def test_a_step_that_cannot_be_taken_says_why_and_the_others_are_taken(lite: Shop) -> None:
    lite.rule("contact_created", step("hand_over", division="99"), send("Halo"))
    lite.customer()
    (run,) = lite.runs()
    assert run.state is RunState.FAILED
    assert "division of this rule is gone" in run.reason
    assert lite.sent() == ["Halo"]


def test_a_trigger_of_another_plugin_brings_its_own_variables(lite: Shop) -> None:
    lite.rule("points_reached", send("Selamat, {points} poin!"))
    contact_id = lite.customer()
    for _time in range(2):
        with lite.house.tenant() as session:
            fire(
                session,
                "points_reached",
                contact_id,
                subject="points:7",
                variables={"points": "100"},
            )
        lite.work()
    assert lite.sent() == ["Selamat, 100 poin!"]


def test_a_webhook_is_called_with_its_key_and_again_after_a_failure(lite: Shop) -> None:
    with listener(answers=[503, 200]) as (url, heard):
        lite.rule("contact_created", step("webhook", url=url))
        contact_id = lite.customer()
        lite.house.desk.jobs.run_pending(until=lite.now().replace(year=lite.now().year + 1))
    (run,) = lite.runs()
    assert [key for key, _body in heard] == [f"sapa-run-{run.id}"] * 2
    assert heard[0][1]["contact_id"] == contact_id


def test_a_message_answers_in_its_own_conversation(lite: Shop) -> None:
    lite.rule("message_received", send("Siap"))
    lite.write("Halo")
    with lite.house.tenant(write=False) as session:
        conversations = session.scalars(select(Message.conversation_id)).all()
    assert len(conversations) == 2
    assert len(set(conversations)) == 1


@contextmanager
def listener(answers: list[int]) -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Another system: its address, and what it heard as (idempotency key, body)."""
    heard: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Idempotency-Key"], json.loads(body)))
            self.send_response(answers[min(len(heard), len(answers)) - 1])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_agent_is_assigned_and_one_who_left_is_a_reason(lite: Shop) -> None:
    member_id = hire(lite)
    rule_id = lite.rule("message_received", step("assign", agent=str(member_id)))
    phone = lite.write("Halo")
    with lite.house.tenant() as session:
        assert session.scalars(select(Conversation.assignee_id)).all() == [member_id]
        assigning.assign(session, session.scalars(select(Conversation)).one(), None)
        session.get_one(Rule, rule_id).steps = [step("assign", agent="999999")]
    lite.write("Halo?", phone)
    assert [run.state for run in lite.runs()] == [RunState.DONE, RunState.FAILED]
    assert "agent of this rule is gone" in lite.runs()[-1].reason


def test_a_label_is_taken_off(lite: Shop) -> None:
    with lite.house.tenant() as session:
        old, new = labels.named(session, "Calon"), labels.named(session, "Pelanggan")
        ids = str(old.id), str(new.id)
    lite.rule(
        "label_added",
        step("unlabel", label=ids[0]),
        asks={"label": ids[1]},
        conditions=all_of(condition="customer_label", operator="has", value=ids[0]),
    )
    contact_id = lite.customer()
    for label_id in ids:
        with lite.house.tenant() as session:
            contact = session.get_one(Contact, contact_id)
            labels.put_label(session, contact, session.get_one(Label, int(label_id)))
        lite.work()
    with lite.house.tenant(write=False) as session:
        found = session.get_one(Contact, contact_id).labels
        assert [each.name for each in found] == ["Pelanggan"]
    (run,) = lite.runs()
    assert "take the label" in run.trace["steps"][0]["what"]
