"""Who is behind the addresses of a run: `services.addresses` and `services.ignored` in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.events import ContactsLinked
from core.inbound import Address, IdentityKind, InboundMessage
from core.models import ChannelFilter, FieldSource
from core.phones import match_set
from core.services.receive_many.rows import CustomerRow, IdentityRow, PersonRow, known
from core.services.receive_many.run import Run, Unusual

_AFTER_ALL_STORED = 2**62


def find(run: Run, addresses: Sequence[Address]) -> IdentityRow | None:
    """The identity behind the first address that anybody has."""
    for address in addresses:
        identity = find_identity(run, address)
        if identity is not None:
            return identity
    return None


def find_identity(run: Run, address: Address) -> IdentityRow | None:
    """The identity of an address: exact, else the one spelling variant that exactly one has."""
    scope, kind, value = run.key_of(address)
    known = run.known.identities
    exact = known.get((scope, kind, value))
    if exact is not None or kind is not IdentityKind.PHONE:
        return exact
    variants = match_set(value)[1:]
    found = [row for each in variants if (row := known.get((scope, kind, each))) is not None]
    if len({row.person for row in found}) != 1:
        return None
    return min(found, key=lambda row: row.rank)


def add_missing(run: Run, person: PersonRow, addresses: Sequence[Address]) -> list[IdentityRow]:
    """Give `person` those of the addresses that nobody has; its identities for all of them."""
    kept = []
    for address in addresses:
        exact = run.known.identities.get(run.key_of(address))
        identity = exact or find_identity(run, address)
        if identity is None or (exact is None and identity.person is person):
            identity = _add(run, person, address)
        if identity.person is person:
            kept.append(identity)
        elif identity.person.customer is not person.customer:
            _tell_linked(run, person, identity.person)
    return kept


def _tell_linked(run: Run, person: PersonRow, other: PersonRow) -> None:
    run.events.append(
        lambda: ContactsLinked(
            contact_id=known(person.id), other_id=known(other.id), channel_id=run.line.channel_id
        )
    )


def _add(run: Run, person: PersonRow, address: Address) -> IdentityRow:
    key = run.key_of(address)
    rank = _AFTER_ALL_STORED + len(run.identities)
    identity = IdentityRow(None, person, *key, rank)
    run.known.identities[key] = identity
    run.identities.append(identity)
    if address.kind is IdentityKind.PHONE:
        person.numbers.append(address.value)
    return identity


def new_person(run: Run, item: InboundMessage) -> PersonRow:
    """A contact in a customer of its own, with what the message says of it."""
    phone = next((a.value for a in item.addresses if a.kind is IdentityKind.PHONE), "")
    email = next((a.value for a in item.addresses if a.kind is IdentityKind.EMAIL), "")
    name = (item.name if not item.is_echo else "")[:160]
    given = {"name": name, "phone": phone, "email": email}
    sources = {field: FieldSource.PROVIDER.value for field, value in given.items() if value}
    person = PersonRow(None, CustomerRow(None), name, phone, email, sources)
    run.people.append(person)
    return person


def learns_name(person: PersonRow, item: InboundMessage) -> bool:
    """Whether a message tells the name of somebody who had none. One taken away stays away."""
    is_kept_blank = person.sources.get("name") == FieldSource.PERSON.value
    return bool(item.name) and not person.name and not item.is_echo and not is_kept_blank


def learn_name(run: Run, person: PersonRow, item: InboundMessage) -> None:
    """Take the name. The profile of a group is computed from all its members: one by one."""
    if person.customer.is_group:
        raise Unusual
    person.name = item.name[:160]
    person.sources = {**person.sources, "name": FieldSource.PROVIDER.value}
    run.change(person)


def is_ignored(run: Run, item: InboundMessage, person: PersonRow | None) -> bool:
    """Whether the channel's filter leaves out who is behind the addresses (D13)."""
    line = run.line
    if line.filter is ChannelFilter.KNOWN:
        return person is None
    if line.filter is ChannelFilter.EXCEPT:
        numbers = {a.value for a in item.addresses if a.kind is IdentityKind.PHONE}
        numbers.update(person.numbers if person is not None else ())
        return any(not line.listed.isdisjoint(match_set(number)) for number in numbers)
    return False


def saw(run: Run, identity: IdentityRow, at: datetime) -> None:
    """An inbound message came from here: the address to answer."""
    if identity.last_inbound_at is None or identity.last_inbound_at < at:
        identity.last_inbound_at = at
        run.change(identity)
