"""Today: who waits for an answer, and what else is to be done (D10, D12)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, render_template, request
from flask_babel import lazy_gettext as _

from core.errors import Refused
from core.models.base import now
from core.services import send, tasks, today
from core.services.inbox_thread import load
from core.services.may_send import free_until, is_window_open, takes_templates
from core.web import tenant_time
from core.web.channel_icons import channel_icon
from core.web.fab import Page, expose, has_access
from core.web.pages.inbox_context import ids, member_id
from core.web.request import membership, need_tenant, web_session
from core.words import say


class TodayView(Page):
    """`/today/`: one card a task; a reply task is answered in its card."""

    route_base = "/today"
    class_permission_name = "Today"
    method_permission_name = {"index": "read", "rows": "read", "answer": "answer", "done": "finish"}

    @expose("/")
    @has_access
    def index(self) -> str:
        """Mine and nobody's, or with `?of=all` everybody's."""
        need_tenant()
        everybody = request.args.get("of") == "all"
        todos = today.open_tasks(web_session(), member_id(), everybody=everybody)
        page: str = self.render_template(
            "sapa/today/today.html",
            title=_("Today"),
            todos=todos,
            everybody=everybody,
            **self._words(),
        )
        return page

    @expose("/rows")
    @has_access
    def rows(self) -> str:
        """The cards of those of `ids` that are still open."""
        found = today.still_open(web_session(), ids("ids"))
        return render_template("sapa/today/_cards.html", todos=found, **self._words())

    @expose("/<int:task_id>/answer", methods=["POST"])
    @has_access
    def answer(self, task_id: int) -> Response:
        """Send `text` on the task's conversation, which closes the task."""
        session = web_session()
        task = today.get(session, task_id)
        if task.conversation_id is None:
            raise Refused(
                say("This task has no conversation to answer in: mark it as done."), "text"
            )
        text = request.form.get("text", "").replace("\x00", "")
        conversation = load(session, task.conversation_id)
        send.send_message(session, conversation, text=text, author=membership())
        tasks.finish(session, task, now())
        session.commit()
        return _finished(task_id, str(_("Sent.")))

    @expose("/<int:task_id>/done", methods=["POST"])
    @has_access
    def done(self, task_id: int) -> Response:
        """Nothing to do any more."""
        session = web_session()
        tasks.finish(session, today.get(session, task_id), now())
        session.commit()
        return _finished(task_id, str(_("Done.")))

    def _words(self) -> dict[str, Any]:
        allowed = self.appbuilder.sm.has_access
        return {
            "channel_icon": channel_icon,
            "time": tenant_time,
            "present": now(),
            "is_window_open": is_window_open,
            "free_until": free_until,
            "takes_templates": takes_templates,
            "may": {word: allowed(f"can_{word}", "Today") for word in ("answer", "finish")},
        }


def _finished(task_id: int, words: str) -> Response:
    answer = make_response("")
    events = {"toast": {"text": words, "kind": "success"}, "task-done": {"task": task_id}}
    answer.headers["HX-Trigger"] = json.dumps(events)
    return answer
