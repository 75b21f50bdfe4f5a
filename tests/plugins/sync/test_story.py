"""Any sequence of syncs, files, edits, removals, undos and messages keeps A11 and A12.

A model in plain Python says what the address book must hold; the real one runs on SQLite with a
GOWA gateway over HTTP. `SAPA_SYNC_STORIES` tells more stories.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from core.config import Settings
from core.models import Contact, Identity
from core.services import plugins
from core.services.customers import change_contact
from core.testing.installation import installation
from core.testing.prepared import prepared
from plugins import BUILTIN
from plugins.sync import removing
from plugins.sync.models import Device, Entry, Leaving, Run, RunState
from tests.plugins.sync.lists import bring_in, upload
from tests.plugins.sync.phone import Phone, phone_of

NUMBERS = st.sampled_from([f"62812345678{n:02}" for n in range(5)])
NAMES = st.sampled_from(["Ani", "Budi", "Cici", "Dewi", ""])


class Story(RuleBasedStateMachine):
    """One phone. `edited` is what a person set: nothing else may ever change it."""

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()

    @initialize()
    def begin(self) -> None:
        home = Path(self._open.enter_context(TemporaryDirectory(prefix="sapa-story-")))
        own = Settings(home=home)
        prepared(own, BUILTIN)
        house = self._open.enter_context(installation(own, BUILTIN))
        with house.tenant() as session:
            plugins.enable(session, "sync")
        self.phone: Phone = self._open.enter_context(phone_of(house))
        self.book: dict[str, str] = {}
        self.edited: dict[str, str] = {}
        self.used: set[str] = set()
        self.ids: dict[str, int] = {}
        self.undone = False
        self.messages = 0

    @rule(number=NUMBERS, name=NAMES)
    def device_edits(self, number: str, name: str) -> None:
        self.book[number] = name

    @rule(number=NUMBERS)
    def device_removes(self, number: str) -> None:
        self.book.pop(number, None)

    @rule(preview=st.booleans())
    def sync(self, preview: bool) -> None:
        before = self.phone.people()
        self.phone.holds(self.book)
        run = self.phone.sync(is_preview=preview)
        assert run.state is (RunState.PLANNED if preview else RunState.DONE)
        people = self.phone.people()
        if preview:
            assert people == before
            return
        assert set(people) == set(before) | set(self.book)  # A12: nobody is deleted
        for number, name in self.book.items():
            if name and number not in self.edited:
                assert people[number] == name
        assert run.added == len(set(self.book) - set(before))
        again = self.phone.sync()
        assert (again.added, again.changed) == (0, 0)  # A11

    @rule(number=NUMBERS, name=st.sampled_from(["Pelanggan", "Langganan", ""]))
    def person_edits(self, number: str, name: str) -> None:
        with self.phone.house.tenant() as session:
            contact = session.scalar(select(Contact).where(Contact.phone == f"+{number}"))
            if contact is None or contact.name == name:
                return
            change_contact(session, contact, {"name": name})
        self.edited[number] = name

    @rule(number=NUMBERS, name=NAMES)
    def both_edit(self, number: str, name: str) -> None:
        """What happens by itself too seldom: a person and the phone, then a sync."""
        self.person_edits(number, "Pelanggan")
        self.book[number] = name
        self.sync(preview=False)

    @rule(number=NUMBERS, name=NAMES)
    def customer_writes(self, number: str, name: str) -> None:
        self.messages += 1
        self.phone.writes(number, name, self.messages)
        self.used.add(number)

    @rule(number=NUMBERS)
    def customer_writes_in_the_middle_of_a_run(self, number: str) -> None:
        self.phone.holds(self.book)
        self.phone.begin()
        self.messages += 1
        self.phone.writes(number, "", self.messages)
        self.used.add(number)
        self.phone.house.work()

    @rule(number=NUMBERS, name=NAMES, is_removed=st.booleans())
    def device_pushes(self, number: str, name: str, is_removed: bool) -> None:
        self.phone.switch(True)
        self.phone.pushes(number, name, is_removed=is_removed)
        self.phone.house.work()
        self.phone.switch(False)

    @rule(numbers=st.sets(NUMBERS, min_size=1))
    def a_file_comes(self, numbers: set[str]) -> None:
        before = self.phone.people()
        lines = "".join(f",{number}\n" for number in sorted(numbers))
        bring_in(self.phone.house, upload(self.phone.house, f"Nama,HP\n{lines}".encode(), "Pasar"))
        assert set(self.phone.people()) == set(before) | numbers

    @rule(leaving=st.sampled_from(Leaving))
    def the_list_goes(self, leaving: Leaving) -> None:
        before = set(self.phone.people())
        with self.phone.house.tenant() as session:
            found = session.scalar(select(Device).where(Device.file_name == "Pasar"))
            if found is None:
                return
            removing.remove(session, found, leaving)
            on_phone = select(Contact.phone).where(
                Contact.id.in_(
                    select(Entry.contact_id).where(
                        Entry.device_id != found.id, Entry.is_gone.is_(False)
                    )
                )
            )
            stay = {phone.lstrip("+") for phone in session.scalars(on_phone)}
        self.phone.house.work()
        gone = before - set(self.phone.people())
        assert not gone & (stay | self.used | set(self.edited))
        assert leaving is Leaving.REMOVE or not gone

    @rule()
    def undo_the_last_run(self) -> None:
        with self.phone.house.tenant(write=False) as session:
            last = session.scalars(
                select(Run).where(Run.state == RunState.DONE).order_by(Run.id.desc())
            ).first()
        if last is None or not (last.added or last.changed):
            return
        before = set(self.phone.people())
        undone = self.phone.undo(last.id)
        assert undone.state is RunState.UNDONE
        assert before - set(self.phone.people()) <= before - self.used - set(self.edited)

    @invariant()
    def nobody_is_there_twice_and_edits_stand(self) -> None:
        people = self.phone.people()  # fails where a number has two contacts
        for number, name in self.edited.items():
            assert people[number] == name
        assert self.used <= set(people)
        with self.phone.house.tenant(write=False) as session:
            rows = session.execute(
                select(Identity.address, Contact.id, Contact.phone, Contact.customer_id).join(
                    Contact, Contact.id == Identity.contact_id
                )
            ).all()
        assert all(row.address == row.phone for row in rows)
        for row in rows:
            # who was used or edited keeps the same contact for good
            if row.phone.lstrip("+") in self.used | set(self.edited):
                assert self.ids.setdefault(row.phone, row.id) == row.id

    def teardown(self) -> None:
        self._open.close()


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level("CRITICAL"):
        yield


def tell(stories: int, steps: int) -> int:
    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    return stories


def test_A11_A12_hold_in_some_stories(quiet: None) -> None:
    assert tell(2, 12) == 2


@pytest.mark.prove
def test_A11_A12_hold_in_many_stories(quiet: None) -> None:
    assert tell(int(os.environ.get("SAPA_SYNC_STORIES", "12")), 25) > 0
