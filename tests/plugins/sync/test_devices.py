"""Automatic devices: the clock, the pushes, what goes wrong, and when they stop trying."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.models import ChannelState, Contact
from core.models.base import now
from core.services import channels
from core.services.customers import change_contact
from core.testing.installation import Installation
from plugins.sync import devices, jobs
from plugins.sync.models import Device, Run, RunKind, RunState, Staged
from tests.plugins.sync.phone import Phone

ANI, BUDI = "6281234567890", "6281234567891"


def tick(phone: Phone, *, ahead: timedelta = timedelta()) -> list[Run]:
    """The clock ticks, all work is done; the automatic runs so far."""
    with phone.house.tenant() as session:
        for device in devices.due_devices(session, now() + ahead):
            jobs.begin_due(session, device)
    phone.house.work()
    with phone.house.tenant(write=False) as session:
        found = session.scalars(
            select(Run).where(Run.kind == RunKind.AUTOMATIC).order_by(Run.id)
        ).all()
        session.expunge_all()
        return list(found)


def test_A7_an_automatic_number_syncs_unattended(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    phone.switch(True)
    assert [run.state for run in tick(phone)] == [RunState.DONE]
    assert phone.people() == {ANI: "Ani"}
    phone.holds({ANI: "Ani", BUDI: "Budi"})
    assert len(tick(phone)) == 1, "not before its time"
    assert len(tick(phone, ahead=timedelta(minutes=17))) == 2
    assert phone.people() == {ANI: "Ani", BUDI: "Budi"}
    device = phone.device()
    assert device.last_at is not None
    assert device.next_at is not None
    assert timedelta(minutes=13) < device.next_at - device.last_at < timedelta(minutes=17)


def test_the_pause_is_a_setting(phone: Phone) -> None:
    with phone.house.tenant() as session:
        session.desk.host.settings.save(session, "sync", {"minutes": 60})
        pauses = [devices.pause(session, 0) for _ in range(50)]
        assert all(timedelta(minutes=54) <= each <= timedelta(minutes=66) for each in pauses)
        assert len(set(pauses)) > 10, "all devices at the same moment"
        assert devices.pause(session, 20) <= devices.LONGEST_PAUSE * 1.1


def test_a_manual_number_is_left_alone(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    phone.switch(True)
    phone.switch(False)
    assert tick(phone, ahead=timedelta(days=1)) == []
    assert phone.people() == {}


def test_a_gateway_in_trouble_is_asked_ever_later(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    phone.switch(True)
    pauses = []
    for round_ in range(3):
        with phone.house.tenant() as session:
            device = session.scalars(select(Device)).one()
            devices.went_wrong(session, device, "The gateway is down.", is_final=False)
            assert device.next_at is not None
            pauses.append(device.next_at - now())
            assert device.failures == round_ + 1
    assert pauses[0] < pauses[1] < pauses[2]
    assert phone.device().stopped == "The gateway is down."
    tick(phone, ahead=timedelta(hours=9))
    assert (phone.device().failures, phone.device().stopped) == (0, "")


def test_a_refusal_of_the_gateway_ends_the_run_with_its_reason(phone: Phone) -> None:
    phone.gowa.fail_next(1, 400)
    run = phone.sync()
    assert run.state is RunState.FAILED
    assert run.reason
    assert not run.is_active


def test_a_device_that_is_logged_out_shows_why_and_stops_trying(phone: Phone) -> None:
    phone.switch(True)
    phone.gowa.log_out()
    runs = tick(phone)
    assert [run.state for run in runs] == [RunState.FAILED]
    device = phone.device()
    assert device.stopped == runs[0].reason != ""
    assert device.next_at is None
    assert len(tick(phone, ahead=timedelta(days=2))) == 1
    phone.gowa.device.pair("6281100000001")
    with phone.house.tenant() as session:
        channels.break_channel(session, phone.channel(session), "Logged out.")
    with phone.house.tenant() as session:
        channels.connect(session, phone.channel(session))
    phone.house.work()  # the event of its connection
    assert phone.device().stopped == ""
    assert [run.state for run in tick(phone)][1:] == [RunState.DONE]


def test_a_device_that_broke_waits_for_its_connection(phone: Phone) -> None:
    phone.switch(True)
    with phone.house.tenant() as session:
        channels.break_channel(session, phone.channel(session), "Replaced by another phone.")
    phone.house.work()  # the event, before any clock
    device = phone.device()
    assert (device.next_at, device.stopped) == (None, "Replaced by another phone.")
    assert tick(phone, ahead=timedelta(days=1)) == []
    phone.switch(False)
    assert phone.device().stopped == ""


def test_a_clock_that_is_earlier_than_the_event_stops_as_well(phone: Phone) -> None:
    phone.switch(True)
    with phone.house.tenant() as session:
        phone.channel(session).state = ChannelState.BROKEN
        phone.channel(session).reason = "Logged out."
    assert tick(phone) == []
    assert (phone.device().next_at, phone.device().stopped) == (None, "Logged out.")


def test_a_push_is_applied_at_once_and_has_a_report(phone: Phone) -> None:
    phone.switch(True)
    phone.pushes(ANI, "Ani")
    phone.pushes(BUDI, "Budi")
    phone.house.work()
    assert phone.people() == {ANI: "Ani", BUDI: "Budi"}
    phone.pushes(ANI, "Ani Baru")
    phone.pushes(BUDI, is_removed=True)
    phone.pushes("62812", "Too short")
    phone.house.work()
    assert phone.people() == {ANI: "Ani Baru", BUDI: "Budi"}
    (run,) = push_runs(phone.house)
    assert (run.added, run.changed, run.gone, run.refused) == (2, 1, 1, 1)
    phone.pushes(ANI, "Ani Baru")
    phone.house.work()
    assert push_runs(phone.house)[0].changed == 1, "a repeated webhook counts once"


def test_A12_a_push_leaves_what_a_person_edited(phone: Phone) -> None:
    phone.switch(True)
    phone.pushes(ANI, "Ani")
    phone.house.work()
    with phone.house.tenant() as session:
        change_contact(session, session.scalars(select(Contact)).one(), {"name": "Bu Ani"})
    phone.pushes(ANI, "Ani Lain")
    phone.house.work()
    assert phone.people() == {ANI: "Bu Ani"}


def test_an_old_push_never_undoes_a_newer_one(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.switch(True)
    phone.pushes(ANI, "Now")
    moment = "tests.plugins.sync.phone.now"
    monkeypatch.setattr(moment, lambda: datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    phone.pushes(ANI, "Long ago")
    phone.house.work()
    assert phone.people() == {ANI: "Now"}


def test_a_manual_number_keeps_its_pushes_for_the_next_run(phone: Phone) -> None:
    phone.pushes(ANI, "Ani")
    phone.pushes(ANI, "Ani Baru")
    phone.house.work()
    assert phone.people() == {}
    with phone.house.tenant(write=False) as session:
        assert [row.said["n"] for row in session.scalars(select(Staged))] == ["Ani Baru"]
    phone.holds({BUDI: "Budi"})
    phone.sync()
    assert phone.people() == {ANI: "Ani Baru", BUDI: "Budi"}


def push_runs(house: Installation) -> list[Run]:
    with house.tenant(write=False) as session:
        found = list(session.scalars(select(Run).where(Run.kind == RunKind.PUSH)))
        session.expunge_all()
        return found
