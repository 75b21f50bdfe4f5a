"""The inbox, to look at: list, thread, customer. What changes something is in its siblings."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_babel import lazy_gettext as _

from core.errors import Malformed
from core.live import whisper
from core.services import conversations, inbox_list, inbox_thread, mentions, quick_replies
from core.services.inbox_thread import beside
from core.web.fab import Page, expose, has_access
from core.web.pages.inbox_context import (
    bubbles,
    fragment,
    frame_values,
    head_of,
    ids,
    list_values,
    member_id,
    rows_values,
    shared,
    thread_values,
    wanted,
)
from core.web.request import desk, need_tenant, web_session
from core.words import say

PRESENCES = ("here", "typing", "gone")


class InboxView(Page):
    """`/inbox/`: three panes. Whole pages for addresses, fragments for htmx and live events."""

    route_base = "/inbox"
    class_permission_name = "Inbox"
    method_permission_name = {
        "index": "read",
        "conversation": "read",
        "list": "read",
        "rows": "read",
        "thread": "read",
        "head": "read",
        "messages": "read",
        "counts": "read",
        "quick_replies": "read",
        "presence": "mark_read",
        "mark_read": "mark_read",
    }

    @expose("/")
    @has_access
    def index(self) -> str:
        """The list alone, nothing chosen."""
        return self._page()

    @expose("/<int:conversation_id>/")
    @has_access
    def conversation(self, conversation_id: int) -> str:
        """The list with one conversation open: an address to send to a colleague."""
        found = inbox_thread.load(web_session(), conversation_id)
        return self._page(**thread_values(found))

    @expose("/list")
    @has_access
    def list(self) -> str:
        """The rows of a filter, or with `after` the next page of them."""
        return fragment("_rows.html", **list_values())

    @expose("/rows")
    @has_access
    def rows(self) -> str:
        """Those of `ids` that stand in the filtered list now, and the unread counts."""
        session = web_session()
        rows = inbox_list.still_listed(session, wanted(), ids("ids"))
        unread = inbox_list.unread(session, member_id())
        return fragment("_changed.html", rows=rows, unread=unread, **rows_values(rows))

    @expose("/counts")
    @has_access
    def counts(self) -> Response:
        """What is unread, for the badge on other pages."""
        desk().signs.of(desk(), need_tenant().id, member_id())  # a hidden tab asks here, no more
        found = inbox_list.unread(web_session(), member_id())
        return jsonify(
            for_me=found.for_me,
            mine=found.mine,
            unassigned=found.unassigned,
            mentions=found.mentions,
            all=found.all,
        )

    @expose("/<int:conversation_id>/thread")
    @has_access
    def thread(self, conversation_id: int) -> str:
        """The middle and the right pane."""
        found = inbox_thread.load(web_session(), conversation_id)
        return fragment("_opened.html", **thread_values(found))

    @expose("/<int:conversation_id>/head")
    @has_access
    def head(self, conversation_id: int) -> str:
        """The thread's header, when somebody else has changed what it says."""
        return head_of(inbox_thread.load(web_session(), conversation_id))

    @expose("/<int:conversation_id>/messages")
    @has_access
    def messages(self, conversation_id: int) -> str:
        """With `after` what is new since a message (and those of `ids`, which changed); with
        `before` the page above it.
        """
        session = web_session()
        found = conversations.get(session, conversation_id)
        before = request.args.get("before", type=int)
        if before is not None:
            page = inbox_thread.latest(session, found, before)
            return fragment("_earlier.html", thread=page, conversation=found)
        after = request.args.get("after", default=0, type=int)
        return bubbles(inbox_thread.news(session, found, after, ids("ids")), found)

    @expose("/quick_replies")
    @has_access
    def quick_replies(self) -> Response:
        """What `/` calls up, for the composer: `[{shortcut, text}]`."""
        found = quick_replies.all_of(web_session())
        return jsonify([{"shortcut": each.shortcut, "text": each.text} for each in found])

    @expose("/<int:conversation_id>/presence", methods=["POST"])
    @has_access
    def presence(self, conversation_id: int) -> Response:
        """Tell the others that the asker is `here`, `typing` or `gone`. Nothing is stored."""
        session = web_session()
        found = conversations.get(session, conversation_id)
        doing = request.form.get("doing", "")
        if doing not in PRESENCES:
            raise Malformed(say("Say here, typing or gone."))
        if (who := member_id()) is not None:
            ids = {"conversation": found.id, "channel": found.channel_id, "member": who}
            whisper(desk(), session.tenant_id, "presence", doing=doing, **ids)
        return Response(status=204)

    @expose("/<int:conversation_id>/read", methods=["POST"])
    @has_access
    def mark_read(self, conversation_id: int) -> Response:
        """Somebody looks at it. A POST: a prefetching browser must not read mail."""
        session = web_session()
        found = conversations.get(session, conversation_id)
        for shown in (found, *(each for each in beside(session, found) if each.unread)):
            conversations.mark_read(session, shown)
            mentions.see(session, shown, member_id())
        session.commit()
        return Response(status=204)

    def _page(self, **values: Any) -> str:
        need_tenant()
        page: str = self.render_template(
            "sapa/inbox/inbox.html",
            title=_("Inbox"),
            **{**shared(), **list_values(), **frame_values(), **values},
        )
        return page
