"""The screens: *Add / Sync again*, a run's report, and the switch on a device's settings."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from flask import Response, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from core.api import (
    Page,
    Refused,
    TenantSession,
    csv_file,
    expose,
    has_access,
    need_tenant,
    web_session,
)
from plugins.sync import devices, reports, runs, undoing, words
from plugins.sync.models import Run


class SyncView(Page):
    """`/sync/`: bringing contacts in, and what each run did."""

    route_base = "/sync"
    class_permission_name = "Channel"
    method_permission_name = {
        "index": "show",
        "rows": "show",
        "toggle": "show",
        "run": "show",
        "report": "show",
        "device": "show",
        "refused": "show",
        "start": "sync",
        "preview": "sync",
        "switch_on": "sync",
        "switch_off": "sync",
        "apply": "sync",
        "discard": "sync",
        "undo": "sync",
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """*Add / Sync again*: the connected numbers, and other ways in."""
        need_tenant()
        return self.render_template(
            "sync/index.html", title=_("Add / Sync again"), **_rows(web_session())
        )

    @expose("/rows")
    @has_access
    def rows(self) -> str:
        """The devices as they are now: a piece of the page, asked for as runs go on."""
        need_tenant()
        return render_template("sync/_rows.html", **_rows(web_session()))

    @expose("/channel/<int:channel_id>/start", methods=["POST"])
    @has_access
    def start(self, channel_id: int) -> Any:
        """Synchronise that number, or join the run that does."""
        return self._start(channel_id, is_preview=False)

    @expose("/channel/<int:channel_id>/preview", methods=["POST"])
    @has_access
    def preview(self, channel_id: int) -> Any:
        """Find out what synchronising would do."""
        return self._start(channel_id, is_preview=True)

    @expose("/channel/<int:channel_id>/toggle")
    @has_access
    def toggle(self, channel_id: int) -> str:
        """The switch: a piece of the device's settings."""
        need_tenant()
        return _toggle(channel_id)

    @expose("/channel/<int:channel_id>/on", methods=["POST"])
    @has_access
    def switch_on(self, channel_id: int) -> Any:
        """Automatic from now on: no question asked, a notice (A4)."""
        need_tenant()
        session = web_session()
        try:
            devices.switch_on(session, devices.channel_of(session, channel_id))
        except Refused as refused:
            if refused.status == 404:
                raise
            session.rollback()
            note = _("Automatic contact sync stays off.")
            return _notice(_toggle(channel_id, refused.message), note, "danger")
        session.commit()
        return _notice(_toggle(channel_id), _("Automatic contact sync is on."), "success")

    @expose("/channel/<int:channel_id>/off", methods=["POST"])
    @has_access
    def switch_off(self, channel_id: int) -> Any:
        """By hand from now on; the page has asked for consent (A8)."""
        need_tenant()
        session = web_session()
        devices.switch_off(session, devices.channel_of(session, channel_id))
        session.commit()
        return _notice(_toggle(channel_id), _("Automatic contact sync is off."), "success")

    @expose("/device/<int:device_id>")
    @has_access
    def device(self, device_id: int) -> Any:
        """The runs of a device, the newest first."""
        need_tenant()
        session = web_session()
        found = devices.device_by_id(session, device_id)
        return self.render_template(
            "sync/device.html",
            title=str(found),
            device=found,
            runs=runs.runs_of(session, found, 100),
            words=words,
        )

    @expose("/run/<int:run_id>")
    @has_access
    def run(self, run_id: int) -> Any:
        """A run's report, which grows while it works."""
        need_tenant()
        run = runs.run_of(web_session(), run_id)
        return self.render_template(
            "sync/run.html", title=str(run.device), **_report(web_session(), run)
        )

    @expose("/run/<int:run_id>/report")
    @has_access
    def report(self, run_id: int) -> str:
        """The report as it is now: a piece of the page."""
        need_tenant()
        session = web_session()
        return render_template(
            "sync/_report.html", **_report(session, runs.run_of(session, run_id))
        )

    @expose("/run/<int:run_id>/refused.csv")
    @has_access
    def refused(self, run_id: int) -> Response:
        """All that a run left out, to be put right in a spreadsheet."""
        need_tenant()
        session = web_session()
        run_id = runs.run_of(session, run_id).id
        rows = reports.refused_in_batches(session.database, session.tenant_id, run_id)
        head = [_("As it came"), _("Why it was left out")]
        lines = (
            (row.raw, words.REFUSALS.get(row.reason, row.reason)) for batch in rows for row in batch
        )
        return csv_file(f"refused-{run_id}", chain([head], lines))

    @expose("/run/<int:run_id>/apply", methods=["POST"])
    @has_access
    def apply(self, run_id: int) -> Any:
        """Do what the preview has shown."""
        return self._act(run_id, lambda s, run: runs.apply_plan(s, run, asked_by=_who()))

    @expose("/run/<int:run_id>/discard", methods=["POST"])
    @has_access
    def discard(self, run_id: int) -> Any:
        """Forget the preview."""
        return self._act(run_id, runs.discard)

    @expose("/run/<int:run_id>/undo", methods=["POST"])
    @has_access
    def undo(self, run_id: int) -> Any:
        """Undo the run."""
        return self._act(run_id, undoing.undo)

    def _act(self, run_id: int, act: Any) -> Any:
        need_tenant()
        session = web_session()
        try:
            act(session, runs.run_of(session, run_id))
        except Refused as refused:
            if refused.status == 404:
                raise
            session.rollback()
            flash(refused.message, "danger")
        else:
            session.commit()
        return redirect(url_for("SyncView.run", run_id=run_id))

    def _start(self, channel_id: int, *, is_preview: bool) -> Any:
        need_tenant()
        session = web_session()
        try:
            channel = devices.channel_of(session, channel_id)
            run = runs.synchronise(session, channel, asked_by=_who(), is_preview=is_preview)
        except Refused as refused:
            if refused.status == 404:
                raise
            session.rollback()
            flash(refused.message, "danger")
            return redirect(url_for("SyncView.index"))
        session.commit()
        if is_preview:
            return redirect(url_for("SyncView.run", run_id=run.id))
        return redirect(url_for("SyncView.index"))


