"""What a person decides about two contacts: one person, two persons, or later."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from core.api import Contact, Customer, MergeEvent, NotFound, Refused, TenantSession, groups, say
from plugins.merge.matching import queue
from plugins.merge.matching.current import current
from plugins.merge.matching.engine.weights import probability
from plugins.merge.matching.finding import Found, between
from plugins.merge.matching.models import MatchPair
from plugins.merge.matching.reading import read_entries
from plugins.merge.matching.suggesting import grade_of
from plugins.merge.models import ForbiddenPair
from plugins.merge.services import Preview, allow, merge, preview


@dataclass(frozen=True)
class Case:
    """Two contacts before a person: what speaks for them, and what merging would make."""

    one: Contact
    other: Contact
    likelihood: float
    evidence: list[str]
    preview: Preview

    @property
    def grade(self) -> str:
        """`sure`, `likely` or `possible`."""
        return grade_of(self.likelihood)


def case_of(session: TenantSession, contact_id: int, other_id: int) -> Case:
    """The case of two contacts, weighed as of now. NotFound; Refused for one customer's own."""
    one, other = _contact(session, contact_id), _contact(session, other_id)
    if one.customer_id == other.customer_id:
        raise Refused(say("These are one customer already."), "other")
    entries = read_entries(session, [contact_id, other_id])
    found: Found | None = None
    if len(entries) == 2:
        found = between(session, current(session), entries, one, other)
    main, joining = _main_first(session, one, other)
    return Case(
        one,
        other,
        probability(found.bits) if found else 0.0,
        list(found.evidence) if found else [],
        preview(session, main.id, [joining.id]),
    )


def same(session: TenantSession, contact_id: int, other_id: int, version: str) -> MergeEvent:
    """They are one person: merge their customers, as the preview `version` showed it."""
    case = case_of(session, contact_id, other_id)
    event = merge(
        session,
        case.preview.main.id,
        [each.id for each in case.preview.others],
        version=version,
        evidence=case.evidence,
    )
    queue.forget_pair(session, contact_id, other_id)
    return event


def not_same(session: TenantSession, contact_id: int, other_id: int) -> None:
    """They are two persons, with all the contacts that each is known to have. Remembered."""
    case = case_of(session, contact_id, other_id)
    queue.not_the_same(
        session,
        _members(session, case.one.customer_id),
        _members(session, case.other.customer_id),
        case.evidence,
    )


def later(session: TenantSession, contact_id: int, other_id: int) -> None:
    """Leave the pair for later. NotFound where it doesn't wait any more."""
    queue.skip(session, queue.waiting_pair(session, contact_id, other_id))


def revoke(session: TenantSession, pair_id: int) -> ForbiddenPair:
    """Two contacts may be one person after all: they are suggested again. NotFound."""
    pair = session.get(ForbiddenPair, pair_id)
    if pair is None or not allow(session, pair.contact_id, pair.other_id):
        raise NotFound(say("This is revoked already."))
    entries = read_entries(session, [pair.contact_id])
    queue.weigh(session, entries)
    return pair


def revoke_between(session: TenantSession, customer: Customer, other: Customer) -> int:
    """`revoke` for all contacts of two customers; how many pairs that were."""
    ours, theirs = _members(session, customer.id), _members(session, other.id)
    revoked = sum(allow(session, one, each) for one in ours for each in theirs)
    if revoked:
        queue.weigh(session, read_entries(session, ours))
    return revoked


def is_known(session: TenantSession, contact_id: int, other_id: int) -> bool:
    """Whether the pair waits in the queue."""
    found = select(MatchPair.id).where(*queue.is_pair(contact_id, other_id))
    return session.scalar(found) is not None


def _main_first(session: TenantSession, one: Contact, other: Contact) -> tuple[Customer, Customer]:
    """Whose customer goes on: the group, else the older one."""
    customers = [session.get_one(Customer, each.customer_id) for each in (one, other)]
    main, joining = sorted(customers, key=lambda each: (not each.is_group, each.id))
    return main, joining


def _contact(session: TenantSession, contact_id: int) -> Contact:
    contact = session.get(Contact, contact_id)
    if contact is None or contact.archived_at is not None:
        raise NotFound(say("There is no such contact."))
    return contact


def _members(session: TenantSession, customer_id: int) -> list[int]:
    return [contact.id for contact in groups.members_of(session, customer_id)]
