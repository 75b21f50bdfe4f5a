"""Runs of a device: what they bring, what they leave, what they report, and undoing them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from core.errors import Conflict, Refused
from core.events import ContactCreated
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind
from core.jobs.spec import JobSpec
from core.models import Contact, ContactToken, Customer, Identity
from core.models.base import now
from core.services import channels
from core.services.customers import change_contact
from core.services.erase import erase_customer
from core.services.receive import receive
from core.testing.installation import Installation
from plugins.sync import applying, indexing, reports, runs, undoing
from plugins.sync.jobs import JOBS
from plugins.sync.listing import ListDevice
from plugins.sync.models import Change, Entry, Run, RunKind, RunState, Staged
from tests.plugins.sync.phone import OWN, Phone, phone_of

ANI, BUDI, CICI = "6281234567890", "6281234567891", "6281234567892"


def test_A10_synchronise_brings_that_number_only(house: Installation, phone: Phone) -> None:
    with phone_of(house, "Other") as other:
        other.holds({CICI: "Cici"})
        phone.holds({ANI: "Ani", BUDI: "Budi"})
        run = phone.sync()
    assert (run.state, run.listed, run.added) == (RunState.DONE, 2, 2)
    assert phone.people() == {ANI: "Ani", BUDI: "Budi"}
    with house.tenant(write=False) as session:
        assert sorted(session.scalars(select(Customer.name))) == ["Ani", "Budi"]


def test_A11_any_number_of_runs_doubles_nobody(phone: Phone) -> None:
    phone.holds({ANI: "Ani", BUDI: "Budi"})
    phone.sync()
    before = phone.counts()
    again = phone.sync()
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    phone.switch(True)
    phone.house.work()
    phone.switch(False)
    phone.switch(True)
    phone.house.work()
    assert phone.counts() == before
    assert phone.people() == {ANI: "Ani", BUDI: "Budi"}


def test_a_large_book_comes_in_many_steps(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "ROWS_AT_ONCE", 7)
    book = {f"62812345678{n:02}": f"Person {n}" for n in range(30)}
    phone.holds(book)
    run = phone.sync()
    assert (run.added, run.done, run.total, run.percent) == (30, 30, 30, 100)
    assert phone.people() == book
    with phone.house.tenant(write=False) as session:
        assert session.scalars(select(Staged)).all() == []


def test_A12_an_edit_stays_and_a_removal_deletes_nobody(phone: Phone) -> None:
    phone.holds({ANI: "Ani", BUDI: "Budi", CICI: "Cici"})
    phone.sync()
    with phone.house.tenant() as session:
        ani = session.scalars(select(Contact).where(Contact.name == "Ani")).one()
        change_contact(session, ani, {"name": "Bu Ani"})
    phone.holds({ANI: "Ani Dari HP", BUDI: "Budi Baru"})
    run = phone.sync()
    assert phone.people() == {ANI: "Bu Ani", BUDI: "Budi Baru", CICI: "Cici"}
    assert (run.added, run.changed, run.unchanged, run.gone) == (0, 1, 1, 1)
    phone.holds({ANI: "Ani Dari HP", BUDI: "Budi Baru", CICI: "Cici"})
    again = phone.sync()
    assert (again.added, again.changed, again.gone, len(phone.people())) == (0, 0, 0, 3)


def test_A13_the_report_names_who_was_refused_and_why(phone: Phone) -> None:
    phone.holds(
        {
            ANI: "Ani",
            "62812": "Too short",
            "120363041234567890@g.us": "Keluarga",
            "status@broadcast": "Status",
            "12345@newsletter": "Berita",
            "98765432101234@lid": "Hidden",
            "628001234567": "Toll free",
            "5511987": "Short",
            OWN: "Me",
        }
    )
    run = phone.sync()
    with phone.house.tenant(write=False) as session:
        refused = {
            row.raw.partition("@")[0]: row.reason
            for row in reports.refused_of(session, session.get_one(Run, run.id))
        }
    assert refused == {
        "62812": "short",
        "120363041234567890": "group",
        "status": "broadcast",
        "12345": "newsletter",
        "98765432101234": "hidden",
        "628001234567": "service",
        "5511987": "short",
        OWN: "own",
    }
    assert (run.added, run.refused, run.unchanged) == (1, 8, 0)
    again = phone.sync()
    assert (again.added, again.refused, again.unchanged) == (0, 8, 1)
    assert phone.people() == {ANI: "Ani"}


def test_A13_all_that_was_refused_can_be_taken_away(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "REFUSED_AT_ONCE", 3)
    groups = [f"12036304123456789{n}@g.us" for n in range(7)]
    phone.holds({**dict.fromkeys(groups, "Group"), "62812": "Short", "628001234567": "Toll free"})
    for is_preview in (True, False):
        run = phone.sync(is_preview=is_preview)
        database = phone.house.desk.database
        with phone.house.tenant(write=False) as session:
            tenant_id = session.tenant_id
            assert len(reports.refused_of(session, session.get_one(Run, run.id), limit=2)) == 2
        batches = list(reports.refused_in_batches(database, tenant_id, run.id))
        assert [len(batch) for batch in batches] == [3, 3, 3, 0]
        rows = [row for batch in batches for row in batch]
        assert sorted(row.raw for row in rows if row.reason == "group") == groups
        assert {row.reason for row in rows} == {"group", "short", "service"}
    phone.sync(is_preview=True)
    with phone.house.tenant(write=False) as session:
        assert len(reports.refused_of(session, session.get_one(Run, run.id))) == 9, "as before"


def test_numbers_that_only_whatsapp_knows_are_taken_as_they_are(phone: Phone) -> None:
    phone.holds({"551187654321": "Joao", "5215512345678": "Maria"})
    assert phone.sync().added == 2
    assert set(phone.people()) == {"551187654321", "5215512345678"}


def test_A13_a_preview_writes_nothing_and_is_then_done(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    phone.sync()
    phone.holds({ANI: "Ani Baru", BUDI: "Budi", "62812": "x"})
    plan = phone.sync(is_preview=True)
    assert (plan.state, plan.added, plan.changed, plan.refused) == (RunState.PLANNED, 1, 1, 1)
    assert phone.people() == {ANI: "Ani"}
    with phone.house.tenant() as session:
        run = session.get_one(Run, plan.id)
        refused = reports.refused_of(session, run)
        assert [(row.reason, row.raw) for row in refused] == [("short", "62812@s.whatsapp.net")]
        runs.apply_plan(session, run)
    phone.house.work()
    done = phone.run(plan.id)
    assert (done.state, done.added, done.changed, done.refused) == (RunState.DONE, 1, 1, 1)
    assert phone.people() == {ANI: "Ani Baru", BUDI: "Budi"}


def test_a_preview_that_another_run_overtook_is_out_of_date(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    plan = phone.sync(is_preview=True)
    phone.sync()
    with phone.house.tenant() as session, pytest.raises(Conflict, match="out of date"):
        runs.apply_plan(session, session.get_one(Run, plan.id))


def test_two_runs_of_a_device_are_one(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    first, second = phone.begin(), phone.begin()
    assert first == second
    phone.house.work()
    assert phone.run(first).state is RunState.DONE
    assert phone.begin() != first


def test_a_message_in_the_middle_of_a_run_makes_nobody_twice(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the phone is read, and between two sets of what it said."""
    monkeypatch.setattr(applying, "ROWS_AT_ONCE", 1)
    phone.holds({ANI: "Ani", BUDI: "Budi", CICI: "Cici"})
    payload = {"run_id": phone.begin()}
    reading = ListDevice()
    with phone.house.tenant() as session:
        listing = reading.claim(session, payload)
    assert listing is not None
    phone.writes(BUDI, "Budi WA")
    listed = reading.call(listing)
    with phone.house.tenant() as session:
        reading.complete(session, payload, listing, listed)
    with phone.house.tenant() as session:
        applying.apply(session, payload)
    assert phone.run(payload["run_id"]).done == 1
    phone.writes(CICI, "Cici WA")
    phone.house.work()
    run = phone.run(payload["run_id"])
    assert (run.state, run.added, run.changed) == (RunState.DONE, 1, 2)
    assert phone.people() == {ANI: "Ani", BUDI: "Budi", CICI: "Cici"}
    assert phone.counts() == (3, 3, 3)
    phone.writes(ANI, "Ani WA")
    assert phone.people()[ANI] == "Ani"
    assert phone.counts() == (3, 3, 3)


