"""Exactly once: two sweeps of one list, jobs that come twice, rules that trigger each other."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from core.api import caused_at
from core.models import Contact, Direction, Job, Label, Message
from core.services import consent, customers, labels
from core.tenancy.session import TenantSession
from plugins.automation import firing, jobs, running
from plugins.automation.models import Rule, Run, RunState
from tests.plugins.automation.conftest import Shop, send

SWEEPS = 1_000


@dataclass
class Sweepers:
    """Two workers, each sweep of whom begins with the list that the other has, too."""

    shop: Shop
    times: int
    both: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=30))
    lists: list[tuple[int, ...]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def sweep(self) -> None:
        try:
            for _time in range(self.times):
                with self.shop.house.tenant(write=False) as session:
                    found = running.due(session, self.shop.now(), 1)
                self.lists.append(tuple(found))
                self.both.wait()  # nobody has begun before both have read
                for run_id in found:
                    with (
                        self.shop.house.tenant() as session,
                        self.shop.house.desk.host.switches.pinned(session),
                    ):
                        running.go(session, run_id)
                self.both.wait()
        except Exception as error:
            self.faults.append(error)
            self.both.abort()


def sweep_together(shop: Shop, times: int) -> None:
    """Two workers sweep as many lists as there are runs; each of these sends once."""
    rule_id = shop.rule("order_paid", send("Sekali saja"))
    contact_id = shop.customer()
    with shop.house.tenant() as session:
        rule = session.get_one(Rule, rule_id)
        for number in range(times):
            happened = firing.Occurrence(
                trigger="order_paid",
                contact_id=contact_id,
                subject=f"contact:{contact_id}/{number}",
            )
            firing.claim(session, rule, happened, shop.now() - timedelta(seconds=1))
    sweepers = Sweepers(shop, times)
    threads = [threading.Thread(target=sweepers.sweep) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sweepers.faults == []
    with shop.house.tenant(write=False) as session:
        ids = session.scalars(select(Run.id).order_by(Run.id)).all()
        done = session.scalar(select(func.count(Run.id)).where(Run.state == RunState.DONE))
        sent = session.scalar(
            select(func.count(Message.id)).where(Message.direction == Direction.OUT)
        )
    assert Counter(sweepers.lists) == {(run_id,): 2 for run_id in ids}  # both came for every one
    assert [sent, done] == [times, times]


def test_B12_two_who_sweep_the_same_list_send_nothing_twice(shop: Shop) -> None:
    sweep_together(shop, times=20)
    assert shop.sent() == ["Sekali saja"] * 20


@pytest.mark.prove
def test_B12_two_who_sweep_the_same_list_a_thousand_times(shop: Shop) -> None:
    sweep_together(shop, times=SWEEPS)
    assert len(shop.sent()) == SWEEPS


def test_B12_a_claim_is_made_once_however_often_it_is_tried(shop: Shop) -> None:
    shop.rule("contact_created", send("Halo"))
    contact_id = shop.customer()
    happened = firing.Occurrence(
        trigger="contact_created", contact_id=contact_id, subject=f"contact:{contact_id}"
    )
    for _time in range(3):
        with shop.house.tenant() as session:
            assert firing.fire(session, happened) == []
    (run,) = shop.runs()
    with shop.house.tenant() as session:
        jobs.go.run(session, {"run_id": run.id})  # type: ignore[misc]  # a job that came twice
    shop.work()
    assert shop.sent() == ["Halo"]


def test_B12_what_is_overdue_is_swept_up(lite: Shop) -> None:
    """Its job is lost: a restore from yesterday's backup, say."""
    lite.rule("contact_created", send("Halo"), delay_minutes=60)
    lite.customer()
    with lite.house.desk.database.system() as system:
        for job in system.scalars(select(Job).where(Job.actor == "automation.go")):
            system.delete(job)
    lite.ahead += timedelta(hours=2)
    with lite.house.tenant() as session:
        jobs.sweep.spec.run(session, {})  # type: ignore[misc]
    lite.work()
    assert lite.sent() == ["Halo"]


