"""Handling a conversation: whose it is, and whether it is done."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Response, make_response, request
from flask_babel import gettext as _

from core.errors import NotFound, Refused
from core.models import Conversation, Division, Membership
from core.services import assigning, conversations, inbox_thread
from core.web import tenant_time
from core.web.fab import Page, expose, has_access
from core.web.pages.inbox_context import composer_values, fragment, plugin_actions
from core.web.request import web_session


class InboxHandlingView(Page):
    """Posts of the thread's header. Each answers with the header as it is now."""

    route_base = "/inbox"
    default_view = "close"
    class_permission_name = "Inbox"
    method_permission_name = {
        "assign": "assign",
        "hand_over": "assign",
        "snooze": "close",
        "close": "close",
        "reopen": "close",
    }

    @expose("/<int:conversation_id>/assign", methods=["POST"])
    @has_access
    def assign(self, conversation_id: int) -> Response:
        """Give it to the membership `agent`, or without one to nobody."""
        conversation = self._conversation(conversation_id)
        agent_id = request.form.get("agent", type=int)
        agent = web_session().get(Membership, agent_id) if agent_id else None
        if agent_id and agent is None:
            raise NotFound("There is no such agent. Reload the inbox.")
        assigning.assign(web_session(), conversation, agent)
        words = _("Assigned to %(name)s.", name=agent.name) if agent else _("Nobody has it now.")
        return self._done(conversation, words)

    @expose("/<int:conversation_id>/hand_over", methods=["POST"])
    @has_access
    def hand_over(self, conversation_id: int) -> Response:
        """Give it to the `division`."""
        conversation = self._conversation(conversation_id)
        division = web_session().get(Division, request.form.get("division", default=0, type=int))
        if division is None:
            raise NotFound("There is no such division. Reload the inbox.")
        assigning.hand_over(web_session(), conversation, division)
        return self._done(conversation, _("Handed over to %(name)s.", name=division.name))

    @expose("/<int:conversation_id>/snooze", methods=["POST"])
    @has_access
    def snooze(self, conversation_id: int) -> Response:
        """Out of the way `until` an ISO moment; without an offset it is on the tenant's clock."""
        conversation = self._conversation(conversation_id)
        try:
            until = datetime.fromisoformat(request.form.get("until", ""))
        except ValueError:
            raise Refused("Choose a time to come back.", "until") from None
        if until.tzinfo is None:
            until = until.replace(tzinfo=tenant_time.here(datetime.now(UTC)).tzinfo)
        conversations.snooze(web_session(), conversation, until)
        return self._done(conversation, _("Back %(when)s.", when=tenant_time.moment(until)))

    @expose("/<int:conversation_id>/close", methods=["POST"])
    @has_access
    def close(self, conversation_id: int) -> Response:
        """Done, until the customer writes again."""
        conversation = self._conversation(conversation_id)
        conversations.close(web_session(), conversation)
        return self._done(conversation, _("Closed. It comes back when they write."))

    @expose("/<int:conversation_id>/reopen", methods=["POST"])
    @has_access
    def reopen(self, conversation_id: int) -> Response:
        """Take a closed or snoozed conversation up again."""
        conversation = self._conversation(conversation_id)
        conversations.reopen(web_session(), conversation)
        return self._done(conversation, _("Open again."))

    def _conversation(self, conversation_id: int) -> Conversation:
        return inbox_thread.load(web_session(), conversation_id)

    def _done(self, conversation: Conversation, words: str) -> Response:
        web_session().commit()
        answer = make_response(
            fragment(
                "_header.html",
                conversation=conversation,
                **composer_values(conversation),
                actions=plugin_actions(conversation),
                snooze_times=tenant_time.snooze_times(),
            )
        )
        events = {
            "toast": {"text": str(words), "kind": "success"},
            "inbox-changed": {"conversation": conversation.id},
        }
        answer.headers["HX-Trigger"] = json.dumps(events)
        return answer