def test_who_is_known_by_a_lid_is_brought_up_to_date_and_stays_without_a_phone(
    phone: Phone,
) -> None:
    lid = "98765432101234"
    with phone.house.tenant() as session:
        sender = Address(IdentityKind.LID, lid)
        item = InboundMessage("in.1", (sender,), MessageKind.TEXT, now(), text="Halo", name="?")
        receive(session, phone.channel(session), item)
    phone.holds({f"{lid}@lid": "Ani", "11112222333344@lid": "Nobody here"})
    run = phone.sync()
    assert (run.added, run.changed, run.refused) == (0, 1, 1)
    with phone.house.tenant(write=False) as session:
        (contact,) = session.scalars(select(Contact))
        assert (contact.name, contact.phone) == ("Ani", "")
        kinds = session.scalars(select(Identity.kind)).all()
    assert kinds == [IdentityKind.LID], "a LID never becomes a phone"


@pytest.mark.parametrize(("at_once", "changed"), [(5, 1), (9, 0)], ids=["rest", "full sets"])
def test_a_large_run_keeps_search_words_in_steps_of_their_own(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, at_once: int, changed: int
) -> None:
    book = {f"62812345678{n:02}": f"Orang {n:02}" for n in range(24)}
    phone.holds(dict(list(book.items())[:8]))
    phone.sync()
    expected = {"orang", "00", "07"}
    with phone.house.tenant(write=False) as session:
        assert expected <= set(session.scalars(select(ContactToken.token)))
    monkeypatch.setattr(applying, "ROWS_AT_ONCE", 4)
    monkeypatch.setattr(indexing, "CONTACTS_AT_ONCE", at_once)
    phone.holds(book | dict.fromkeys(list(book)[:changed], "Berubah"))
    run = phone.sync()
    assert (run.state, run.added, run.changed) == (RunState.DONE, 16, changed)
    with phone.house.tenant(write=False) as session:
        names = {row.id: row.name for row in session.execute(select(Contact.id, Contact.name))}
        found = session.execute(select(ContactToken.token, ContactToken.contact_id))
        rows = [(row.token, row.contact_id) for row in found]
    assert len(set(rows)) == len(rows)
    for contact_id, name in names.items():
        words = {token for token, about in rows if about == contact_id}
        assert set(name.lower().split()) <= words, name
        assert len(words) > 10, "and the ends of the number"