def test_B15_rules_that_trigger_each_other_stop_and_say_so(lite: Shop) -> None:
    """A chain of labels, each put on by the rule of the one before."""
    with lite.house.tenant() as session:
        ids = [labels.named(session, f"L{number}").id for number in range(9)]
    for one, other in pairwise(ids):
        step = {"action": "label", "values": {"label": str(other)}}
        lite.rule("label_added", step, asks={"label": str(one)})
    contact_id = lite.customer()
    with lite.house.tenant() as session:
        put(session, contact_id, ids[0])
    lite.work()
    states = [run.state for run in lite.runs()]
    assert states == [RunState.DONE] * firing.MOST_DEPTH + [RunState.STOPPED]
    assert "triggered each other" in lite.runs()[-1].reason


def put(session: TenantSession, contact_id: int, label_id: int) -> None:
    contact = session.get_one(Contact, contact_id)
    labels.put_label(session, contact, session.get_one(Label, label_id))


def test_an_event_bears_the_depth_of_its_cause(lite: Shop) -> None:
    with lite.house.tenant() as session:
        label_id = labels.named(session, "VIP").id
    contact_id = lite.customer()
    with lite.house.tenant() as session, caused_at(3):
        put(session, contact_id, label_id)
    with lite.house.desk.database.system(write=False) as system:
        payloads = system.scalars(
            select(Job.payload).where(Job.actor == "automation.on_label_put")
        ).all()
    assert payloads == [{"contact_id": contact_id, "label_id": label_id, "depth": 3}]


def test_two_machines_that_answer_each_other_come_to_an_end(lite: Shop) -> None:
    lite.rule("message_received", send("Balasan otomatis"))
    phone = lite.write("Halo, ini balasan otomatis")
    for _time in range(9):
        lite.write("Halo, ini balasan otomatis", phone)
    assert len(lite.sent()) == running.OFTEN
    assert {run.code for run in lite.runs(state=RunState.STOPPED)} == {"often"}


def test_B13_who_opted_out_gets_nothing_and_the_reason_stands_on_the_timeline(lite: Shop) -> None:
    lite.rule("order_created", send("Diproses"))
    contact_id = lite.customer()
    with lite.house.tenant() as session:
        consent.opt_out(session, session.get_one(Contact, contact_id))
    lite.order(contact_id)
    (run,) = lite.runs()
    assert run.state is RunState.FAILED
    assert "asked not to be written to" in run.reason
    with lite.house.tenant(write=False) as session:
        message = session.scalars(select(Message)).one()
        assert message.state.value == "failed"
        assert message.error_reason == run.reason


def test_a_customer_whom_nothing_reaches_is_saved_and_the_run_says_why(lite: Shop) -> None:
    lite.rule("contact_created", send("Halo"))
    with lite.house.tenant() as session:
        customers.create_customer(session, name="Tanpa nomor")
    lite.work()
    (run,) = lite.runs()
    assert run.state is RunState.FAILED
    assert "Nothing reaches this customer" in run.reason


def test_steps_after_a_wait_are_taken_once_and_as_they_stood(lite: Shop) -> None:
    wait = {"action": "wait", "values": {"count": 2, "unit": "hours"}}
    rule_id = lite.rule("contact_created", send("Satu"), wait, send("Dua"))
    lite.customer()
    with lite.house.tenant() as session:
        session.get_one(Rule, rule_id).steps = [send("Lain")]
    lite.pass_time(hours=1)
    assert lite.sent() == ["Satu"]
    lite.pass_time(hours=2)
    lite.pass_time(hours=2)
    assert lite.sent() == ["Satu", "Dua"]


def test_a_rule_that_is_off_sends_nothing_that_it_had_scheduled(lite: Shop) -> None:
    rule_id = lite.rule("contact_created", send("Halo"), delay_minutes=60)
    lite.customer()
    with lite.house.tenant() as session:
        session.get_one(Rule, rule_id).is_on = False
    lite.pass_time(hours=2)
    assert lite.sent() == []
    assert [(run.state, run.code) for run in lite.runs()] == [(RunState.SKIPPED, "off")]
