"""What merging means, in plain Python: the oracle of the state machine. No tables, no services."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from itertools import product

MOST = 11
GONE = -1


@dataclass
class Person:
    """A contact."""

    id: int
    home: int
    name: str
    phone: str
    email: str
    verified: frozenset[str]
    heard: float = 0.0
    is_out: bool = False
    is_erased: bool = False


@dataclass
class Group:
    """A living customer: a home or a group."""

    id: int
    members: set[int]
    main: int
    pins: dict[str, int] = field(default_factory=dict)


@dataclass
class Event:
    """What an event did to the whole, before and after."""

    id: int
    kind: str
    before: State
    after: State
    contacts: set[int]
    is_undone: bool = False


@dataclass
class State:
    """Who belongs together, and where every id that was ever issued leads."""

    groups: dict[int, Group] = field(default_factory=dict)
    leads: dict[int, int] = field(default_factory=dict)


@dataclass
class Model:
    """The whole of it."""

    people: dict[int, Person] = field(default_factory=dict)
    state: State = field(default_factory=State)
    forbidden: set[tuple[int, int]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    messages: dict[int, int] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        self.people[person.id] = person
        self.state.groups[person.home] = Group(person.home, {person.id}, person.id)
        self.state.leads[person.home] = person.home

    def resolve(self, customer_id: int) -> int:
        """The living customer, or GONE."""
        for _ in range(1000):
            further = self.state.leads[customer_id]
            if further == GONE:
                return GONE
            if further == customer_id:
                members = self.state.groups[customer_id].members
                return GONE if all(self.people[m].is_erased for m in members) else customer_id
            customer_id = further
        raise AssertionError("a redirect that goes round")

    def of(self, contact: int) -> Group:
        return next(g for g in self.state.groups.values() if contact in g.members)

    def may_merge(self, main: int, others: list[int], *, automatic: bool = False) -> bool:
        ids = [self.resolve(each) for each in (main, *others)]
        if GONE in ids or not others or ids[0] in ids[1:]:
            return False
        sides = [self.state.groups[each].members for each in dict.fromkeys(ids)]
        if sum(map(len, sides)) > MOST:
            return False
        return not automatic or not any(
            pair(a, b) in self.forbidden
            for place, side in enumerate(sides)
            for other in sides[place + 1 :]
            for a, b in product(side, other)
        )

    def merge(self, main: int, others: list[int], group_id: int, event_id: int) -> None:
        before = deepcopy(self.state)
        ids = list(dict.fromkeys(self.resolve(each) for each in (main, *others)))
        groups = [self.state.groups.pop(each) for each in ids]
        members = set().union(*(group.members for group in groups))
        for each in ids:
            self.state.leads[each] = group_id
        self.state.leads[group_id] = group_id
        first = groups[0]
        self.state.groups[group_id] = Group(group_id, members, first.main, dict(first.pins))
        self._log(event_id, "merge", before, members)

    def expected_group(self, main: int, others: list[int], homes: set[int]) -> int | None:
        """The id that must survive; None: a new one."""
        ids = [self.resolve(each) for each in (main, *others)]
        return next((each for each in ids if each not in homes), None)

    def unmerge(self, contact: int, event_id: int, *, forbids: bool = True) -> None:
        before = deepcopy(self.state)
        group = self.of(contact)
        everybody = set(group.members)
        group.members.discard(contact)
        if forbids:
            self.forbidden |= {pair(contact, other) for other in group.members}
        self._home(contact)
        if len(group.members) == 1:
            (last,) = group.members
            del self.state.groups[group.id]
            self._home(last)
            self.state.leads[group.id] = self.people[last].home
        else:
            if group.main == contact:
                group.main = self.best(group.members)
            group.pins = {f: c for f, c in group.pins.items() if c in group.members}
        self._log(event_id, "unmerge", before, everybody)

    def best(self, members: set[int]) -> int:
        """Heard from last, then the oldest."""
        return min(members, key=lambda each: (-self.people[each].heard, each))

    def may_undo(self, event: Event) -> bool:
        if event.is_undone or event.kind not in ("merge", "unmerge"):
            return False
        if any(self.people[each].is_erased for each in event.contacts):
            return False
        now, then = self.state, event.after
        for contact in event.contacts:
            at = next(g for g in then.groups.values() if contact in g.members)
            here = now.groups.get(at.id)
            if here is None or here.members != at.members:
                return False
        touched = {*self._owners(event.before, event), *self._owners(event.after, event)}
        return all(now.leads[each] == then.leads[each] for each in touched)

    def undo(self, event: Event, event_id: int) -> None:
        before = deepcopy(self.state)
        if event.kind == "merge":
            sides = [g.members for g in event.before.groups.values() if g.members & event.contacts]
            self.forbidden |= {
                pair(a, b)
                for place, side in enumerate(sides)
                for other in sides[place + 1 :]
                for a, b in product(side, other)
            }
        for each in self._owners(event.after, event):
            del self.state.groups[each]
            self.state.leads[each] = GONE
        for each in self._owners(event.before, event):
            self.state.groups[each] = deepcopy(event.before.groups[each])
            self.state.leads[each] = each
        for each in event.before.leads.keys() & event.after.leads.keys():
            if event.before.leads[each] != event.after.leads[each]:
                self.state.leads[each] = event.before.leads[each]
        event.is_undone = True
        self._log(event_id, "undo", before, event.contacts)

    def _owners(self, state: State, event: Event) -> list[int]:
        return [g.id for g in state.groups.values() if g.members & event.contacts]

    def _home(self, contact: int) -> None:
        home = self.people[contact].home
        kept = next(
            (
                event.before.groups[home].pins
                for event in reversed(self.events)
                if home in event.before.groups and home not in event.after.groups
            ),
            {},
        )
        self.state.groups[home] = Group(home, {contact}, contact, dict(kept))
        self.state.leads[home] = home

    def _log(self, event_id: int, kind: str, before: State, contacts: set[int]) -> None:
        after = deepcopy(self.state)
        self.events.append(Event(event_id, kind, before, after, set(contacts)))

    def profile(self, group: Group) -> dict[str, tuple[str, int]]:
        """field → (value, whose): pins, then longest name, verified address; ties: main, oldest."""
        shown = {}
        for field_name in ("name", "phone", "email"):
            having = [
                self.people[each]
                for each in sorted(group.members, key=lambda c: (c != group.main, c))
                if getattr(self.people[each], field_name)
            ]
            if not having:
                continue
            best = max(having, key=lambda each: _rank(each, field_name))  # the first of equals
            if len(group.members) > 1:
                pinned = [p for p in having if p.id == group.pins.get(field_name)]
                best = pinned[0] if pinned else best
            shown[field_name] = (getattr(best, field_name), best.id)
        return shown


def _rank(person: Person, field_name: str) -> int:
    return len(person.name) if field_name == "name" else int(field_name in person.verified)


def pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
