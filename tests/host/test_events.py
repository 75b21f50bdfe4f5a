"""Domain events: one job for each plugin that subscribed and is on, in the cause's transaction."""

from __future__ import annotations

import importlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import api, events
from core.config import Settings
from core.db import Database
from core.events import (
    ContactCreated,
    ConversationAssigned,
    Event,
    EventPayloadError,
    MessageReceived,
    publish,
)
from core.host.attach import NoHost
from core.host.declarations import Handler
from core.host.host import PluginHost
from core.host.jobs import pinned_run
from core.jobs.spec import JobSpec
from core.models import Base, Contact, Customer, Job

EVENTS = [
    each
    for each in vars(events).values()
    if isinstance(each, type) and issubclass(each, Event) and each not in (Event, events.OrderEvent)
]


def written(database: Database) -> list[tuple[str, dict[str, Any], str | None]]:
    with database.system(write=False) as session:
        jobs = session.scalars(select(Job).order_by(Job.id))
        return [(job.actor, job.payload, job.lane) for job in jobs]


def test_an_event_becomes_a_job_for_each_subscriber_that_is_on(
    host: PluginHost, database: Database
) -> None:
    with database.tenant(1) as session:
        publish(session, ContactCreated(contact_id=7, origin="person"))
    payload = {"contact_id": 7, "origin": "person", "is_to_greet": False}
    assert written(database) == [("greeter.on_contact_created", payload, "greeter/contact:7")]

    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
        publish(session, ContactCreated(contact_id=8, origin="device"))
    assert [job[0] for job in written(database)[1:]] == [
        "greeter.on_contact_created",
        "waver.on_contact_created",
    ]


def test_an_event_that_nobody_handles_writes_nothing(database: Database) -> None:
    with database.tenant(1) as session:
        publish(session, ConversationAssigned(conversation_id=1, assignee_id=2, division_id=None))
    assert written(database) == []


def test_rolled_back_nothing_happened(database: Database) -> None:
    with database.tenant(1) as session:
        publish(session, ContactCreated(contact_id=7, origin="person"))
        session.flush()
        session.rollback()
    assert written(database) == []


def test_no_plugin_runs_inside_the_cause(host: PluginHost, database: Database) -> None:
    """The handler writes a greeting; after the cause there is a job and no greeting yet."""
    greeting = host.models()[0]
    greeting.__table__.create(database.engine)
    with database.tenant(1) as session:
        customer = Customer()
        session.add(customer)
        session.flush()
        contact = Contact(name="Ayu", home_id=customer.id, customer_id=customer.id)
        session.add(contact)
        session.flush()
        publish(session, ContactCreated(contact_id=contact.id, origin="person"))
        contact_id = contact.id
    with database.tenant(1, write=False) as session:
        assert session.scalars(select(greeting)).all() == []

    specs = {job.name: job for _, job in host.job_specs() if isinstance(job, JobSpec)}
    ((actor, payload, _),) = written(database)
    run = specs[actor].run
    assert run is not None
    with database.tenant(1) as session:
        run(session, json.loads(json.dumps(payload)))
    with database.tenant(1, write=False) as session:
        (found,) = session.scalars(select(greeting))
        assert (found.text, found.contact_id) == ("Hello, person", contact_id)


def test_a_handler_may_take_many_events_at_once(host: PluginHost, database: Database) -> None:
    waver = importlib.import_module("tests.host.sample.waver")
    specs = {job.name: job for _, job in host.job_specs() if isinstance(job, JobSpec)}
    spec = specs["waver.on_contact_created"]
    assert spec.batch
    assert not specs["greeter.on_contact_created"].batch
    events = [ContactCreated(contact_id=n, origin="device", depth=n) for n in (1, 2)]
    with database.tenant(1) as session:
        spec.run(session, [each.to_payload() for each in events])  # type: ignore[misc]
    assert waver.WAVED.pop() == events


def test_a_handler_says_what_it_runs() -> None:
    with pytest.raises(ValueError, match="either run or run_many"):
        Handler(event=ContactCreated)


def test_a_job_may_ask_hooks(host: PluginHost, database: Database) -> None:
    asked: list[object] = []
    run = pinned_run(
        lambda session, payload: asked.extend(host.hooks.gather("inbox_actions", conversation=1)),
        host.switches,
    )
    with database.tenant(1) as session:
        run(session, {})
    assert len(asked) == 1


def test_a_database_without_a_host_is_refused(tmp_path: Path) -> None:
    database = Database(Settings(home=tmp_path / "bare"))
    (tmp_path / "bare").mkdir()
    Base.metadata.create_all(database.engine)
    with pytest.raises(NoHost, match="attach"), database.tenant(1, write=False) as session:
        publish(session, ContactCreated(contact_id=1, origin="person"))
    database.dispose()


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_survives_json(kind: type[Event]) -> None:
    samples = {
        "int": 3,
        "str": "x",
        "bool": True,
        "int | None": None,
        "tuple[int, ...]": (3, 4),
        "tuple[str, ...]": ("x",),
    }
    values = {field.name: samples[str(field.type)] for field in fields(kind)}
    event = kind(**values)
    assert kind.from_payload(json.loads(json.dumps(event.to_payload()))) == event


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_is_open_to_plugins(kind: type[Event]) -> None:
    assert getattr(api, kind.__name__) is kind


def test_names_are_past_tense_and_lanes_name_a_noun() -> None:
    assert MessageReceived.name == "message_received"
    assert all(
        kind.name.endswith("ed") or kind.name.endswith(("paid", "sent", "put")) for kind in EVENTS
    )
    event = MessageReceived(message_id=1, conversation_id=2, contact_id=3, channel_id=4)
    assert event.lane == "conversation:2"


def test_a_stored_event_may_be_older_than_the_code() -> None:
    payload = {"contact_id": 1, "origin": "person", "gone_since": True}
    assert ContactCreated.from_payload(payload) == ContactCreated(contact_id=1, origin="person")
    with pytest.raises(EventPayloadError, match=r"contact_created: .*origin"):
        ContactCreated.from_payload({"contact_id": 1})
