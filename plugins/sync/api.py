"""REST: `/api/v1/channel/<id>/sync` and `/auto_sync`, and the runs with their reports."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from core.api import (
    ApiDecl,
    Body,
    Malformed,
    Operation,
    body_of,
    expose,
    protect,
    row_id,
    say,
    web_session,
)
from plugins.sync import devices, reports, runs, undoing
from plugins.sync.models import Change, Device, Run

PAGE = 1000


class SyncBody(Body):
    """`preview`: only find out what it would do."""

    preview: bool = False


class AutoSyncBody(Body):
    """Whether the channel is synchronised by itself."""

    enabled: bool


class NothingBody(Body):
    """An empty object."""


class ChannelSyncApi(Operation):
    """`/api/v1/channel/<id>/sync` and `/auto_sync`."""

    resource_name = "channel"
    class_permission_name = "Channel"
    method_permission_name = {"state": "get", "sync": "sync", "auto_sync": "sync"}

    @expose("/<pk>/sync", methods=["GET"])
    @protect()
    def state(self, pk: str) -> Response:
        """How a channel is synchronised, and its last run.
        ---
        get:
          description: Automatic or not, when it last ran and why it stopped
          responses:
            200: {description: "is_automatic, last_at, next_at, stopped, run"}
        """
        session = web_session()
        channel = devices.channel_of(session, row_id(pk))
        device = devices.devices_by_channel(session).get(channel.id)
        run = runs.latest_runs(session, [device.id]).get(device.id) if device else None
        return self.answer(
            is_automatic=bool(device and device.is_automatic),
            last_at=_time(device.last_at) if device else None,
            next_at=_time(device.next_at) if device else None,
            stopped=device.stopped if device else "",
            run=run_json(run) if run else None,
        )

    @expose("/<pk>/sync", methods=["POST"])
    @protect()
    def sync(self, pk: str) -> Response:
        """Synchronise a channel's contacts.
        ---
        post:
          description: Begin a run, or join the one that works; with preview nothing is written
          responses:
            202: {description: "run_id, and whether the run was there already"}
            422: {description: The channel isn't connected, or has no contacts to read}
        """
        body = body_of(SyncBody)
        session = web_session()
        channel = devices.channel_of(session, row_id(pk))
        device = devices.devices_by_channel(session).get(channel.id)
        working = runs.active_run(session, device) if device else None
        run = runs.synchronise(session, channel, asked_by=who(), is_preview=body.preview)
        return self.answer(202, run_id=run.id, joined=working is not None)

    @expose("/<pk>/auto_sync", methods=["POST"])
    @protect()
    def auto_sync(self, pk: str) -> Response:
        """Switch automatic synchronising on or off.
        ---
        post:
          description: On, the first run begins at once; off, earlier contacts stay
          responses:
            200: {description: "is_automatic"}
            422: {description: The channel isn't connected, or has no contacts to read}
        """
        body = body_of(AutoSyncBody)
        session = web_session()
        channel = devices.channel_of(session, row_id(pk))
        switch = devices.switch_on if body.enabled else devices.switch_off
        return self.answer(is_automatic=switch(session, channel).is_automatic)


class SyncRunApi(Operation):
    """`/api/v1/sync_run/<id>`: a run's report, and what can be done with it."""

    resource_name = "sync_run"
    class_permission_name = "Channel"
    method_permission_name = {
        "read": "show",
        "refused": "show",
        "apply": "sync",
        "discard": "sync",
        "undo": "sync",
    }

    @expose("/<pk>", methods=["GET"])
    @protect()
    def read(self, pk: str) -> Response:
        """A run's report.
        ---
        get:
          description: Counts, what was refused and why, what was added and changed
          responses:
            200: {description: "The counts, and the first 200 rows of each kind"}
        """
        session = web_session()
        run = runs.run_of(session, row_id(pk))
        return self.answer(
            **run_json(run),
            refused_rows=[
                {"reason": each.reason, "raw": each.raw}
                for each in reports.refused_of(session, run)
            ],
            added_rows=[_change(each) for each in reports.changes_of(session, run, is_added=True)],
            changed_rows=[
                _change(each) for each in reports.changes_of(session, run, is_added=False)
            ],
            kept_rows=[_change(each) for each in reports.kept_of(session, run)],
        )

    @expose("/<pk>/refused", methods=["GET"])
    @protect()
    def refused(self, pk: str) -> Response:
        """All that a run left out, page by page.
        ---
        get:
          description: 1,000 rows from `after` on, which is the `next` of the page before
          parameters:
          - {in: query, name: after, schema: {type: string}}
          responses:
            200: {description: "rows of reason and raw; next, null at the end"}
            400: {description: after is no next of a page}
        """
        session = web_session()
        run = runs.run_of(session, row_id(pk))
        rows = reports.refused_of(session, run, _after(request.args.get("after", "")), PAGE)
        last = rows[-1] if len(rows) == PAGE else None
        return self.answer(
            rows=[{"reason": each.reason, "raw": each.raw} for each in rows],
            next=f"{last.reason}.{last.id}" if last else None,
        )

    @expose("/<pk>/apply", methods=["POST"])
    @protect()
    def apply(self, pk: str) -> Response:
        """Do what a preview has shown.
        ---
        post:
          description: Bring the previewed contacts in
          responses:
            202: {description: "run_id"}
            409: {description: The preview is out of date}
        """
        body_of(NothingBody)
        session = web_session()
        run = runs.run_of(session, row_id(pk))
        runs.apply_plan(session, run, asked_by=who())
        return self.answer(202, run_id=run.id)

    @expose("/<pk>/discard", methods=["POST"])
    @protect()
    def discard(self, pk: str) -> Response:
        """Forget a preview.
        ---
        post:
          description: Forget what a preview has read
          responses:
            200: {description: Done}
            422: {description: It is no preview that waits}
        """
        body_of(NothingBody)
        runs.discard(web_session(), runs.run_of(web_session(), row_id(pk)))
        return self.answer(message="OK")

    @expose("/<pk>/undo", methods=["POST"])
    @protect()
    def undo(self, pk: str) -> Response:
        """Undo a run.
        ---
        post:
          description: Remove what it added and nobody has used since, restore what it changed
          responses:
            202: {description: "run_id"}
            409: {description: The device is being synchronised}
            422: {description: There is nothing to undo}
        """
        body_of(NothingBody)
        session = web_session()
        run = runs.run_of(session, row_id(pk))
        undoing.undo(session, run)
        return self.answer(202, run_id=run.id)


def run_json(run: Run) -> dict[str, Any]:
    """A run's counts, as programs read them."""
    return {
        "id": run.id,
        "kind": run.kind.value,
        "state": run.state.value,
        "is_preview": run.is_preview,
        "reason": run.reason,
        "begun_at": _time(run.begun_at),
        "finished_at": _time(run.finished_at),
        "percent": run.percent,
        "listed": run.listed,
        "added": run.added,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "refused": run.refused,
        "gone": run.gone,
        "removed": run.removed,
        "restored": run.restored,
        "kept": run.kept,
    }


def device_json(device: Device, run: Run | None) -> dict[str, Any]:
    """How a device is synchronised, as programs read it."""
    return {
        "id": device.id,
        "name": str(device),
        "channel_id": device.channel_id,
        "is_automatic": device.is_automatic,
        "last_at": _time(device.last_at),
        "next_at": _time(device.next_at),
        "stopped": device.stopped,
        "is_leaving": device.leaves is not None,
        "run": run_json(run) if run else None,
    }


def _after(text: str) -> tuple[str, int]:
    """Where a page begins. Raises Malformed."""
    if not text:
        return ("", 0)
    reason, dot, number = text.rpartition(".")
    if not dot or not (reason.isascii() and reason.isalpha()):
        raise Malformed(say("Take `after` from the page before: it is its `next`."))
    return (reason, row_id(number))


def _change(change: Change) -> dict[str, Any]:
    return {
        "contact_id": change.contact_id,
        "fields": {each[0]: [each[1], each[2]] for each in change.fields},
        "fate": change.fate,
        "why": change.why,
    }


def _time(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def who() -> str:
    """Who asks, for the report."""
    return str(getattr(g, "user", "") or "")[:80]


APIS = (ApiDecl(api=ChannelSyncApi), ApiDecl(api=SyncRunApi))
