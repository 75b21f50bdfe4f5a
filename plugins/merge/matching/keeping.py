"""Keeping keys and entries current, many contacts at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, func, select

from core.api import TenantSession, insert_unnamed
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.keys import keys_of
from plugins.merge.matching.models import MatchCrowd, MatchEntry, MatchKey
from plugins.merge.matching.reading import read_entries

MOST = {"p": 40, "m": 40, "n": 24, "t": 12, "l": 12, "i": 12, "w": 12, "a": 2}
"""Contacts that may share a key of each kind; from there on it is crowded and finds nobody."""
AT_ONCE = 500  # keys in one statement


def keep(session: TenantSession, contact_ids: Sequence[int]) -> dict[int, Entry]:
    """Write the keys and entries of contacts as they stand now; the entries that there are."""
    entries = read_entries(session, contact_ids)
    before = stored_entries(session, contact_ids)
    fresh: list[tuple[str, int]] = []
    for contact_id in sorted(set(contact_ids)):
        entry, old = entries.get(contact_id), before.get(contact_id)
        if entry == old:
            continue
        has = set(keys_of(entry)) if entry else set()
        had = set(keys_of(old)) if old else set()
        _drop(session, contact_id, had - has)
        fresh.extend((key, contact_id) for key in sorted(has - had))
        _store(session, contact_id, entry, is_known=old is not None)
    insert_unnamed(
        session,
        MatchKey,
        [{"key": key, "contact_id": contact_id} for key, contact_id in sorted(fresh)],
        skip_known=True,
    )
    note_crowds(session, {key for key, _ in fresh})
    return entries


def forget(session: TenantSession, contact_ids: Collection[int]) -> None:
    """Drop what is kept of contacts that were erased."""
    for contact_id, entry in stored_entries(session, contact_ids).items():
        _drop(session, contact_id, keys_of(entry))
        _store(session, contact_id, None, is_known=True)


def stored_entries(session: TenantSession, contact_ids: Iterable[int]) -> dict[int, Entry]:
    """What is kept of contacts."""
    rows = session.execute(
        select(MatchEntry.contact_id, MatchEntry.entry).where(
            MatchEntry.contact_id.in_(list(contact_ids))
        )
    )
    return {contact_id: Entry.of_stored(entry) for contact_id, entry in rows}


def note_crowds(session: TenantSession, keys: Collection[str]) -> None:
    """Mark those of the keys that more contacts have than are worth reading."""
    every = sorted(keys)
    for start in range(0, len(every), AT_ONCE):
        some = every[start : start + AT_ONCE]
        known = set(session.scalars(select(MatchCrowd.key).where(MatchCrowd.key.in_(some))))
        counted = session.execute(
            select(MatchKey.key, func.count())
            .where(MatchKey.key.in_([key for key in some if key not in known]))
            .group_by(MatchKey.key)
        )
        insert_unnamed(
            session,
            MatchCrowd,
            [{"key": key, "size": size} for key, size in counted if size > most(key)],
            skip_known=True,
        )


def most(key: str) -> int:
    """How many contacts may share this key."""
    return MOST.get(key[:1], 12)


def _drop(session: TenantSession, contact_id: int, keys: Collection[str]) -> None:
    if not keys:
        return
    session.execute(
        delete(MatchKey)
        .where(MatchKey.key.in_(sorted(keys)), MatchKey.contact_id == contact_id)
        .execution_options(synchronize_session=False)
    )


def _store(session: TenantSession, contact_id: int, entry: Entry | None, *, is_known: bool) -> None:
    if is_known:
        session.execute(
            delete(MatchEntry)
            .where(MatchEntry.contact_id == contact_id)
            .execution_options(synchronize_session=False)
        )
    if entry is not None:
        insert_unnamed(session, MatchEntry, [{"contact_id": contact_id, "entry": entry.stored()}])
