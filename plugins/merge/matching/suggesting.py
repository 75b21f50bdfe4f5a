"""Suggestions: who else a customer may be, with what speaks for it (E12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.api import Customer, TenantSession
from plugins.merge.matching.current import current
from plugins.merge.matching.engine.weights import probability
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.finding import Found, find
from plugins.merge.matching.look_up import apart_from, entries_of
from plugins.merge.matching.reading import read_entries

MOST = 5
"""Customers suggested beside one."""
SURE, LIKELY = 0.99, 0.85


@dataclass(frozen=True)
class Suggestion:
    """A customer that may be the same person. `likelihood` is 0 to 1; `evidence` holds codes.

    `contact_id` and `other_id` are the two contacts that look most alike.
    """

    customer_id: int
    name: str
    phone: str
    email: str
    likelihood: float
    evidence: tuple[str, ...]
    contact_id: int
    other_id: int

    @property
    def grade(self) -> str:
        """`sure`, `likely` or `possible`."""
        return grade_of(self.likelihood)

    def as_json(self) -> dict[str, Any]:
        """For REST."""
        return {
            "customer_id": self.customer_id,
            "name": self.name,
            "phone": self.phone,
            "email": self.email,
            "likelihood": round(self.likelihood, 4),
            "grade": self.grade,
            "evidence": list(self.evidence),
            "contact_id": self.contact_id,
            "other_contact_id": self.other_id,
        }


def grade_of(likelihood: float) -> str:
    """A likelihood in one of three words."""
    if likelihood >= SURE:
        return "sure"
    return "likely" if likelihood >= LIKELY else "possible"


def suggestions(session: TenantSession, customer: Customer) -> list[Suggestion]:
    """Up to five other customers, the likeliest first. Pairs that are not the same are left out."""
    entries = _entries_of(session, customer.id)
    if not entries:
        return []
    at = dict.fromkeys(entries, customer.id)
    found = allowed(session, find(session, current(session), entries, at=at))
    best: dict[int, Found] = {}
    for each in found:  # the likeliest pair of each customer stands for it
        best.setdefault(each.customer_id, each)
    return [_suggestion(each) for each in list(best.values())[:MOST]]


def allowed(session: TenantSession, found: list[Found]) -> list[Found]:
    """Without those that somebody said are not the same person."""
    if not found:
        return []
    apart = apart_from(session, {each.contact_id for each in found})
    return [each for each in found if each.pair not in apart]


def _entries_of(session: TenantSession, customer_id: int) -> dict[int, Entry]:
    """The entries of a customer's contacts; one that nobody has kept yet is read afresh."""
    kept = entries_of(session, customer_id)
    entries = {key: Entry.of_stored(entry) for key, entry in kept.items() if entry is not None}
    if len(entries) < len(kept):
        entries.update(read_entries(session, [each for each in kept if each not in entries]))
    return entries


def _suggestion(found: Found) -> Suggestion:
    return Suggestion(
        customer_id=found.customer_id,
        name=found.name,
        phone=found.phone,
        email=found.email,
        likelihood=probability(found.bits),
        evidence=found.evidence,
        contact_id=found.contact_id,
        other_id=found.other_id,
    )
