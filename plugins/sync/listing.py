"""Reading a device: every row is hashed, and only what the device has not said before is staged.

Unchanged rows touch the database as one aggregated text of hashes and are neither parsed nor
written: they cost a hash each and, page by page, two operations on sets. The device is read outside
any transaction; what is new goes in by small ones. A process that dies leaves staged rows behind,
and the attempt after it begins with those of its run dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import undefer

from core.api import (
    FetchesContacts,
    OutcomeUnknown,
    Refused,
    RetryAt,
    SendFailed,
    TenantSession,
    insert_unnamed,
    line_of,
)
from plugins.sync import devices, runs
from plugins.sync.files import read_file
from plugins.sync.models import Device, Entry, Run, RunState, Staged, Upload
from plugins.sync.rows import (
    Row,
    digest_of_listed,
    digest_of_row,
    key_of_listed,
    key_of_row,
    row_of,
)

STAGED_AT_ONCE = 2000
DIGEST_CHARACTERS = 32


@dataclass(frozen=True)
class Source:
    """How a device is read: its pages, and what to make of an entry of them."""

    pages: Callable[[], Iterable[Sequence[Any]]]
    digest: Callable[[Any], str]
    key: Callable[[Any], str]
    row: Callable[[Any], Row]
    is_whole: bool = True
    """Whether what isn't listed is gone from the device."""


@dataclass
class Listing:
    """What reading one device needs, outside any transaction."""

    database: Any
    tenant_id: int
    device_id: int
    run_id: int
    at: datetime
    source: Source

    def session(self, *, write: bool) -> Any:
        return self.database.tenant(self.tenant_id, write=write)


@dataclass
class Listed:
    """What reading came to."""

    count: int = 0
    gone: set[str] = field(default_factory=set)


class ListDevice:
    """The job that reads a device. A list may be asked for twice: it is a GET."""

    timeout = 900.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Listing | None:
        """Drop what an earlier attempt staged; None where the run has ended."""
        run = session.get(Run, payload["run_id"])
        if run is None or run.state is not RunState.LISTING:
            return None
        device = session.get_one(Device, run.device_id)
        session.execute(
            delete(Staged)
            .where(Staged.device_id == device.id, Staged.run_id.is_not(None))
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(Staged)
            .where(Staged.device_id == device.id, Staged.run_id.is_(None))
            .values(run_id=run.id)
            .execution_options(synchronize_session=False)
        )
        session.execute(  # a file that nobody brought in gives way to a newer one of its list
            delete(Upload)
            .where(Upload.device_id == device.id, Upload.run_id.is_distinct_from(run.id))
            .execution_options(synchronize_session=False)
        )
        try:
            source = _source(session, device, run)
        except Refused as refused:
            runs.fail(session, run, refused.message, is_final=True)
            return None
        return Listing(session.database, session.tenant_id, device.id, run.id, run.begun_at, source)

    def call(self, listing: Listing) -> Listed:
        """Read all of it, and stage what is new as it comes."""
        return read(listing)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], listing: Listing, listed: Listed
    ) -> None:
        """The list is whole: work on what is staged."""
        run = session.get_one(Run, listing.run_id)
        if run.state is not RunState.LISTING:
            return
        counted = select(func.count()).where(Staged.run_id == run.id)
        run.total = session.scalar(counted) or 0
        run.listed = listed.count if listing.source.is_whole else run.total
        run.state = RunState.APPLYING
        if run.total:
            runs.next_step(session, run)
            devices.tell_pages(session, session.get_one(Device, run.device_id), run)
        else:
            runs.finish(session, run)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], listing: Listing, error: Exception
    ) -> RetryAt | None:
        """Again where that may help; a device that is logged out isn't asked again."""
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, str(error))
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(None, error.reason)
        if isinstance(error, SendFailed):
            is_final = error.error_class == "channel"
            runs.fail(
                session, runs.run_of(session, listing.run_id), error.reason, is_final=is_final
            )
            return None
        return RetryAt()