def test_whom_a_failed_large_run_added_is_found(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "ROWS_AT_ONCE", 4)
    monkeypatch.setattr(indexing, "CONTACTS_AT_ONCE", 5)
    phone.holds({f"62812345678{n:02}": f"Orang{n:02}" for n in range(12)})
    payload = {"run_id": phone.begin()}
    reading = ListDevice()
    with phone.house.tenant() as session:
        listing = reading.claim(session, payload)
    assert listing is not None
    listed = reading.call(listing)
    with phone.house.tenant() as session:
        reading.complete(session, payload, listing, listed)
        applying.apply(session, payload)
    with phone.house.tenant() as session:
        first = session.scalars(select(Contact).order_by(Contact.id)).first()
        change_contact(session, first, {"name": "Bu Satu"})  # has its words by that
        spec = next(each for each in JOBS if getattr(each, "name", "") == "sync.apply")
        assert isinstance(spec, JobSpec)
        assert spec.on_dead is not None
        spec.on_dead(session, payload, "It broke.")
    phone.house.work()
    assert phone.run(payload["run_id"]).state is RunState.FAILED
    with phone.house.tenant(write=False) as session:
        found = set(session.scalars(select(ContactToken.token)))
    assert {"bu", "satu", *(f"orang{n:02}" for n in range(1, 4))} <= found
    assert "orang00" not in found


