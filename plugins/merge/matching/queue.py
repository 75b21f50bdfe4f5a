"""The review queue: pairs that may be one person, kept until somebody decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import aliased

from core.api import Contact, NotFound, TenantSession, insert_unnamed, now, say
from plugins.merge.matching.current import current
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.finding import Found, find
from plugins.merge.matching.models import MatchPair
from plugins.merge.matching.suggesting import allowed
from plugins.merge.models import ForbiddenPair
from plugins.merge.services.forbidden import NOT_SAME, forbid

MOST_COUNTED = 1000
"""Up to here the queue's length is told; above, "1,000+"."""


@dataclass(frozen=True)
class Waiting:
    """A pair to decide about, with both contacts."""

    pair: MatchPair
    one: Contact
    other: Contact


def weigh(session: TenantSession, entries: Mapping[int, Entry]) -> list[Found]:
    """Look for others of these contacts and keep what was found; the likeliest first."""
    rows = session.execute(
        select(Contact.id, Contact.customer_id).where(Contact.id.in_(list(entries)))
    )
    customers = {row.id: row.customer_id for row in rows}
    known = {contact_id: entry for contact_id, entry in entries.items() if contact_id in customers}
    found = allowed(session, find(session, current(session), known, at=customers))
    _keep(session, list(entries), found)
    return found


def forget_pairs(session: TenantSession, contact_ids: Collection[int]) -> None:
    """Drop the pairs of contacts."""
    session.execute(
        delete(MatchPair)
        .where(or_(MatchPair.contact_id.in_(contact_ids), MatchPair.other_id.in_(contact_ids)))
        .execution_options(synchronize_session=False)
    )


def waiting(session: TenantSession, limit: int = 1) -> list[Waiting]:
    """The next pairs to decide about: the likeliest first, skipped ones last."""
    one, other = aliased(Contact), aliased(Contact)
    every = _open(select(MatchPair, one, other), one, other)
    # apart: sorted together, they would be read whole for the first one
    fresh = every.where(MatchPair.skipped_at.is_(None)).order_by(
        MatchPair.bits.desc(), MatchPair.id
    )
    found = session.execute(fresh.limit(limit)).all()
    if len(found) < limit:
        skipped = every.where(MatchPair.skipped_at.is_not(None)).order_by(
            MatchPair.skipped_at, MatchPair.id
        )
        found = [*found, *session.execute(skipped.limit(limit - len(found)))]
    return [Waiting(*row) for row in found]


def length(session: TenantSession) -> int:
    """How many pairs wait, counted up to 1,001."""
    one, other = aliased(Contact), aliased(Contact)
    some = _open(select(MatchPair.id), one, other).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def waiting_pair(session: TenantSession, contact_id: int, other_id: int) -> Waiting:
    """A pair that still waits. NotFound for one that was decided, by whomever."""
    one, other = aliased(Contact), aliased(Contact)
    row = session.execute(
        _open(select(MatchPair, one, other), one, other).where(*is_pair(contact_id, other_id))
    ).first()
    if row is None:
        raise NotFound(say("Somebody has decided about this pair already."))
    return Waiting(*row)


def is_pair(contact_id: int, other_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions of the row of two contacts, in whatever order they are named."""
    low, high = sorted((contact_id, other_id))
    return MatchPair.contact_id == low, MatchPair.other_id == high


def forget_pair(session: TenantSession, contact_id: int, other_id: int) -> None:
    """Drop one pair: it is decided."""
    session.execute(
        delete(MatchPair)
        .where(*is_pair(contact_id, other_id))
        .execution_options(synchronize_session=False)
    )


def skip(session: TenantSession, waiting: Waiting) -> None:
    """Leave a pair for later: it goes to the end of the queue."""
    waiting.pair.skipped_at = now()
    session.flush()


def not_the_same(
    session: TenantSession, ones: Collection[int], others: Collection[int], evidence: Sequence[str]
) -> None:
    """Remember that two customers, by all their contacts, are two persons; with what spoke for it.

    The machine neither merges nor suggests them any more, until that is revoked.
    """
    for one in ones:
        for other in others:
            forbid(session, one, other, NOT_SAME, evidence)
    session.execute(
        delete(MatchPair)
        .where(
            or_(
                MatchPair.contact_id.in_(ones) & MatchPair.other_id.in_(others),
                MatchPair.contact_id.in_(others) & MatchPair.other_id.in_(ones),
            )
        )
        .execution_options(synchronize_session=False)
    )


def settle(session: TenantSession) -> None:
    """Drop pairs that are decided: merged meanwhile, archived, or not the same person."""
    one, other = aliased(Contact), aliased(Contact)
    open_ids = _open(select(MatchPair.id), one, other)
    session.execute(
        delete(MatchPair)
        .where(MatchPair.id.not_in(open_ids))
        .execution_options(synchronize_session=False)
    )


def _open(statement: Any, one: Any, other: Any) -> Any:
    """Pairs of two living customers that nobody took apart."""
    apart = select(ForbiddenPair.id).where(
        ForbiddenPair.contact_id == MatchPair.contact_id,
        ForbiddenPair.other_id == MatchPair.other_id,
        ForbiddenPair.revoked_at.is_(None),
    )
    return (
        statement.join(one, one.id == MatchPair.contact_id)
        .join(other, other.id == MatchPair.other_id)
        .where(
            one.customer_id != other.customer_id,
            one.archived_at.is_(None),
            other.archived_at.is_(None),
            ~apart.exists(),
        )
    )


def _keep(session: TenantSession, contact_ids: Sequence[int], found: Sequence[Found]) -> None:
    """Make the stored pairs of these contacts what was found just now."""
    best: dict[tuple[int, int], Found] = {}
    for each in found:
        best.setdefault(each.pair, each)
    stored = session.scalars(
        select(MatchPair).where(
            or_(MatchPair.contact_id.in_(contact_ids), MatchPair.other_id.in_(contact_ids))
        )
    )
    for pair in stored:
        now_found = best.pop((pair.contact_id, pair.other_id), None)
        if now_found is None:
            session.delete(pair)
            continue
        if pair.evidence != list(now_found.evidence):
            pair.evidence = list(now_found.evidence)
        if abs(pair.bits - now_found.bits) > 0.01:
            pair.bits = now_found.bits
    session.flush()
    insert_unnamed(
        session,
        MatchPair,
        [
            {
                "contact_id": one,
                "other_id": other,
                "bits": each.bits,
                "evidence": list(each.evidence),
            }
            for (one, other), each in sorted(best.items())
        ],
        skip_known=True,
    )
