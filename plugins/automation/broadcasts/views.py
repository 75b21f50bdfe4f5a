"""The screens of broadcasts: the list, a new one, and one with its progress and its people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from core.api import (
    Channel,
    Label,
    MessageState,
    NotFound,
    Page,
    Refused,
    Template,
    ViewDecl,
    expose,
    has_access,
    may,
    need_tenant,
    say,
    web_session,
)
from plugins.automation.broadcasts import handling, listing, progress, saved, sending
from plugins.automation.broadcasts.models import Broadcast, BroadcastState

SHOWN = 50
READING = ("index", "show", "piece", "people")
WRITING = ("new", "create", "start", "pause", "cancel", "retry", "forget")
COLOURS = {
    BroadcastState.LISTING: "azure",
    BroadcastState.READY: "yellow",
    BroadcastState.SENDING: "azure",
    BroadcastState.PAUSED: "orange",
    BroadcastState.DONE: "green",
    BroadcastState.CANCELLED: "secondary",
}
STATES = {
    BroadcastState.LISTING: say("Working out who gets it"),
    BroadcastState.READY: say("Ready to send"),
    BroadcastState.SENDING: say("Being sent"),
    BroadcastState.PAUSED: say("Paused"),
    BroadcastState.DONE: say("Done"),
    BroadcastState.CANCELLED: say("Cancelled"),
}
MESSAGES = {
    MessageState.QUEUED: say("Waiting to leave"),
    MessageState.SENDING: say("Leaving"),
    MessageState.UNKNOWN: say("Not known whether it arrived"),
    MessageState.ACCEPTED: say("Accepted"),
    MessageState.SENT: say("Sent"),
    MessageState.DELIVERED: say("Delivered"),
    MessageState.READ: say("Read"),
    MessageState.PLAYED: say("Played"),
    MessageState.FAILED: say("Failed"),
}


class BroadcastView(Page):
    """`/automation/broadcasts/`."""

    route_base = "/automation/broadcasts"
    class_permission_name = "Automation"
    method_permission_name = {
        **dict.fromkeys(READING, "read"),
        **dict.fromkeys(WRITING, "rule"),
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The newest broadcasts."""
        need_tenant()
        session = web_session()
        found = session.scalars(
            select(Broadcast)
            .where(Broadcast.archived_at.is_(None))
            .order_by(Broadcast.id.desc())
            .limit(SHOWN)
        ).all()
        return self.render_template(
            "automation/broadcasts/index.html",
            title=_("Broadcasts"),
            broadcasts=found,
            meant={each.id: saved.in_words(session, each.audience) for each in found},
            filters=[
                (each, saved.in_words(session, each.audience)) for each in saved.all_of(session)
            ],
            **_words(),
        )

    @expose("/new")
    @has_access
    def new(self) -> Any:
        """An empty form, or one filled as an earlier broadcast was (`?from=`)."""
        like = request.args.get("from", type=int)
        typed: dict[str, Any] = {"kind": "everybody", "per_minute": "600"}
        if like is not None:
            typed |= _as_typed(handling.get(web_session(), like))
        return self._form(typed, {})

    @expose("/create", methods=["POST"])
    @has_access
    def create(self) -> Any:
        """Write it down and work out who gets it."""
        need_tenant()
        session = web_session()
        typed: dict[str, Any] = {name: _text(name) for name in request.form}
        typed |= {"labels": _ids("labels"), "channels": _ids("channels"), "saved": _id("saved")}
        upload = request.files.get("file")
        try:
            made = handling.create(
                session,
                {
                    **typed,
                    "template": _id("template"),
                    "audience": {**typed, "file_name": (upload and upload.filename) or ""},
                    "save_as": typed.get("save_as") if typed.get("kind") == "filter" else "",
                },
                upload.read() if upload is not None else None,
            )
        except Refused as refused:
            session.rollback()
            return self._form(typed, refused.errors or {"": [refused.message]}), refused.status
        session.commit()
        return redirect(url_for("BroadcastView.show", pk=made.id))

    @expose("/<int:pk>/")
    @has_access
    def show(self, pk: int) -> Any:
        """One: before it is sent who gets it, then how far it is, and its people."""
        need_tenant()
        values = _values(handling.get(web_session(), pk))
        return self.render_template(
            "automation/broadcasts/show.html",
            title=values["broadcast"].name,
            sample=sending.sample_of(web_session(), values["broadcast"]),
            **values,
            **_people(values["broadcast"]),
        )

    @expose("/<int:pk>/piece")
    @has_access
    def piece(self, pk: int) -> str:
        """The progress alone, for the page to replace its own."""
        need_tenant()
        found = handling.get(web_session(), pk)
        return render_template(
            "automation/broadcasts/_piece.html",
            sample=sending.sample_of(web_session(), found),
            **_values(found),
        )

    @expose("/<int:pk>/people")
    @has_access
    def people(self, pk: int) -> str:
        """The table of its people alone, as it stands now."""
        need_tenant()
        found = handling.get(web_session(), pk)
        return render_template(
            "automation/broadcasts/_people.html",
            broadcast=found,
            messages=MESSAGES,
            why=listing.WORDS,
            **_people(found),
        )

    @expose("/<int:pk>/start", methods=["POST"])
    @has_access
    def start(self, pk: int) -> Any:
        """Send it, or go on."""
        return _done(pk, handling.start, _("It is being sent."))

    @expose("/<int:pk>/pause", methods=["POST"])
    @has_access
    def pause(self, pk: int) -> Any:
        """Stop for now."""
        return _done(pk, handling.pause, _("Paused."))

    @expose("/<int:pk>/cancel", methods=["POST"])
    @has_access
    def cancel(self, pk: int) -> Any:
        """End it."""
        return _done(pk, handling.cancel, _("Cancelled."))

    @expose("/<int:pk>/retry", methods=["POST"])
    @has_access
    def retry(self, pk: int) -> Any:
        """Send to those again whose message failed."""
        return _done(
            pk,
            handling.retry_failed,
            lambda count: ngettext(
                "%(num)d message is tried again.", "%(num)d messages are tried again.", count
            ),
        )

    @expose("/saved/<int:pk>/forget", methods=["POST"])
    @has_access
    def forget(self, pk: int) -> Any:
        """Drop a saved filter."""
        need_tenant()
        session = web_session()
        saved.forget(session, pk)
        session.commit()
        flash(_("The filter is gone. Broadcasts that used it are as they were."), "success")
        return redirect(url_for("BroadcastView.index"))

    def _form(self, typed: dict[str, Any], errors: dict[str, list[str]]) -> Any:
        need_tenant()
        session = web_session()
        templates = select(Template).where(Template.archived_at.is_(None)).order_by(Template.name)
        channels = select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
        return self.render_template(
            "automation/broadcasts/new.html",
            title=_("New broadcast"),
            typed=typed,
            errors=errors,
            templates=[each for each in session.scalars(templates) if each.can_be_sent],
            channels=session.scalars(channels).all(),
            labels=session.scalars(select(Label).order_by(Label.name)).all(),
            filters=[
                (each, saved.in_words(session, each.audience)) for each in saved.all_of(session)
            ],
            variables=sending.VARIABLES,
        )


