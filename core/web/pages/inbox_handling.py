"""Handling a conversation: whose it is, and whether it is done."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Response, make_response, request
from flask_babel import gettext as _

from core.errors import NotFound, Refused
from core.live import tell
from core.models import Conversation, Division, Label, Membership
from core.services import assigning, conversations, inbox_thread, labels
from core.web import tenant_time
from core.web.fab import Page, expose, has_access
from core.web.pages.inbox_context import fragment, head_of, panel_values
from core.web.request import web_session
from core.words import say


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
        "label": "label",
        "unlabel": "label",
    }

    @expose("/<int:conversation_id>/assign", methods=["POST"])
    @has_access
    def assign(self, conversation_id: int) -> Response:
        """Give it to the membership `agent`, or without one to nobody."""
        conversation = self._conversation(conversation_id)
        agent_id = request.form.get("agent", type=int)
        agent = web_session().get(Membership, agent_id) if agent_id else None
        if agent_id and agent is None:
            raise NotFound(say("There is no such agent. Reload the inbox."))
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
            raise NotFound(say("There is no such division. Reload the inbox."))
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
            raise Refused(say("Choose a time to come back."), "until") from None
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

    @expose("/<int:conversation_id>/label", methods=["POST"])
    @has_access
    def label(self, conversation_id: int) -> Response:
        """Put the `label` on the contact, or one by the `name`, which is made where it is new."""
        session = web_session()
        conversation = self._conversation(conversation_id)
        name = " ".join(request.form.get("name", "").replace("\x00", "").split())
        label = labels.named(session, name) if name else self._label()
        labels.put_label(session, conversation.contact, label)
        return self._labelled(conversation)

    @expose("/<int:conversation_id>/unlabel", methods=["POST"])
    @has_access
    def unlabel(self, conversation_id: int) -> Response:
        """Take the `label` off, from whichever of the customer's contacts wears it."""
        session = web_session()
        conversation, label = self._conversation(conversation_id), self._label()
        for contact in conversation.contact.customer.contacts:
            labels.take_label(session, contact, label)
        return self._labelled(conversation)

    def _label(self) -> Label:
        label: Label | None = web_session().get(Label, request.form.get("label", 0, type=int))
        if label is None:
            raise NotFound(say("There is no such label. Reload the inbox."))
        return label

    def _labelled(self, conversation: Conversation) -> Response:
        """The labels as they are now."""
        session = web_session()
        session.flush()
        tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)
        session.commit()
        values = panel_values(conversation)
        answer = make_response(fragment("panel/labels.html", conversation=conversation, **values))
        answer.headers["HX-Trigger"] = json.dumps(
            {"inbox-changed": {"conversation": conversation.id}}
        )
        return answer

    def _conversation(self, conversation_id: int) -> Conversation:
        return inbox_thread.load(web_session(), conversation_id)

    def _done(self, conversation: Conversation, words: str) -> Response:
        web_session().commit()
        answer = make_response(head_of(conversation))
        events = {
            "toast": {"text": str(words), "kind": "success"},
            "inbox-changed": {"conversation": conversation.id},
        }
        answer.headers["HX-Trigger"] = json.dumps(events)
        return answer
