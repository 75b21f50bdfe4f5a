"""How a merged customer's profile chooses among its members' values (E11)."""

from __future__ import annotations

from core.api import Candidate, MergeRule


def _newest(candidate: Candidate) -> float:
    return candidate.updated_at.timestamp()


def _longest(candidate: Candidate) -> int:
    return len(candidate.value)


def _verified(candidate: Candidate) -> tuple[bool, bool]:
    """What a channel has proven, then what a person typed."""
    return candidate.is_verified, candidate.source == "person"


RULES = (
    MergeRule(name="newest", title="Newest", rank=_newest),
    MergeRule(name="longest", title="Longest", rank=_longest),
    MergeRule(name="verified", title="Verified first", rank=_verified),
)