def _values(broadcast: Broadcast) -> dict[str, Any]:
    found = progress.progress_of(web_session(), broadcast)
    return {
        "broadcast": broadcast,
        "progress": found,
        "saved": progress.saved_of(broadcast, found),
        "message": sending.message_of(broadcast).body,
        "meant": saved.in_words(web_session(), broadcast.audience),
        "messages": MESSAGES,
        "why": listing.WORDS,
        **_words(),
    }


def _people(broadcast: Broadcast) -> dict[str, Any]:
    """A page of its people, as the address asks for it."""
    only = request.args.get("only", "")
    only = only if only in progress.ONLY else ""
    after = max(request.args.get("after", 0, type=int), 0)
    found = progress.people_of(web_session(), broadcast, only, after)
    return {
        "people": found[: progress.PAGE],
        "next_after": found[progress.PAGE - 1].id if len(found) > progress.PAGE else None,
        "only": only,
        "after": after,
    }


def _words() -> dict[str, Any]:
    return {
        "states": STATES,
        "colours": COLOURS,
        "may_write": may("rule", "Automation"),
    }


def _done(pk: int, work: Callable[..., Any], words: str | Callable[[int], str]) -> Any:
    need_tenant()
    session = web_session()
    try:
        result = work(session, handling.get(session, pk))
    except NotFound:
        raise
    except Refused as refused:
        session.rollback()
        flash(refused.message, "danger")
    else:
        session.commit()
        flash(words if isinstance(words, str) else words(result), "success")
    return redirect(url_for("BroadcastView.show", pk=pk))


def _as_typed(broadcast: Broadcast) -> dict[str, Any]:
    return {
        **broadcast.audience,
        "save_as": "",
        "name": broadcast.name,
        "template": broadcast.template_id,
        "text": broadcast.text,
        "channels": broadcast.channel_ids,
        "per_minute": str(broadcast.per_minute),
    }


def _text(name: str) -> str:
    """A text, without what no database keeps."""
    raw = request.form.get(name, "").replace("\x00", "")
    return raw.encode("utf-8", "replace").decode()


def _id(name: str) -> int | None:
    raw = request.form.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None


def _ids(name: str) -> list[int]:
    found = request.form.getlist(name)
    return [int(raw) for raw in found if raw.isascii() and raw.isdigit() and len(raw) < 10]


VIEWS = (
    ViewDecl(
        view=BroadcastView,
        name="Broadcasts",
        label=say("Broadcasts"),
        icon="speakerphone",
    ),
)