def read(listing: Listing) -> Listed:
    """Read the device page by page."""
    with listing.session(write=False) as session:
        known = known_digests(session, listing.device_id)
    listed = Listed()
    source = listing.source
    seen: set[str] = set()
    staged: set[str] = set()
    waiting: list[dict[str, Any]] = []
    for page in source.pages():
        digests = list(map(source.digest, page))
        for new in _places_of_new(digests, known, seen):
            key = source.key(page[new])
            if key in staged:
                continue
            staged.add(key)
            said = source.row(page[new]).said()
            waiting.append(_staged(listing, len(staged), key, digests[new], said))
            if len(waiting) == STAGED_AT_ONCE:
                _stage(listing, waiting)
                waiting = []
        seen.update(digests)
    _stage(listing, waiting)
    listed.count = len(seen)
    if source.is_whole:
        _stage_removals(listing, known - seen, staged)
    return listed


def _places_of_new(digests: Sequence[str], known: set[str], seen: set[str]) -> Sequence[int]:
    """Where in a page entries stand that are neither known nor were seen before."""
    if known.issuperset(digests):
        return ()
    return [
        place for place, digest in enumerate(digests) if digest not in known and digest not in seen
    ]


def known_digests(session: TenantSession, device_id: int) -> set[str]:
    """The hashes of all that a device has said, as one text: fetched row by row they'd take ten
    times as long."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    together = (
        func.group_concat(Entry.digest, "") if is_sqlite else func.string_agg(Entry.digest, "")
    )
    statement = select(together).where(Entry.device_id == device_id, Entry.is_gone.is_(False))
    text: str = session.scalar(statement) or ""
    size = DIGEST_CHARACTERS
    return {text[start : start + size] for start in range(0, len(text), size)}


def _source(session: TenantSession, device: Device, run: Run) -> Source:
    """How the device is read. Refused: it can't be."""
    if device.channel_id is None:
        upload = session.scalars(
            select(Upload).where(Upload.run_id == run.id).options(undefer(Upload.content))
        ).one()
        content, kind = upload.content, upload.format
        columns, has_header = list(upload.columns), upload.has_header
        return Source(
            lambda: _paged(read_file(content, kind, columns, has_header)),
            digest_of_row,
            key_of_row,
            _itself,
        )
    channel = devices.channel_of(session, device.channel_id)
    line = line_of(session, channel)
    if not isinstance(line.adapter, FetchesContacts):
        return Source(lambda: (), digest_of_listed, key_of_listed, row_of, is_whole=False)
    adapter = cast(FetchesContacts, line.adapter)
    return Source(
        lambda: adapter.fetch_contacts(line.account, line.http),
        digest_of_listed,
        key_of_listed,
        row_of,
    )


def _paged(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while page := list(islice(waiting, STAGED_AT_ONCE)):
        yield page


def _itself(row: Row) -> Row:
    return row


def _staged(
    listing: Listing,
    position: int,
    key: str,
    digest: str,
    said: dict[str, Any],
    *,
    is_removal: bool = False,
) -> dict[str, Any]:
    return {
        "device_id": listing.device_id,
        "run_id": listing.run_id,
        "position": position,
        "key": key,
        "digest": digest,
        "said": said,
        "at": listing.at,
        "is_removal": is_removal,
    }


def _stage(listing: Listing, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    with listing.session(write=True) as session:
        insert_unnamed(session, Staged, rows, skip_known=True)


def _stage_removals(listing: Listing, unseen: set[str], staged: set[str]) -> None:
    """Entries whose hash wasn't seen are changed, and staged as that, or gone."""
    entries = select(Entry.key, Entry.digest).where(Entry.device_id == listing.device_id)
    with listing.session(write=False) as session:
        # mostly all of them are changed: by key that costs little, and no entry is read in vain
        keys = sorted(staged) if unseen else []
        for start in range(0, len(keys), STAGED_AT_ONCE):
            found = session.execute(entries.where(Entry.key.in_(keys[start:][:STAGED_AT_ONCE])))
            unseen = unseen.difference([row.digest for row in found])
        if not unseen:
            return
        found = session.execute(entries.where(Entry.is_gone.is_(False)))
        gone = [(row.key, row.digest) for row in found if row.digest in unseen]
    for start in range(0, len(gone), STAGED_AT_ONCE):
        rows = [
            _staged(listing, len(staged) + place, *gone[place], {}, is_removal=True)
            for place in range(start, min(start + STAGED_AT_ONCE, len(gone)))
        ]
        _stage(listing, rows)