def _rows(session: TenantSession) -> dict[str, Any]:
    """Each device with its channel and its last run: numbers first, then files."""
    known = devices.devices_by_channel(session)
    files = devices.file_devices(session)
    latest = runs.latest_runs(session, [each.id for each in (*known.values(), *files)])
    return {
        "channels": [
            (channel, known.get(channel.id), latest.get(known[channel.id].id))
            if channel.id in known
            else (channel, None, None)
            for channel in devices.channels_to_sync(session)
        ],
        "files": [(device, latest.get(device.id)) for device in files],
        "words": words,
    }


def _report(session: TenantSession, run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "device": run.device,
        "refused": reports.refused_of(session, run),
        "added": reports.changes_of(session, run, is_added=True),
        "changed": reports.changes_of(session, run, is_added=False),
        "kept": reports.kept_of(session, run),
        "planned": {each: reports.planned_of(session, run, each) for each in ("changed", "added")},
        "can_undo": undoing.can_undo(run),
        "is_latest": runs.is_latest(session, run),
        "words": words,
    }


def _toggle(channel_id: int, problem: str = "") -> str:
    session = web_session()
    channel = devices.channel_of(session, channel_id)
    device = devices.devices_by_channel(session).get(channel_id)
    return render_template(
        "sync/_toggle.html",
        channel=channel,
        device=device,
        problem=problem,
        is_pushed=devices.can_push(session, channel) and not devices.can_list(session, channel),
    )


def _notice(body: str, text: str, kind: str) -> Response:
    """A piece of a page, and a note that floats in beside it."""
    answer = Response(body)
    answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": kind}})
    return answer


def _who() -> str:
    return str(getattr(g, "user", "") or "")[:80]