def test_A13_undo_removes_what_nobody_used_and_restores_the_rest(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    phone.sync()
    phone.switch(True)
    phone.house.work()
    phone.holds({ANI: "Ani Baru", BUDI: "Budi", CICI: "Cici"})
    run = phone.sync()
    phone.writes(CICI)
    undone = phone.undo(run.id)
    assert phone.people() == {ANI: "Ani", CICI: "Cici"}
    assert (undone.state, undone.removed, undone.restored, undone.kept) == (
        RunState.UNDONE,
        1,
        1,
        1,
    )
    with phone.house.tenant(write=False) as session:
        kept = reports.kept_of(session, session.get_one(Run, run.id))
        assert [(each.contact.name, each.why) for each in kept] == [("Cici", "used")]
    assert not phone.device().is_automatic, "its next run would bring everything back"
    assert phone.sync().added == 1  # on demand it does
    assert phone.people() == {ANI: "Ani Baru", BUDI: "Budi", CICI: "Cici"}


def test_A13_undo_of_many_takes_few_statements(phone: Phone) -> None:
    """As many for 200 contacts as for 20."""
    counted = []
    for size in (20, 200):
        book = {f"62812{size:04}{n:05}": f"Person {n}" for n in range(size)}
        phone.holds(book)
        phone.sync()
        phone.holds({number: f"{name} Baru" for number, name in book.items()})
        changed = phone.sync()
        with phone.house.tenant() as session:
            undoing.undo(session, session.get_one(Run, changed.id))
        counted.append(statements_of(phone.house, changed.id))
        assert phone.run(changed.id).restored == size
        added = next(run for run in runs_before(phone, changed.id) if run.added == size)
        with phone.house.tenant() as session:
            undoing.undo(session, session.get_one(Run, added.id))
        counted.append(statements_of(phone.house, added.id))
        assert phone.run(added.id).removed == size
    assert counted[:2] == counted[2:]


def statements_of(house: Installation, run_id: int) -> int:
    """How many statements the undo of a run sends, the engine's own aside."""
    sent: list[str] = []

    def count(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if "sapa_analyze" not in statement:  # a look at what has grown is the engine's
            sent.append(statement)

    with house.tenant() as session:
        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", count)
        try:
            undoing.undo_some(session, {"run_id": run_id})
            session.flush()
        finally:
            event.remove(engine, "before_cursor_execute", count)
    house.work()
    return len(sent)


def runs_before(phone: Phone, run_id: int) -> list[Run]:
    with phone.house.tenant(write=False) as session:
        found = session.scalars(select(Run).where(Run.id < run_id).order_by(Run.id.desc())).all()
        session.expunge_all()
        return list(found)


def test_undo_takes_back_what_a_day_of_pushes_did_in_its_order(phone: Phone) -> None:
    phone.holds({ANI: "Ani", BUDI: "Budi"})
    phone.sync()
    phone.switch(True)
    phone.house.work()
    for name in ("Ani Satu", "Ani Dua", "Ani Tiga"):
        phone.pushes(ANI, name)
        phone.house.work()
    phone.pushes(BUDI, "Budi Satu")
    phone.house.work()
    assert phone.people() == {ANI: "Ani Tiga", BUDI: "Budi Satu"}
    with phone.house.tenant(write=False) as session:
        run_id = session.scalars(select(Run.id).where(Run.kind == RunKind.PUSH)).one()
    undone = phone.undo(run_id)
    assert (undone.restored, undone.kept) == (4, 0)
    assert phone.people() == {ANI: "Ani", BUDI: "Budi"}


def test_undo_leaves_what_a_person_changed_since(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    phone.sync()
    phone.holds({ANI: "Ani Baru"})
    run = phone.sync()
    with phone.house.tenant() as session:
        ani = session.scalars(select(Contact)).one()
        change_contact(session, ani, {"name": "Bu Ani"})
    undone = phone.undo(run.id)
    assert (undone.restored, undone.kept, phone.people()) == (0, 1, {ANI: "Bu Ani"})


def test_what_another_device_has_too_stays(house: Installation, phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    run = phone.sync()
    with phone_of(house, "Other") as other:
        other.holds({ANI: "Ani"})
        other.sync()
    assert phone.undo(run.id).kept == 1
    assert phone.people() == {ANI: "Ani"}


def test_undo_waits_for_a_run_and_a_run_for_undo(phone: Phone) -> None:
    phone.holds({ANI: "Ani"})
    run = phone.sync()
    phone.holds({ANI: "Ani", BUDI: "Budi"})
    working = phone.begin()
    with phone.house.tenant() as session, pytest.raises(Conflict, match="works now"):
        undoing.undo(session, session.get_one(Run, run.id))
    phone.house.work()
    with phone.house.tenant() as session:
        undoing.undo(session, session.get_one(Run, working))
    with pytest.raises(Conflict, match="being undone"):
        phone.begin()
    phone.house.work()
    assert phone.people() == {ANI: "Ani"}
    with phone.house.tenant() as session, pytest.raises(Refused, match="nothing to undo"):
        undoing.undo(session, session.get_one(Run, working))


def test_who_was_erased_stays_erased(phone: Phone) -> None:
    phone.holds({ANI: "Ani", BUDI: "Budi"})
    phone.sync()
    with phone.house.tenant() as session:
        erase_customer(session, session.scalars(select(Customer).order_by(Customer.id)).first())
    phone.house.work()
    phone.holds({ANI: "Ani Lagi", BUDI: "Budi"})
    run = phone.sync()
    assert (run.added, run.refused) == (0, 1)
    assert ANI not in phone.people()
    with phone.house.tenant(write=False) as session:
        told = [row.raw for row in session.scalars(select(Entry))]
        told += [str(row.fields) for row in session.scalars(select(Change))]
    assert not any(ANI in text or "Ani" in text for text in told)


def test_A14_a_synced_contact_says_where_it_came_from(
    house: Installation, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ContactCreated] = []
    module = "core.services.address_book.bring.publish_all"
    monkeypatch.setattr(module, lambda session, events: heard.extend(events))
    phone.holds({ANI: "Ani"})
    phone.sync()
    with house.tenant() as session:
        session.desk.host.settings.save(session, "sync", {"greets": True})
    phone.holds({ANI: "Ani", BUDI: "Budi"})
    phone.sync()
    assert [(each.origin, each.is_to_greet) for each in heard] == [
        ("device", False),
        ("device", True),
    ]


def test_A1_a_device_that_is_not_connected_is_refused(phone: Phone) -> None:
    with phone.house.tenant() as session:
        channels.pause(session, phone.channel(session))
    with pytest.raises(Refused, match="Paused"):
        phone.begin()
    with pytest.raises(Refused, match="Paused"):
        phone.switch(True)
