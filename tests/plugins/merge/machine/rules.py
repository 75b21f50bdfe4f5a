"""The state machine: what people and machines do to customers, checked after every step."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from core.errors import Gone, Refused
from core.inbound import IdentityKind, MessageState
from core.models import (
    Channel,
    Contact,
    Conversation,
    Customer,
    CustomerChoice,
    Direction,
    FieldSource,
    Identity,
    MergeEvent,
    Message,
    Sender,
)
from core.services import addresses, channels, customers, erase, groups, main_channel
from core.services import profiles as shown_profiles
from core.services.may_send import has_opted_out
from core.services.recipients import recipients
from core.services.timeline import timeline
from core.tenancy.session import TenantSession
from core.testing.installation import Installation
from plugins.merge import services
from tests.plugins.merge.machine.model import GONE, Model, Person, pair

CROWD = 14
DAWN = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = ("name", "phone", "email")
pick = st.integers(0, 10_000)
_slugs = itertools.count(1)


class MergeMachine(RuleBasedStateMachine):
    """One tenant and one transaction for each example: rolled back at its end."""

    house: Installation

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.model = Model()
        self.clock = itertools.count(1)
        self.serial = itertools.count(1)
        self.keys: dict[str, tuple[int, tuple[int, ...], int]] = {}

    def teardown(self) -> None:
        with suppress(_Enough):
            self.closing.close()

    # -- the beginning ----------------------------------------------------------------------

    @initialize(data=st.data())
    def people(self, data: st.DataObject) -> None:
        tenant = self.house.add_tenant(f"shop-{next(_slugs)}")
        self.closing.push(_roll_back)
        self.session: TenantSession = self.closing.enter_context(tenant.tenant())
        self.closing.callback(_enough)
        line = channels.create_channel(
            self.session,
            kind="simulator",
            name="Phone",
            own_address="+628110000",
            values={"phone_url": "http://127.0.0.1:9/phone", "secret": "s"},
        )
        self.line = self.session.get_one(Channel, line.id)
        self.homes: dict[int, dict[str, Any]] = {}
        for n in range(CROWD):
            self._person(n, "name" * (n % 3 + 1), is_verified=n % 2 == 0, is_heard=n % 3 == 0)
        self._begin_with_groups()

    def _begin_with_groups(self) -> None:
        """Two groups, one with a choice and a pin: otherwise half of a story is spent on them."""
        homes = sorted(self.homes)
        self._merge(homes[0], [homes[2], homes[4]])
        self._merge(homes[5], [homes[3]])
        last = self.model.of(self._contact(4))
        services.set_main_channel(self.session, last.id, self._contact(4))
        last.main = self._contact(4)
        services.pin(self.session, last.id, "name", self._contact(0))
        last.pins["name"] = self._contact(0)

    def _person(self, n: int, name: str, *, is_verified: bool, is_heard: bool) -> None:
        phone, email = f"+62812000{n:04}", f"p{n}@example.com" if n % 4 else ""
        contact = addresses.create_contact(
            self.session, name=name, phone=phone, email=email, source=FieldSource.PROVIDER
        )
        identity = Identity(
            contact_id=contact.id,
            kind=IdentityKind.PHONE,
            address=phone,
            is_verified=is_verified,
        )
        self.session.add(identity)
        self.session.flush()
        person = Person(
            contact.id,
            contact.home_id,
            name,
            phone,
            email,
            frozenset({"phone"} if is_verified else ()),
        )
        self.model.add(person)
        self.homes[contact.home_id] = self._home_row(contact.home_id)
        if is_heard:
            self._write(person.id)

    def _write(self, contact_id: int) -> None:
        """A message arrives, on the contact's own conversation."""
        at = DAWN + timedelta(minutes=next(self.clock))
        talk = self.session.scalar(
            select(Conversation).where(Conversation.contact_id == contact_id)
        )
        if talk is None:
            identity = self.session.scalars(
                select(Identity).where(Identity.contact_id == contact_id)
            ).one()
            talk = Conversation(
                channel_id=self.line.id, identity_id=identity.id, contact_id=contact_id
            )
            self.session.add(talk)
            self.session.flush()
        talk.last_inbound_at = at
        message = Message(
            conversation_id=talk.id,
            channel_id=self.line.id,
            contact_id=contact_id,
            direction=Direction.IN,
            sender=Sender.CUSTOMER,
            state=MessageState.RECEIVED,
            body="halo",
            sent_at=at,
        )
        self.session.add(message)
        self.session.flush()
        self.model.messages[message.id] = contact_id
        self.model.people[contact_id].heard = at.timestamp()

    # -- what is done -----------------------------------------------------------------------

    @rule(main=pick, others=st.lists(pick, min_size=1, max_size=6))
    def merge(self, main: int, others: list[int]) -> None:
        self._merge(self._id(main), [self._id(each) for each in others])

    @rule(main=pick, other=pick)
    def merge_automatically(self, main: int, other: int) -> None:
        self._merge(self._id(main), [self._id(other)], automatic=True)

    @rule(one=pick, other=pick)
    def merge_groups(self, one: int, other: int) -> None:
        """Two that are alive: what most often goes through."""
        alive = sorted(self._alive())
        self._merge(alive[one % len(alive)], [alive[other % len(alive)]])

    @rule(main=pick, count=st.integers(2, CROWD))
    def gather(self, main: int, count: int) -> None:
        """Many at once: around the limit."""
        alive = sorted(self._alive())
        place = main % len(alive)
        others = [*alive[place + 1 :], *alive[:place]][:count]
        if others:
            self._merge(alive[place], others)

    def _merge(self, main: int, others: list[int], *, automatic: bool = False) -> None:
        model = self.model
        if not model.may_merge(main, others, automatic=automatic):
            self._refused(
                lambda: services.merge(self.session, main, others, is_automatic=automatic)
            )
            return
        wanted = model.expected_group(main, others, set(self.homes))
        key = f"key-{next(self.serial)}"
        event = services.merge(
            self.session, main, others, is_automatic=automatic, idempotency_key=key
        )
        if wanted is None:
            assert event.customer_id not in model.state.leads, "a new group has a new id"
        else:
            assert event.customer_id == wanted, "the group there is goes on"
        self.keys[key] = (main, tuple(others), event.id)
        model.merge(main, others, event.customer_id, event.id)

    @rule(which=pick)
    @precondition(lambda self: self.keys)
    def repeat(self, which: int) -> None:
        """10. The same key gives the same event, and does nothing."""
        key = sorted(self.keys)[which % len(self.keys)]
        main, others, event_id = self.keys[key]
        before = self._dump()
        again = services.merge(self.session, main, list(others), idempotency_key=key)
        assert again.id == event_id
        self._refused(lambda: services.merge(self.session, main, [main + 1], idempotency_key=key))
        assert self._dump() == before

    @rule(which=pick, through=pick)
    def unmerge(self, which: int, through: int) -> None:
        contact = self._contact(which)
        group = self.model.of(contact)
        names = [i for i in self.model.state.leads if self.model.resolve(i) == group.id]
        if not names:
            return
        customer_id = sorted(names)[through % len(names)]  # any id of it will do
        if len(group.members) == 1:
            self._refused(lambda: services.unmerge(self.session, customer_id, contact))
            return
        stranger = next(each for each in self.model.people if each not in group.members)
        self._refused(lambda: services.unmerge(self.session, customer_id, stranger))
        event = services.unmerge(self.session, customer_id, contact)
        self.model.unmerge(contact, event.id)

    @rule(which=pick)
    @precondition(lambda self: self.model.events)
    def undo(self, which: int) -> None:
        recent = self.model.events[-4:]
        event = recent[which % len(recent)]
        if not self.model.may_undo(event):
            self._refused(lambda: services.undo(self.session, event.id))
            return
        undone = services.undo(self.session, event.id)
        self.model.undo(event, undone.id)

    @rule(which=pick)
    @precondition(lambda self: self.model.events)
    def undo_the_last(self, which: int) -> None:
        last = self.model.events[-1]
        if self.model.may_undo(last):
            undone = services.undo(self.session, last.id)
            self.model.undo(last, undone.id)

    @rule(which=pick)
    def not_the_same(self, which: int) -> None:
        one, other = self._contact(which), self._contact(which // 7 + 1)
        if one != other:
            services.forbid(self.session, one, other)
            self.model.forbidden.add(pair(one, other))

    @rule(which=pick)
    def set_main_channel(self, which: int) -> None:
        contact = self._contact(which)
        group = self.model.of(contact)
        stranger = next(each for each in self.model.people if each not in group.members)
        if self.model.resolve(group.id) == GONE:
            return
        self._refused(lambda: services.set_main_channel(self.session, group.id, stranger))
        services.set_main_channel(self.session, group.id, contact)
        group.main = contact
        self._changed(group.id)

    @rule(which=pick, field=st.sampled_from(FIELDS))
    def pin(self, which: int, field: str) -> None:
        contact = self._contact(which)
        group = self.model.of(contact)
        if self.model.resolve(group.id) == GONE:
            return
        if not getattr(self.model.people[contact], field):
            self._refused(lambda: services.pin(self.session, group.id, field, contact))
            return
        services.pin(self.session, group.id, field, contact)
        group.pins[field] = contact
        self._changed(group.id)

    @rule(which=pick, length=st.integers(1, 20))
    def rename(self, which: int, length: int) -> None:
        person = self.model.people[self._contact(which)]
        if person.is_erased:
            return
        contact = self.session.get_one(Contact, person.id)
        customers.change_contact(self.session, contact, {"name": "n" * length})
        person.name = "n" * length
        self._changed(person.home)

    @rule(which=pick)
    def write(self, which: int) -> None:
        contact = self._contact(which)
        if not self.model.people[contact].is_erased:
            self._write(contact)

    @rule(which=pick)
    def opt_out(self, which: int) -> None:
        contact = self._contact(which)
        customers.opt_out(self.session, self.session.get_one(Contact, contact))
        self.model.people[contact].is_out = True

    @rule(which=pick, chance=st.integers(0, 3))
    def erase(self, which: int, chance: int) -> None:
        person = self.model.people[self._contact(which)]
        if chance or person.is_erased:
            return
        was_merged = len(self.model.of(person.id).members) > 1
        last = self._last_event()
        erase.erase_contact(self.session, self.session.get_one(Contact, person.id))
        if was_merged:
            assert self._last_event() > last, "15. it is unmerged first, and the log says so"
            self.model.unmerge(person.id, self._last_event(), forbids=False)
        person.is_erased, person.is_out = True, True
        person.name = person.phone = person.email = ""
        person.verified = frozenset()
        self._changed(person.home)
        for each in list(self.keys):
            del self.keys[each]  # erasing blanks the keys of events that it was part of

    @rule(one=pick, other=pick)
    def decide_on_an_old_preview(self, one: int, other: int) -> None:
        """10. What has changed since a preview was shown refuses it; the fresh one goes through."""
        alive = sorted(self._alive())
        main, second = alive[one % len(alive)], alive[other % len(alive)]
        if not self.model.may_merge(main, [second]):
            return
        old = services.preview(self.session, main, [second])
        if one % 2:
            members = self.model.state.groups[main].members
            self.rename(which=self._place(min(members)), length=old.count + len(str(one)))
            person = self.model.people[min(members)]
            if person.name == next(
                m.contact.name for m in old.members if m.contact.id == person.id
            ):
                return
        else:
            self.set_main_channel(which=self._place(min(self.model.state.groups[second].members)))
        self._refused(
            lambda: services.merge(self.session, main, [second], version=old.token),
            services.StalePreview,
        )
        fresh = services.preview(self.session, main, [second])
        assert fresh.count == len(self.model.state.groups[main].members) + len(
            self.model.state.groups[second].members
        )
        event = services.merge(self.session, main, [second], version=fresh.token)
        self.model.merge(main, [second], event.customer_id, event.id)
        becomes = self.model.profile(self.model.state.groups[event.customer_id])
        assert {f: (s.value, s.contact_id) for f, s in fresh.profile.items()} == becomes

    # -- what must hold ---------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        if not self.model.people:
            return
        self.session.expire_all()
        groups_now = self._partition()
        wanted = {g.id: g.members for g in self.model.state.groups.values()}
        assert groups_now == wanted, "1, 2, 3, 4: who belongs together"
        assert max(map(len, wanted.values())) <= 11, "8"
        self._ids_resolve()
        self._homes_are_untouched()
        self._log_replays(groups_now)
        people = self.model.people
        self._messages(wanted)
        ids = list(people)
        forbidden = services.forbidden_between(self.session, ids, ids)
        assert forbidden == self.model.forbidden, "7"
        for n, group in enumerate(self.model.state.groups.values()):
            if len(group.members) > 1 or n < 2:
                self._profile_and_main(group)
        self._consent_and_broadcast()

    def _partition(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        rows = self.session.execute(
            select(Contact.id, Contact.customer_id, Contact.home_id, Customer.is_group).join(
                Customer, Customer.id == Contact.customer_id
            )
        )
        for contact, customer, home, is_group in rows:
            assert is_group or customer == home, "1: its home, or a group"
            found.setdefault(customer, set()).add(contact)
        for customer in self.session.scalars(select(Customer)):
            members = found.get(customer.id, set())
            alive = any(not self.model.people[each].is_erased for each in members)
            assert (customer.archived_at is None) == alive, "1: the living ones are listed"
            assert not (customer.is_group and len(members) == 1), "3: a group of one dissolves"
        return found

    def _ids_resolve(self) -> None:
        wanted = {each: self.model.resolve(each) for each in self.model.state.leads}
        alive = {each: here for each, here in wanted.items() if here != GONE}
        assert groups.living_ids(self.session, alive) == alive, "6"
        for customer_id in wanted.keys() - alive.keys():
            with pytest.raises(Gone):
                groups.living_ids(self.session, [customer_id])

    def _homes_are_untouched(self) -> None:
        columns = _columns_of_home()
        rows = {row.id: dict(row._mapping) for row in self.session.execute(select(*columns))}
        for home, before in self.homes.items():
            if before and home in self.model.state.groups:
                assert rows[home] == before, "3: exactly as before the merge"

    def _changed(self, customer_id: int) -> None:
        """A home that somebody changed on purpose looks otherwise from now on."""
        if customer_id in self.homes:
            owner = next(p for p in self.model.people.values() if p.home == customer_id)
            is_alone = self.model.of(owner.id).id == customer_id
            self.homes[customer_id] = self._home_row(customer_id) if is_alone else {}

    def _home_row(self, home_id: int) -> dict[str, Any]:
        columns = _columns_of_home()
        found = self.session.execute(select(*columns).where(Customer.id == home_id))
        return dict(found.one()._mapping)

    def _log_replays(self, groups_now: dict[int, set[int]]) -> None:
        at = {person.id: person.home for person in self.model.people.values()}
        for event in self.session.scalars(select(MergeEvent).order_by(MergeEvent.id)):
            at.update({int(key): value for key, value in event.after["contacts"].items()})
        rebuilt: dict[int, set[int]] = {}
        for contact, customer in at.items():
            rebuilt.setdefault(customer, set()).add(contact)
        assert rebuilt == groups_now, "16"

    def _messages(self, wanted: dict[int, set[int]]) -> None:
        rows = self.session.execute(select(Message.id, Message.contact_id))
        assert {row[0]: row[1] for row in rows} == self.model.messages, "5"
        seen: list[int] = []
        for members in wanted.values():
            found = [m.id for m in timeline(self.session, members, limit=1000)]
            assert found == sorted(
                (m for m, c in self.model.messages.items() if c in members), reverse=True
            ), "5: one timeline, in order"
            seen += found
        assert sorted(seen) == sorted(self.model.messages), "5: on exactly one"

    def _profile_and_main(self, group: Any) -> None:
        customer = self.session.get_one(Customer, group.id)
        alive = [each for each in group.members if not self.model.people[each].is_erased]
        members = groups.members_of(self.session, group.id)
        found = shown_profiles.profile_of(self.session, customer, members)
        assert {f: (s.value, s.contact_id) for f, s in found.items()} == self.model.profile(
            group
        ), "14"
        for field in FIELDS:
            assert getattr(customer, field) == (found[field].value if field in found else ""), "14"
        way = main_channel.main_channel(self.session, customer)
        assert (way is None) == (not alive), "13"
        if way is not None and len(group.members) > 1:
            assert way.contact.id == group.main, "13: as chosen, or chosen again by the same rule"
        own = self.session.scalar(
            select(CustomerChoice).where(CustomerChoice.customer_id == group.id)
        )
        pins = own.pins if own else {}
        assert pins == group.pins, "4, 14: the pins"
        assert set(pins.values()) <= group.members, "14"

    def _consent_and_broadcast(self) -> None:
        wanted = set()
        for group in self.model.state.groups.values():
            is_silent = any(self.model.people[each].is_out for each in group.members)
            if is_silent or len(group.members) > 1:
                contact = self.session.get_one(Contact, max(group.members))
                assert has_opted_out(contact) == is_silent, "11"
            if not is_silent:
                wanted.add(group.id)
        found = recipients(self.session, list(self.model.state.leads))
        assert sorted(each.customer_id for each in found) == sorted(wanted), "11, 12"
        assert len({each.address for each in found}) == len(found), "12"

    # -- finding and refusing ---------------------------------------------------------------

    def _id(self, number: int) -> int:
        """Any customer id that was ever issued."""
        ids = sorted(self.model.state.leads)
        return ids[number % len(ids)]

    def _contact(self, number: int) -> int:
        return sorted(self.model.people)[number % len(self.model.people)]

    def _place(self, contact: int) -> int:
        return sorted(self.model.people).index(contact)

    def _alive(self) -> set[int]:
        return {i for i in self.model.state.groups if self.model.resolve(i) != GONE}

    def _last_event(self) -> int:
        found = self.session.scalar(select(MergeEvent.id).order_by(MergeEvent.id.desc()).limit(1))
        return found or 0

    def _refused(self, call: Callable[[], Any], kind: type[Refused] = Refused) -> None:
        """9. A refused call changes nothing, and says why."""
        before = self._dump()
        with pytest.raises(kind) as refused:
            call()
        assert refused.value.message
        assert self._dump() == before, "9"

    def _dump(self) -> list[Any]:
        """All that merging may write."""
        self.session.expire_all()
        tables = (Customer, Contact, CustomerChoice, MergeEvent)
        return [
            [
                tuple(str(getattr(row, column.name)) for column in table.__table__.columns)
                for row in self.session.scalars(select(table).order_by(table.id))
            ]
            for table in tables
        ]


def _columns_of_home() -> list[Any]:
    """All of a customer's row but the counter of its changes."""
    names = [column.name for column in Customer.__table__.columns if column.name != "version"]
    return [getattr(Customer, name) for name in names]


class _Enough(Exception):
    """The example is over: roll its transaction back."""


def _enough() -> None:
    raise _Enough


def _roll_back(kind: Any, error: Any, trace: Any) -> bool:
    return kind is _Enough
