"""What the nightly cleaning takes and what it leaves; both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.models.base import now
from core.testing.installation import Installation
from plugins.sync import cleaning, devices, runs
from plugins.sync.models import Change, Run, RunKind, RunState, Staged, Upload
from tests.plugins.sync.phone import Phone

ANI, BUDI, CICI = "6281234567801", "6281234567802", "6281234567803"


def grow_old(house: Installation, days: int) -> None:
    """Everything so far happened `days` earlier."""
    with house.tenant() as session:
        past = now() - timedelta(days=days)
        session.execute(update(Run).values(finished_at=past))
        session.execute(update(Upload).values(created_at=past))


def clean(house: Installation) -> None:
    with house.tenant() as session:
        cleaning.clean_some(session, {})
    house.work()


def test_A13_old_reports_go_and_the_last_one_stays(house: Installation, phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    first = phone.sync()
    phone.holds({ANI: "Ani", BUDI: "Budi"})
    last = phone.sync()
    grow_old(house, 80)
    clean(house)
    with house.tenant(write=False) as session:
        assert session.scalars(select(Run.id).order_by(Run.id)).all() == [first.id, last.id]
    grow_old(house, 100)
    clean(house)
    with house.tenant(write=False) as session:
        assert session.scalars(select(Run.id)).all() == [last.id]
        assert {each.run_id for each in session.scalars(select(Change))} == {last.id}
    assert phone.people() == {ANI: "Ani", BUDI: "Budi"}
    assert (again := phone.sync()).added == again.changed == 0, (
        "what the device said is still known"
    )


def test_many_changes_go_in_steps(
    house: Installation, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "CHANGES_AT_ONCE", 2)
    phone.holds({ANI: "Ani", BUDI: "Budi", CICI: "Cici"})
    first = phone.sync()
    phone.sync()
    grow_old(house, 400)
    clean(house)
    with house.tenant(write=False) as session:
        assert session.get(Run, first.id) is None
        assert session.scalars(select(Change)).all() == []


def test_a_preview_and_a_file_wait_a_week(house: Installation, phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    preview = phone.sync(is_preview=True)
    with house.tenant() as session:
        device = devices.file_device(session, "Pasar")
        session.add(
            Upload(device_id=device.id, name="pasar.csv", format="csv", content=b"Ani,0812")
        )
    grow_old(house, 6)
    clean(house)
    with house.tenant(write=False) as session:
        assert session.scalars(select(Staged)).all() != []
        assert len(session.scalars(select(Upload)).all()) == 1
    grow_old(house, 8)
    clean(house)
    with house.tenant(write=False) as session:
        assert session.get_one(Run, preview.id).state is RunState.DISCARDED
        assert session.scalars(select(Staged)).all() == []
        assert session.scalars(select(Upload)).all() == []


def test_a_run_that_works_loses_nothing(house: Installation, phone: Phone) -> None:
    with house.tenant() as session:
        device = devices.file_device(session, "Pasar")
        run = runs.begin(session, device, RunKind.FILE)
        upload = Upload(
            device_id=device.id, run_id=run.id, name="p.csv", format="csv", content=b"Ani,0812"
        )
        session.add(upload)
        session.flush()
        session.execute(update(Upload).values(created_at=now() - timedelta(days=30)))
        cleaning.clean_some(session, {})
        assert session.get(Upload, upload.id) is not None
        assert session.get_one(Run, run.id).is_active
