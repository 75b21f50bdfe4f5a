"""Pairs that the machine may neither merge nor suggest, for good; a person may (E12)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import product

from sqlalchemy import ColumnElement, or_, select

from core.api import TenantSession, current_actor, now
from plugins.merge.models import ForbiddenPair

UNMERGE, UNDO, NOT_SAME = "unmerge", "undo", "not_same"


def forbid(
    session: TenantSession,
    contact_id: int,
    other_id: int,
    source: str = NOT_SAME,
    evidence: Sequence[str] = (),
) -> ForbiddenPair:
    """Remember that two contacts are not the same person; what spoke for it is kept as codes.

    Said again, the newest word counts: a revoked pair is forbidden anew.
    """
    return forbid_between(session, [contact_id], [other_id], source, evidence)[0]


def forbid_between(
    session: TenantSession,
    contact_ids: Iterable[int],
    other_ids: Iterable[int],
    source: str,
    evidence: Sequence[str] = (),
) -> list[ForbiddenPair]:
    """`forbid` for each of the first with each of the others."""
    pairs = {_ordered(one, other) for one, other in product(contact_ids, other_ids) if one != other}
    known = {
        (pair.contact_id, pair.other_id): pair
        for pair in session.scalars(select(ForbiddenPair).where(_among(pairs)))
    }
    actor = current_actor().name[:80]
    found = []
    for first, second in sorted(pairs):
        pair = known.get((first, second))
        if pair is None:
            pair = ForbiddenPair(contact_id=first, other_id=second)
            session.add(pair)
        if pair.source != NOT_SAME or pair.revoked_at is not None:  # a person's word stays
            pair.source = source
        pair.evidence = list(evidence) or list(pair.evidence or ())
        pair.actor, pair.at, pair.revoked_at = actor, now(), None
        found.append(pair)
    session.flush()
    return found


def allow(session: TenantSession, contact_id: int, other_id: int) -> bool:
    """Revoke: the pair may be suggested again. Whether there was anything to revoke."""
    pair = session.scalar(select(ForbiddenPair).where(_among({_ordered(contact_id, other_id)})))
    if pair is None or pair.revoked_at is not None:
        return False
    pair.revoked_at = now()
    session.flush()
    return True


def forbidden_between(
    session: TenantSession, contact_ids: Collection[int], other_ids: Collection[int]
) -> set[tuple[int, int]]:
    """The forbidden pairs, lower id first, between two sets of contacts."""
    first, second = set(contact_ids), set(other_ids)
    rows = session.execute(
        select(ForbiddenPair.contact_id, ForbiddenPair.other_id).where(
            ForbiddenPair.revoked_at.is_(None),
            or_(
                ForbiddenPair.contact_id.in_(first) & ForbiddenPair.other_id.in_(second),
                ForbiddenPair.contact_id.in_(second) & ForbiddenPair.other_id.in_(first),
            ),
        )
    )
    return {(first_id, second_id) for first_id, second_id in rows}


def of(session: TenantSession, contact_ids: Collection[int]) -> list[ForbiddenPair]:
    """What is forbidden to these contacts and not revoked, the newest first."""
    return list(
        session.scalars(
            select(ForbiddenPair)
            .where(
                ForbiddenPair.revoked_at.is_(None),
                or_(
                    ForbiddenPair.contact_id.in_(contact_ids),
                    ForbiddenPair.other_id.in_(contact_ids),
                ),
            )
            .order_by(ForbiddenPair.at.desc(), ForbiddenPair.id.desc())
        )
    )


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _among(pairs: Collection[tuple[int, int]]) -> ColumnElement[bool]:
    return or_(
        *(
            (ForbiddenPair.contact_id == first) & (ForbiddenPair.other_id == second)
            for first, second in pairs
        ),
        ForbiddenPair.id.is_(None),
    )
