"""REST: `/api/v1/broadcast/`, written, started, paused and watched by a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_appbuilder.api import expose

from core.api import (
    ApiDecl,
    Body,
    Malformed,
    Operation,
    RowId,
    body_of,
    protect,
    row_id,
    say,
    web_session,
)
from plugins.automation.broadcasts import handling, progress, saved
from plugins.automation.broadcasts.models import Broadcast, Recipient

WRITING = ("create", "start", "pause", "cancel", "retry")

KNOWN = sorted(progress.ONLY - {""})


class AudienceBody(Body):
    """`kind` is everybody, filter, saved (by its id) or file; the rest is the filter's.

    `csv` is the file's text: a number or an e-mail address in each row, anywhere in it.
    """

    kind: str = "everybody"
    labels: list[RowId] = []
    wrote_within: int | None = None
    silent_for: int | None = None
    ordered_within: int | None = None
    saved: RowId | None = None
    csv: str = ""
    file_name: str = ""


class BroadcastBody(Body):
    """What is said (a template by its id, else the text), to whom, by which channels, how fast."""

    name: str
    text: str = ""
    template_id: RowId | None = None
    audience: AudienceBody = AudienceBody()
    channels: list[RowId] = []
    per_minute: int = 600
    save_as: str = ""


class BroadcastApi(Operation):
    """`/api/v1/broadcast/`."""

    resource_name = "broadcast"
    class_permission_name = "Automation"
    method_permission_name = {
        "show": "read",
        "recipients": "read",
        **dict.fromkeys(WRITING, "rule"),
    }

    @expose("/", methods=["POST"])
    @protect()
    def create(self) -> Response:
        """Write a broadcast down.
        ---
        post:
          description: Nothing is sent before start; who gets it is worked out meanwhile
          responses:
            201: {description: "id, state"}
            422: {description: Refused, with the field}
        """
        body = body_of(BroadcastBody)
        wanted = {
            **body.model_dump(exclude={"audience", "template_id"}),
            "audience": body.audience.model_dump(exclude={"csv"}),
            "template": body.template_id,
        }
        made = handling.create(web_session(), wanted, body.audience.csv.encode() or None)
        return self.answer(201, id=made.id, state=made.state.value)

    @expose("/<pk>", methods=["GET"])
    @protect()
    def show(self, pk: str) -> Response:
        """How far a broadcast is.
        ---
        get:
          description: Its state, its people by reason, its messages by state
          responses:
            200: {description: "state, people, to_write, done, left_out, messages, saved"}
        """
        return self.answer(**_told(handling.get(web_session(), row_id(pk))))

    @expose("/<pk>/recipients", methods=["GET"])
    @protect()
    def recipients(self, pk: str) -> Response:
        """What became of it for each person.
        ---
        get:
          description: A page of its people, by id; the next page begins after the last one's
          parameters:
            - {name: only, in: query, schema: {type: string}, description: "left_out, waiting,
                failed, or a reason for which somebody is left out"}
            - {name: after, in: query, schema: {type: integer}}
          responses:
            200: {description: "recipients, next_after"}
        """
        broadcast = handling.get(web_session(), row_id(pk))
        only = request.args.get("only", "")
        if only not in progress.ONLY:
            raise Malformed(say("`only` is one of: %(known)s.", known=", ".join(KNOWN)))
        after = row_id(request.args.get("after", "0"))
        found = progress.people_of(web_session(), broadcast, only, after)
        page = found[: progress.PAGE]
        return self.answer(
            recipients=[_result(each) for each in page],
            next_after=page[-1].id if len(found) > progress.PAGE else None,
        )

    @expose("/<pk>/start", methods=["POST"])
    @protect()
    def start(self, pk: str) -> Response:
        """Send it, or go on after a pause.
        ---
        post:
          description: Begin to send, or resume
          responses:
            200: {description: How far it is}
            422: {description: It can't be started now}
        """
        return self._done(pk, handling.start)

    @expose("/<pk>/pause", methods=["POST"])
    @protect()
    def pause(self, pk: str) -> Response:
        """Stop for now.
        ---
        post:
          description: Queue no more; what is queued leaves
          responses:
            200: {description: How far it is}
        """
        return self._done(pk, handling.pause)

    @expose("/<pk>/cancel", methods=["POST"])
    @protect()
    def cancel(self, pk: str) -> Response:
        """End it.
        ---
        post:
          description: Send nobody else anything
          responses:
            200: {description: How far it is}
        """
        return self._done(pk, handling.cancel)

    @expose("/<pk>/retry", methods=["POST"])
    @protect()
    def retry(self, pk: str) -> Response:
        """Send to those again whose message failed.
        ---
        post:
          description: Only the failed ones; what is unknown is left
          responses:
            200: {description: How far it is}
        """
        return self._done(pk, handling.retry_failed)

    def _done(self, pk: str, work: Callable[..., Any]) -> Response:
        broadcast = handling.get(web_session(), row_id(pk))
        work(web_session(), broadcast)
        return self.answer(**_told(broadcast))


def _result(person: Recipient) -> dict[str, Any]:
    message = person.message
    return {
        "id": person.id,
        "customer_id": person.customer_id,
        "contact_id": person.contact_id,
        "state": person.state.value,
        "left_out": person.left_out.value if person.left_out else None,
        "reason": person.reason or (message.error_reason if message else ""),
        "message_id": person.message_id,
        "message": message.state.value if message else None,
    }


def _told(broadcast: Broadcast) -> dict[str, Any]:
    found = progress.progress_of(web_session(), broadcast)
    return {
        "id": broadcast.id,
        "name": broadcast.name,
        "state": broadcast.state.value,
        "audience": " · ".join(saved.in_words(web_session(), broadcast.audience)),
        "reason": broadcast.reason,
        "people": found.people,
        "to_write": found.to_write,
        "done": found.done,
        "left_out": {why.value: count for why, count in found.left_out.items()},
        "messages": {state.value: count for state, count in found.messages.items()},
        "saved": progress.saved_of(broadcast, found),
    }


APIS = (ApiDecl(api=BroadcastApi),)
