"""Removing a list: what is said before, what goes and who stays; both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.errors import Conflict, Refused
from core.models import Contact
from core.services.customers import change_contact
from core.services.labels import named, put_label
from core.testing.installation import Installation
from plugins.sync import devices, removing
from plugins.sync.models import Change, Device, Entry, Leaving, Run
from tests.plugins.sync.lists import LIST, bring_in, device_of, upload
from tests.plugins.sync.phone import Phone

NUMBERS = [f"62812345678{n:02}" for n in range(7)]


def bring(house: Installation, numbers: list[str], name: str = "Pelanggan") -> Device:
    lines = "".join(f"N{number[-2:]},{number}\n" for number in numbers)
    bring_in(house, upload(house, f"Nama,HP\n{lines}".encode(), name))
    return device_of(house, name)


def remove(house: Installation, device: Device, leaving: Leaving) -> None:
    with house.tenant() as session:
        removing.remove(session, session.get_one(Device, device.id), leaving)
    house.work()


def people(house: Installation) -> list[str]:
    with house.tenant(write=False) as session:
        return sorted(phone.lstrip("+") for phone in session.scalars(select(Contact.phone)))


def test_a_list_goes_and_everybody_stays(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "ENTRIES_AT_ONCE", 2)
    monkeypatch.setattr(removing, "CHANGES_AT_ONCE", 2)
    device = bring(house, NUMBERS)
    remove(house, device, Leaving.KEEP)
    assert people(house) == NUMBERS
    with house.tenant(write=False) as session:
        for noun in (Device, Run, Entry, Change):
            assert session.scalars(select(noun)).all() == []
    assert bring(house, NUMBERS).id != device.id
    assert people(house) == NUMBERS, "the same file again knows them"


def test_those_whom_nobody_used_go_with_their_list(phone: Phone) -> None:
    house = phone.house
    edited, written, labelled, elsewhere, listed_twice, met_before, unused = NUMBERS
    phone.holds({elsewhere: "Elsewhere"})
    phone.writes(met_before)
    device = bring(house, NUMBERS)
    bring(house, [listed_twice], "Other")
    phone.sync()
    phone.writes(written)
    with house.tenant() as session:
        by_phone = {c.phone.lstrip("+"): c for c in session.scalars(select(Contact))}
        change_contact(session, by_phone[edited], {"name": "Bu Edi"})
        put_label(session, by_phone[labelled], named(session, "wholesale"))
        told = removing.outlook(session, session.get_one(Device, device.id))
    assert (told.contacts, told.may_go, told.stay) == (7, 5, 2)
    remove(house, device, Leaving.REMOVE)
    assert people(house) == [number for number in NUMBERS if number != unused]
    assert phone.sync().unchanged == 1


def test_a_list_whose_run_works_is_not_removed(house: Installation) -> None:
    device = bring(house, NUMBERS[:2])
    plan = upload(house, LIST)
    with house.tenant() as session:
        run = session.get_one(Run, plan)
        run.active_device_id = device.id
        session.flush()
        with pytest.raises(Conflict, match="works now"):
            removing.remove(session, session.get_one(Device, device.id), Leaving.KEEP)


def test_a_list_on_its_way_out_takes_no_file(house: Installation) -> None:
    device = bring(house, NUMBERS[:2])
    with house.tenant() as session:
        removing.remove(session, session.get_one(Device, device.id), Leaving.KEEP)
        with pytest.raises(Conflict, match="being removed"):
            devices.file_device(session, "Pelanggan")


def test_a_number_is_no_list(phone: Phone) -> None:
    phone.sync()
    with phone.house.tenant() as session, pytest.raises(Refused, match="My devices"):
        removing.remove(session, session.get_one(Device, phone.device().id), Leaving.KEEP)
