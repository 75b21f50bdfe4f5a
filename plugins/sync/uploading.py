"""Files: kept until they are read, with what their columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import PurePath

from sqlalchemy import select
from sqlalchemy.orm import undefer

from core.api import Conflict, NotFound, Refused, TenantSession, say, tenant_of
from plugins.sync import devices, runs
from plugins.sync.files import CSV, format_of, read_file
from plugins.sync.files.csv_file import MEANINGS, Sheet, look_at
from plugins.sync.files.text import text_of
from plugins.sync.models import Run, RunKind, Upload
from plugins.sync.rows import Row

_BEGINNING = 256 * 1024  # of a file, to see what is in it


def keep_file(
    session: TenantSession, content: bytes, file_name: str, list_name: str, *, field: str = "file"
) -> Upload:
    """Keep a file for the list of that name, or of the file's own. Refused: nothing is in it, which
    is said of `field`."""
    if not content.strip():
        raise Refused(say("Choose a file with contacts in it."), field)
    own_name = PurePath(file_name).name.replace("\x00", "")[:160]
    typed = list_name.replace("\x00", "").strip()
    device = devices.file_device(session, typed or PurePath(own_name).stem)
    upload = Upload(
        device_id=device.id,
        name=own_name or str(device),
        format=format_of(content),
        content=content,
    )
    if not any(_first_rows(session, upload)):
        raise Refused(say("Nothing can be read from this file. Is it CSV or vCard?"), field)
    session.add(upload)
    session.flush()
    return upload


def upload_of(session: TenantSession, upload_id: int) -> Upload:
    """A file that waits, with its bytes. Raises NotFound."""
    found = session.get(Upload, upload_id, options=[undefer(Upload.content)])
    if found is None:
        raise NotFound(
            say("There is no such file: it may have been read already. Choose it again.")
        )
    return found


def set_columns(upload: Upload, columns: Sequence[str], *, has_header: bool) -> None:
    """Say what each column of a CSV file means. Refused: nobody could be reached by any."""
    upload.columns = [each if each in MEANINGS else "" for each in columns]
    upload.has_header = has_header
    if not {"phone", "email"}.intersection(upload.columns):
        raise Refused(
            say("Say which column has the phone number, or the e-mail address."), "columns"
        )


def begin_reading(
    session: TenantSession, upload: Upload, *, asked_by: str = "", is_preview: bool = True
) -> Run:
    """Begin the run that reads a file. Conflict: another file of its list is being read."""
    run = runs.begin(session, upload.device, RunKind.FILE, asked_by=asked_by, is_preview=is_preview)
    is_joined = upload.run_id is None and _has_upload(session, run.id)
    if run.kind is not RunKind.FILE or is_joined:
        raise Conflict(
            say("Another file of this list is being read: wait until that is done."), "columns"
        )
    upload.run_id = run.id
    session.flush()
    return run


def sheet_of(session: TenantSession, upload: Upload) -> Sheet:
    """The beginning of a CSV file, with a guess for each column; empty for vCards."""
    if upload.format != CSV:
        return Sheet([], [], False, [])
    return look_at(text_of(upload.content[:_BEGINNING]), tenant_of(session).default_region)


def beginning_of(upload: Upload, columns: Sequence[str], *, has_header: bool) -> Iterable[Row]:
    """The first rows of a file."""
    return read_file(upload.content[:_BEGINNING], upload.format, columns, has_header)


def _first_rows(session: TenantSession, upload: Upload) -> Sequence[object]:
    if upload.format == CSV:
        sheet = sheet_of(session, upload)
        return sheet.rows or sheet.heads
    return list(islice(beginning_of(upload, [], has_header=False), 1))


def _has_upload(session: TenantSession, run_id: int) -> bool:
    return session.scalar(select(Upload.id).where(Upload.run_id == run_id).limit(1)) is not None
