"""Files as a device of their own: choose one, say what its columns mean, see what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.api import Page, Refused, expose, has_access, need_tenant, takes_file, web_session
from plugins.sync import devices, removing, uploading
from plugins.sync.files import CSV
from plugins.sync.models import Device, Leaving, Upload

MEANING_WORDS = {
    "": _l("Leave out"),
    "name": _l("Name"),
    "first_name": _l("First name"),
    "last_name": _l("Last name"),
    "phone": _l("Phone"),
    "email": _l("E-mail"),
}


class UploadView(Page):
    """`/sync-file/`: a CSV or vCard file, and removing the list that it was brought in as."""

    route_base = "/sync-file"
    class_permission_name = "Channel"
    method_permission_name = dict.fromkeys(
        ("index", "upload", "columns", "plan", "leave", "remove"), "sync"
    )

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
            file = request.files.get("file")
            upload = uploading.keep_file(
                session,
                file.read() if file else b"",
                (file.filename if file else "") or "",
                request.form.get("name", ""),
            )
        except Refused as refused:
            session.rollback()
            return self._form(request.form, refused.errors), refused.status
        session.commit()
        return redirect(url_for("UploadView.columns", upload_id=upload.id))

    @expose("/<int:upload_id>")
    @has_access
    def columns(self, upload_id: int) -> Any:
        """What is in the file, and what its columns mean."""
        need_tenant()
        return self._columns(uploading.upload_of(web_session(), upload_id), {})

    @expose("/<int:upload_id>", methods=["POST"])
    @has_access
    def plan(self, upload_id: int) -> Any:
        """Begin the preview; `column_0` … say what each column means."""
        need_tenant()
        session = web_session()
        upload = uploading.upload_of(session, upload_id)
        try:
            if upload.format == CSV:
                width = len(uploading.sheet_of(session, upload).columns)
                chosen = [request.form.get(f"column_{place}", "") for place in range(width)]
                uploading.set_columns(upload, chosen, has_header="has_header" in request.form)
            run = uploading.begin_reading(session, upload, asked_by=str(g.user)[:80])
        except Refused as refused:
            chosen = list(upload.columns)
            session.rollback()
            upload = uploading.upload_of(session, upload_id)
            return self._columns(upload, {"columns": [refused.message]}, chosen), refused.status
        session.commit()
        return redirect(url_for("SyncView.run", run_id=run.id))

    @expose("/list/<int:device_id>/remove")
    @has_access
    def leave(self, device_id: int) -> Any:
        """What removing a list would do to its contacts, and the choice."""
        need_tenant()
        return self._leave(devices.device_by_id(web_session(), device_id), "")

    @expose("/list/<int:device_id>/remove", methods=["POST"])
    @has_access
    def remove(self, device_id: int) -> Any:
        """Remove a list; `contacts` says whether what came with it goes, too."""
        need_tenant()
        session = web_session()
        device = devices.device_by_id(session, device_id)
        try:
            wanted = Leaving.REMOVE if request.form.get("contacts") == "remove" else Leaving.KEEP
            removing.remove(session, device, wanted)
        except Refused as refused:
            session.rollback()
            device = devices.device_by_id(session, device_id)
            return self._leave(device, refused.message), refused.status
        session.commit()
        flash(_("The list %(name)s is being removed.", name=str(device)), "success")
        return redirect(url_for("SyncView.index"))

    def _leave(self, device: Device, problem: str) -> Any:
        session = web_session()
        removing.check_removable(device)
        return self.render_template(
            "sync/remove.html",
            title=_("Remove %(name)s", name=str(device)),
            device=device,
            outlook=removing.outlook(session, device),
            problem=problem,
        )

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

    def _columns(self, upload: Upload, errors: Any, typed: Sequence[str] = ()) -> Any:
        sheet = uploading.sheet_of(web_session(), upload)
        chosen = typed or upload.columns or sheet.columns
        rows = uploading.beginning_of(upload, chosen, has_header=sheet.has_header)
        return self.render_template(
            "sync/columns.html",
            title=upload.name,
            upload=upload,
            sheet=sheet,
            chosen=chosen,
            sample=list(islice(rows, 5)),
            meanings=MEANING_WORDS,
            region=need_tenant().default_region,
            errors=errors,
            is_csv=upload.format == CSV,
        )
