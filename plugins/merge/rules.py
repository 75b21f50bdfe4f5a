"""How a merged customer's profile chooses among its members' values (E11)."""

from __future__ import annotations

from core.api import FieldCandidate, MergeRule


def _newest(candidate: FieldCandidate) -> float:
    return candidate.updated_at.timestamp()


def _longest(candidate: FieldCandidate) -> int:
    return len(candidate.value)


def _verified(candidate: FieldCandidate) -> tuple[bool, bool]:
    """What a channel has proven, then what a person typed."""
    return candidate.is_verified, candidate.source == "person"


RULES = (
    MergeRule(name="newest", title="Newest", rank=_newest),
    MergeRule(name="longest", title="Longest", rank=_longest),
    MergeRule(name="verified", title="Verified first", rank=_verified),
)
