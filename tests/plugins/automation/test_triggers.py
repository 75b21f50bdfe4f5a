"""The six triggers of the seed, and the others: who fires what, once."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.inbound import MessageState
from core.models import Contact, Label, Message, Tenant
from core.services import conversations, customers, erase, labels, orders
from plugins.automation import jobs
from plugins.automation.models import RunState
from plugins.merge import services as merging
from tests.plugins.automation.conftest import Shop, send


def today(shop: Shop) -> date:
    return shop.now().astimezone(ZoneInfo("Asia/Jakarta")).date()


def test_B1_a_customer_made_by_hand_is_welcomed_and_no_other(lite: Shop) -> None:
    lite.rule("contact_created", send("Selamat datang, {contactname}"))
    lite.customer("Dewi")
    for origin in ("import", "device", "order", "outbound"):
        lite.customer("Tono", origin=origin)
    lite.write("Halo")
    lite.customer("Api", origin="api")
    assert lite.sent() == ["Selamat datang, Dewi", "Selamat datang, Api"]


def test_B3_B5_B6_an_order_says_what_happens_to_it(lite: Shop) -> None:
    for trigger in ("order_created", "order_paid", "order_shipped"):
        lite.rule(trigger, send(f"{trigger} {{documentnumber}} {{amount}}"))
    order_id = lite.order(lite.customer())
    with lite.changing(order_id) as (session, order):
        number = order.number
        orders.pay(session, order, order.total / 2)
    assert len(lite.sent()) == 1, "a part payment is none"
    with lite.changing(order_id) as (session, order):
        orders.pay(session, order)
    with lite.changing(order_id) as (session, order):
        orders.ship(session, order, "JNE", "JNE123")
    assert [text.split()[:2] for text in lite.sent()] == [
        ["order_created", number],
        ["order_paid", number],
        ["order_shipped", number],
    ]


def test_B4_the_follow_up_goes_out_on_its_day_at_nine(shop: Shop) -> None:
    shop.rule("order_follow_up", send("Sudah sampai? {estimateddate}"))
    day = today(shop) + timedelta(days=3)
    order_id = shop.order(shop.customer(), day=day)
    assert shop.sent() == []
    with shop.changing(order_id) as (session, order):
        orders.estimate(session, order, day + timedelta(days=2))
    shop.pass_time(days=4)
    assert shop.sent() == [], "it moved with the date"
    shop.pass_time(days=2)
    assert len(shop.sent()) == 1
    run = shop.runs()[0]
    local = run.due_at.astimezone(ZoneInfo("Asia/Jakarta"))
    assert (local.date(), local.hour, local.minute) == (day + timedelta(days=2), 9, 0)
    shop.pass_time(days=30)
    assert len(shop.sent()) == 1


def test_B4_a_past_date_is_flagged_and_a_cancelled_order_silent(lite: Shop) -> None:
    lite.rule("order_follow_up")
    contact_id = lite.customer()
    past = lite.order(contact_id, day=today(lite) - timedelta(days=1))
    assert [(run.state, run.code) for run in lite.runs()] == [(RunState.SKIPPED, "past")]
    with lite.changing(past) as (session, order):  # a mistyped year, corrected
        orders.estimate(session, order, today(lite) + timedelta(days=1))
    assert [run.state for run in lite.runs()] == [RunState.SCHEDULED]
    with lite.changing(past) as (session, order):
        orders.cancel(session, order)
    assert [(run.state, run.code) for run in lite.runs()] == [
        (RunState.CANCELLED, "order_cancelled")
    ]
    lite.pass_time(days=9)
    assert lite.sent() == []


def test_B9_the_receipt_of_the_follow_up_asks_whether_it_helped(lite: Shop) -> None:
    lite.rule("order_follow_up", send("Sudah sampai?"))
    lite.rule("order_received", send("Membantu?"), delay_minutes=60)
    order_id = lite.order(lite.customer(), day=today(lite))
    lite.pass_time(days=1)
    assert lite.sent() == ["Sudah sampai?"]
    with lite.changing(order_id) as (session, order):
        orders.ship(session, order, "JNE", "JNE1")
        orders.receive_order(session, order)  # the button fires nothing
    with lite.house.tenant() as session:
        message = session.scalars(select(Message)).one()
        message.state = MessageState.SENT  # the provider took it
    lite.arrive("Sudah sampai?")
    lite.arrive("Sudah sampai?", MessageState.READ)
    assert len(lite.sent()) == 1, "the delay is a setting"
    lite.pass_time(minutes=61)
    assert lite.sent() == ["Sudah sampai?", "Membantu?"]


def test_B12_only_a_reversed_payment_or_a_reopened_order_begins_anew(lite: Shop) -> None:
    lite.rule("order_paid", send("Lunas"))
    order_id = lite.order(lite.customer())
    for _time in range(2):
        with lite.changing(order_id) as (session, order):
            orders.pay(session, order)
    assert lite.sent() == ["Lunas"]
    with lite.changing(order_id) as (session, order):
        orders.reverse(session, order)
    with lite.changing(order_id) as (session, order):
        orders.pay(session, order)
    assert lite.sent() == ["Lunas", "Lunas"]


def test_a_conversation_is_opened_closed_and_waits(lite: Shop) -> None:
    lite.rule("message_received", send("Diterima"))
    lite.rule("conversation_opened", send("Dibuka"))
    lite.rule("conversation_closed", send("Ditutup"))
    lite.rule("conversation_waiting", send("Sebentar"), asks={"minutes": "30"})
    lite.write()
    assert sorted(lite.sent()) == ["Dibuka", "Diterima"]
    lite.pass_time(minutes=29)
    assert len(lite.sent()) == 2
    lite.pass_time(minutes=2)
    assert lite.sent()[2:] == ["Sebentar"]
    with lite.house.tenant() as session:
        message = session.scalars(select(Message).order_by(Message.id).limit(1)).one()
        conversations.close(session, message.conversation)
    lite.work()
    assert lite.sent()[3:] == ["Ditutup"]


def test_a_label_fires_the_rules_that_wait_for_it(lite: Shop) -> None:
    with lite.house.tenant() as session:
        vip, other = labels.named(session, "VIP"), labels.named(session, "Lain")
        ids = vip.id, other.id
    lite.rule("label_added", send("Halo VIP"), asks={"label": str(ids[0])})
    contact_id = lite.customer()
    for label_id in (ids[1], ids[0]):
        with lite.house.tenant() as session:
            contact = session.get_one(Contact, contact_id)
            labels.put_label(session, contact, session.get_one(Label, label_id))
        lite.work()
    assert lite.sent() == ["Halo VIP"]


def test_a_birthday_is_wished_once_a_year(lite: Shop) -> None:
    lite.rule("customer_birthday", send("Selamat ulang tahun, {contactname}!"), at_time="00:00")
    born = {"Dewi": today(lite), "Tono": today(lite) - timedelta(days=40), "Sari": None}
    for name, day in born.items():
        contact_id = lite.customer(name)
        with lite.house.tenant() as session:
            customers.change_contact(
                session, session.get_one(Contact, contact_id), {"birthday": day}
            )
    for _hour in range(2):
        with lite.house.tenant() as session:
            jobs.find_birthdays.spec.run(session, {})  # type: ignore[misc]
        lite.work()
    assert lite.sent() == ["Selamat ulang tahun, Dewi!"]


def test_silence_is_noticed_once_until_they_write_again(lite: Shop) -> None:
    lite.rule("customer_silent", send("Apa kabar?"), asks={"days": "7"})
    lite.write("Halo")
    for days in (6, 1.2, 0.2):
        lite.ahead += timedelta(days=days)
        with lite.house.tenant() as session:
            jobs.find_silent.spec.run(session, {})  # type: ignore[misc]
        lite.work()
    assert lite.sent() == ["Apa kabar?"]


@pytest.mark.parametrize("zone", ["Asia/Jayapura", "Europe/Bucharest"])
def test_B12_what_is_scheduled_follows_the_time_zone(lite: Shop, zone: str) -> None:
    lite.rule("order_follow_up", send("Sampai?"))
    day = today(lite) + timedelta(days=3)
    lite.order(lite.customer(), day=day)
    with lite.house.desk.database.system() as system:
        system.get_one(Tenant, lite.house.tenant_id).time_zone = zone
    with lite.house.tenant() as session:
        jobs.sweep.spec.run(session, {})  # type: ignore[misc]
    (run,) = lite.runs()
    local = run.due_at.astimezone(ZoneInfo(zone))
    assert (local.date(), local.hour) == (day, 9)


def test_merging_fires_and_taking_apart_does_not(lite: Shop) -> None:
    lite.rule("customer_merged", send("Kini satu"))
    ids = [lite.customer("Dewi"), lite.customer("Dewi L.")]
    with lite.house.tenant() as session:
        one, other = (session.get_one(Contact, each).customer_id for each in ids)
        merged = merging.merge(session, one, [other]).customer_id
    lite.work()
    assert lite.sent() == ["Kini satu"]
    (run,) = lite.runs()
    assert run.subject == f"customer:{merged}"
    with lite.house.tenant() as session:
        merging.unmerge(session, merged, ids[1])
    lite.work()
    assert len(lite.runs()) == 1


def test_a_cancelled_order_is_said_once_and_again_after_it_was_reopened(lite: Shop) -> None:
    lite.rule("order_cancelled", send("{documentnumber} batal, {amount}"))
    order_id = lite.order(lite.customer(), 725_000)
    for _time in range(2):
        with lite.changing(order_id) as (session, order):
            orders.cancel(session, order)
        with lite.changing(order_id) as (session, order):
            orders.reopen(session, order)
    assert [run.state for run in lite.runs()] == [RunState.DONE, RunState.DONE]
    assert len({run.episode for run in lite.runs()}) == 2
    assert len(lite.sent()) == 2


def test_an_erased_customers_runs_tell_nothing_and_act_no_more(lite: Shop) -> None:
    lite.rule("contact_created", send("Halo {contactname}"))
    lite.rule("contact_created", send("Seminggu, {contactname}"), delay_minutes=60)
    contact_id = lite.customer("Dewi")
    with lite.house.tenant() as session:
        erase.erase_contact(session, session.get_one(Contact, contact_id))
    lite.pass_time(hours=2)
    assert [(run.trace, run.given, run.contact_id) for run in lite.runs()] == [
        ({}, {}, contact_id),
        ({}, {}, contact_id),
    ]
    assert [run.state for run in lite.runs()] == [RunState.DONE, RunState.CANCELLED]
    assert not any("Dewi" in body for body in lite.sent())
