"""Files as a device of their own: choose one, say what its columns mean, see what it would do."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import PurePath
from typing import Any

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import undefer

from core.api import (
    NotFound,
    Page,
    Refused,
    TenantSession,
    expose,
    has_access,
    need_tenant,
    takes_file,
    web_session,
)
from plugins.sync import devices, runs
from plugins.sync.files import CSV, format_of, read_file
from plugins.sync.files.csv_file import MEANINGS, Sheet, look_at
from plugins.sync.files.text import text_of
from plugins.sync.models import RunKind, Upload
from plugins.sync.rows import Row

_BEGINNING = 256 * 1024  # of a file, to see what is in it
MEANING_WORDS = {
    "": _l("Leave out"),
    "name": _l("Name"),
    "first_name": _l("First name"),
    "last_name": _l("Last name"),
    "phone": _l("Phone"),
    "email": _l("E-mail"),
}


class UploadView(Page):
    """`/sync-file/`: a CSV or vCard file."""

    route_base = "/sync-file"
    class_permission_name = "Channel"
    method_permission_name = {"index": "sync", "upload": "sync", "columns": "sync", "plan": "sync"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Choose a file."""
        need_tenant()
        return self._form({}, {})

    @expose("/", methods=["POST"])
    @takes_file
    @has_access
    def upload(self) -> Any:
        """Keep the `file` under `name`; its columns are asked for next."""
        need_tenant()
        session = web_session()
        try:
            upload = _keep(session)
        except Refused as refused:
            session.rollback()
            return self._form(request.form, refused.errors), 422
        session.commit()
        return redirect(url_for("UploadView.columns", upload_id=upload.id))

    @expose("/<int:upload_id>")
    @has_access
    def columns(self, upload_id: int) -> Any:
        """What is in the file, and what its columns mean."""
        need_tenant()
        return self._columns(_upload(web_session(), upload_id), {})

    @expose("/<int:upload_id>", methods=["POST"])
    @has_access
    def plan(self, upload_id: int) -> Any:
        """Begin the preview; `column_0` … say what each column means."""
        need_tenant()
        session = web_session()
        upload = _upload(session, upload_id)
        if upload.format == CSV:
            width = len(_sheet(upload).columns)
            chosen = [request.form.get(f"column_{place}", "") for place in range(width)]
            upload.columns = [each if each in MEANINGS else "" for each in chosen]
            upload.has_header = "has_header" in request.form
            if not {"phone", "email"}.intersection(upload.columns):
                problem = _("Say which column has the phone number, or the e-mail address.")
                return self._columns(upload, {"columns": [problem]}), 422
        run = runs.begin(session, upload.device, RunKind.FILE, asked_by=_who(), is_preview=True)
        if run.kind is not RunKind.FILE or (upload.run_id is None and _has_upload(session, run.id)):
            problem = _("Another file of this list is being read: wait until that is done.")
            session.rollback()
            return self._columns(_upload(session, upload_id), {"columns": [problem]}), 409
        upload.run_id = run.id
        session.commit()
        return redirect(url_for("SyncView.run", run_id=run.id))

    def _form(self, typed: Any, errors: Any) -> Any:
        lists = [str(each) for each in devices.file_devices(web_session())]
        return self.render_template(
            "sync/upload.html",
            title=_("From a file"),
            typed=typed,
            errors=errors,
            lists=lists,
            largest=web_session().desk.settings.max_file_bytes,
        )

    def _columns(self, upload: Upload, errors: Any) -> Any:
        region = need_tenant().default_region
        is_csv = upload.format == CSV
        sheet = _sheet(upload) if is_csv else Sheet([], [], False, [])
        chosen = list(upload.columns) or sheet.columns
        rows = _beginning(upload, chosen, has_header=sheet.has_header)
        return self.render_template(
            "sync/columns.html",
            title=upload.name,
            upload=upload,
            sheet=sheet,
            chosen=chosen,
            sample=list(islice(rows, 5)),
            meanings=MEANING_WORDS,
            region=region,
            errors=errors,
            is_csv=is_csv,
        )


def _keep(session: TenantSession) -> Upload:
    file = request.files.get("file")
    content = file.read() if file else b""
    if not content.strip():
        raise Refused(_("Choose a file with contacts in it."), "file")
    name = PurePath((file.filename if file else "") or "").name.replace("\x00", "")[:160]
    typed = request.form.get("name", "").replace("\x00", "").strip()
    device = devices.file_device(session, typed or PurePath(name).stem)
    upload = Upload(
        device_id=device.id,
        name=name or str(device),
        format=format_of(content),
        content=content,
    )
    if not any(_first_rows(upload)):
        raise Refused(_("Nothing can be read from this file. Is it CSV or vCard?"), "file")
    session.add(upload)
    session.flush()
    return upload


def _first_rows(upload: Upload) -> list[Any]:
    if upload.format == CSV:
        return _sheet(upload).rows or _sheet(upload).heads
    return list(islice(_beginning(upload, [], has_header=False), 1))


def _sheet(upload: Upload) -> Sheet:
    return look_at(text_of(upload.content[:_BEGINNING]), need_tenant().default_region)


def _beginning(upload: Upload, columns: list[str], *, has_header: bool) -> Iterable[Row]:
    return read_file(upload.content[:_BEGINNING], upload.format, columns, has_header)


def _upload(session: TenantSession, upload_id: int) -> Upload:
    found: Upload | None = session.get(Upload, upload_id, options=[undefer(Upload.content)])
    if found is None:
        raise NotFound(_("There is no such file: it may have been read already. Choose it again."))
    return found


def _has_upload(session: TenantSession, run_id: int) -> bool:
    return session.query(Upload.id).filter(Upload.run_id == run_id).first() is not None


def _who() -> str:
    return str(getattr(g, "user", "") or "")[:80]
