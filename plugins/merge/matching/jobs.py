"""The background work of matching: keeping up with contacts, rebuilding, and the nights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.api import (
    Contact,
    ContactChanged,
    ContactCreated,
    ContactErased,
    ContactsLinked,
    ConversationOpened,
    Handler,
    JobSpec,
    Periodic,
    TenantSession,
    enqueue,
    job,
    periodic,
)
from plugins.merge.matching import automatic, keeping, links, queue
from plugins.merge.matching.crowds import recount
from plugins.merge.matching.current import current
from plugins.merge.matching.digest import announce, digest
from plugins.merge.matching.estimating import learn

AT_ONCE = 300
"""Contacts in one transaction of a rebuild."""
LANE = "merge.rebuild"
KEYS, PAIRS = "keys", "pairs"
TELLING = frozenset({"name", "phone", "email"})
"""Fields of a contact that matching looks at."""


@job("merge.match", queue="bulk", batch=True)
def match(session: TenantSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Keep the keys of contacts and look for who else they may be."""
    ids = sorted({payload["contact_id"] for payload in payloads})
    look(session, ids)


def look(session: TenantSession, contact_ids: Sequence[int]) -> None:
    """`match` by ids; merges what is certain where the tenant switched that on."""
    entries = keeping.keep(session, contact_ids)
    gone = [contact_id for contact_id in contact_ids if contact_id not in entries]
    if gone:
        queue.forget_pairs(session, gone)
    merged = automatic.merge_where_on(session, queue.weigh(session, entries))
    announce(session, len(merged))


@job("merge.rebuild", queue="bulk")
def rebuild(session: TenantSession, payload: Mapping[str, Any]) -> None:
    """One step: the keys or the pairs of the next contacts; then it calls the following one."""
    step, after = payload["step"], payload["after"]
    ids = session.scalars(
        select(Contact.id).where(Contact.id > after).order_by(Contact.id).limit(AT_ONCE)
    ).all()
    if ids and step == KEYS:
        keeping.keep(session, ids)
    elif ids:
        look(session, ids)
    if len(ids) == AT_ONCE:
        _go_on(session, step, ids[-1])
    elif step == KEYS:
        _learn(session)
        _go_on(session, PAIRS, 0)
    else:
        queue.settle(session)


def start_rebuild(session: TenantSession) -> None:
    """Read all contacts anew, estimate, and look for pairs; safe while people work."""
    _go_on(session, KEYS, 0)


@job("merge.begin", queue="bulk", at_switch_on=True)
def begin(session: TenantSession, payload: Mapping[str, Any]) -> None:
    """Switched on: compare those who were there before."""
    start_rebuild(session)


@periodic("merge.nightly", "20 19 * * *", queue="bulk")
def nightly(session: TenantSession, payload: Mapping[str, Any]) -> None:
    """At night in Indonesia, evening in Romania: learn anew, then weigh every contact again."""
    start_rebuild(session)


def _learn(session: TenantSession) -> None:
    recount(session)
    learn(session)
    current(session, fresh=True)


def _go_on(session: TenantSession, step: str, after: int) -> None:
    enqueue(session, "merge.rebuild", {"step": step, "after": after}, lane=LANE)


def _ask(session: TenantSession, contact_id: int) -> None:
    enqueue(session, "merge.match", {"contact_id": contact_id}, lane=f"merge.match:{contact_id}")


def _created(session: TenantSession, event: ContactCreated) -> None:
    _ask(session, event.contact_id)


def _changed(session: TenantSession, event: ContactChanged) -> None:
    if TELLING.intersection(event.fields):
        _ask(session, event.contact_id)


def _opened(session: TenantSession, event: ConversationOpened) -> None:
    if not event.is_reopened:  # a channel has just verified an address of theirs
        _ask(session, event.contact_id)


def _linked(session: TenantSession, event: ContactsLinked) -> None:
    if links.remember(session, event.contact_id, event.other_id):
        look(session, sorted((event.contact_id, event.other_id)))


def _erased(session: TenantSession, event: ContactErased) -> None:
    others = links.forget(session, event.contact_id)
    keeping.forget(session, [event.contact_id])
    queue.forget_pairs(session, [event.contact_id])
    keeping.keep(session, others)


JOBS: tuple[JobSpec | Periodic, ...] = (match, rebuild, begin, nightly, digest)
HANDLERS: tuple[Handler[Any], ...] = (
    Handler(event=ContactCreated, run=_created),
    Handler(event=ContactChanged, run=_changed),
    Handler(event=ConversationOpened, run=_opened),
    Handler(event=ContactsLinked, run=_linked),
    Handler(event=ContactErased, run=_erased),
)
