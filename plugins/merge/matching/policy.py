"""Merging without a person: only what can't be wrong, and only where the tenant asked for it.

Off by default. Two contacts merge by themselves where a channel has verified the same mailbox for
both, or the same number and two words of the name agree; where at most four contacts have that
address; where no member of the one has a name that contradicts a member of the other's; and where
nobody said, or showed by unmerging, that they are two persons. Whatever is shared by more, or read
by a role, only ever suggests.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from core.api import Conflict, Contact, MergeEvent, Refused, TenantSession
from plugins.merge.matching.contacts import CONTACTS, NAME
from plugins.merge.matching.engine.words import Words
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.finding import Found
from plugins.merge.matching.mailboxes import is_role
from plugins.merge.matching.models import MatchKey
from plugins.merge.matching.reading import read_entries
from plugins.merge.matching.weighing import is_verified_on_both
from plugins.merge.services import forbidden_between, merge

MOST_SHARING = 4
"""Contacts that may have the address: with more, it is a family's, a shop's or an office's."""
WORDS = 2
"""Words of the name that must agree beside a number."""


def merge_what_is_certain(session: TenantSession, found: list[Found]) -> list[MergeEvent]:
    """Merge those of the pairs that the policy calls certain."""
    merged = []
    for each in found:
        event = _merge(session, each)
        if event is not None:
            merged.append(event)
    return merged


def certain_by(session: TenantSession, one: Entry, other: Entry) -> list[str]:
    """The codes that make a pair certain, without looking at who else they are merged with."""
    codes = []
    for mailbox in is_verified_on_both(one.mailboxes, other.mailboxes):
        if not is_role(mailbox) and _sharing(session, f"m:{mailbox}") <= MOST_SHARING:
            codes.append("same_mailbox")
    for number in is_verified_on_both(one.phones, other.phones):
        if _agreeing(one, other) >= WORDS and _sharing(session, f"p:{number}") <= MOST_SHARING:
            codes.append("same_number")
    return sorted(set(codes))


def contradict(one: Entry, other: Entry) -> bool:
    """Whether two names can't be one person's: each has a word that the other has no match for."""
    if not (one.words and other.words):
        return False
    _, (_, _, against) = _names().pair(one.words, other.words)
    return against > 0


def _merge(session: TenantSession, found: Found) -> MergeEvent | None:
    here = session.get(Contact, found.contact_id)
    there = session.get(Contact, found.other_id)
    if here is None or there is None:
        return None
    session.refresh(here, ["customer_id"])
    session.refresh(there, ["customer_id"])
    if here.customer_id == there.customer_id:
        return None
    ours, theirs = (_members(session, each.customer_id) for each in (here, there))
    one, other = ours.get(here.id, Entry()), theirs.get(there.id, Entry())
    codes = certain_by(session, one, other)
    if not codes or _members_contradict(ours, theirs):
        return None
    if forbidden_between(session, list(ours), list(theirs)):
        return None
    main, joining = sorted((here.customer_id, there.customer_id))
    try:
        with session.begin_nested():
            return merge(
                session,
                main,
                [joining],
                evidence=[*codes, *_beside(found, codes)],
                is_automatic=True,
            )
    except (Refused, Conflict):
        return None  # too many, archived, or somebody was quicker: it stays a suggestion


def _beside(found: Found, codes: list[str]) -> list[str]:
    return [code for code in found.evidence if code not in codes]


def _members(session: TenantSession, customer_id: int) -> dict[int, Entry]:
    """All contacts of a customer as they stand now, archived ones too."""
    ids = session.scalars(select(Contact.id).where(Contact.customer_id == customer_id)).all()
    found = read_entries(session, ids, archived=True)
    return {contact_id: found.get(contact_id, Entry()) for contact_id in ids}


def _members_contradict(ours: Mapping[int, Entry], theirs: Mapping[int, Entry]) -> bool:
    return any(contradict(one, other) for one in ours.values() for other in theirs.values())


def _agreeing(one: Entry, other: Entry) -> int:
    same, (_, alike, _) = _names().pair(one.words, other.words)
    return len(same) + alike


def _sharing(session: TenantSession, key: str) -> int:
    """How many contacts have an address, archived ones too."""
    return session.scalar(select(func.count()).where(MatchKey.key == key)) or 0


def _names() -> Words:
    names = CONTACTS.fields[NAME].by
    assert isinstance(names, Words)  # noqa: S101 - for the type checker
    return names
