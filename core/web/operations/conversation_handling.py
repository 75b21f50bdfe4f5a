"""Operations of a team on a conversation: snooze, note, label; and reacting to a message."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from flask_appbuilder.api import expose
from pydantic import AwareDatetime

from core.errors import NotFound
from core.host.declarations import ApiDecl
from core.live import tell
from core.models import Conversation, Message
from core.services import conversations, labels, notes, reactions
from core.web.fab import protect
from core.web.operations.base import Body, Operation, body_of, row_id
from core.web.operations.writing import as_answer
from core.web.request import membership, web_session
from core.words import say


class SnoozeBody(Body):
    """When it comes back, with its offset: 2026-11-30T09:00:00+07:00."""

    until: AwareDatetime


class NoteBody(Body):
    """What the team should know. `@Name` calls a colleague."""

    text: str


class LabelBody(Body):
    """A label by its name."""

    name: str


class ReactionBody(Body):
    """One emoji; "" takes ours away."""

    emoji: str


class HandlingOperations(Operation):
    """`/api/v1/conversation/<id>/snooze`, `/note`, `/label`, `/unlabel`."""

    resource_name = "conversation"
    class_permission_name = "Conversation"

    @expose("/<pk>/snooze", methods=["POST"])
    @protect()
    def snooze(self, pk: str) -> Response:
        """Put the conversation away until a time.
        ---
        post:
          description: Snooze; a new message brings it back earlier
          responses:
            200: {description: Done}
            422: {description: Not in the future}
        """
        until: datetime = body_of(SnoozeBody).until
        conversations.snooze(web_session(), _conversation(pk), until)
        return self.answer(message="OK")

    @expose("/<pk>/note", methods=["POST"])
    @protect()
    def note(self, pk: str) -> Response:
        """Keep a note for the team.
        ---
        post:
          description: Keep a note; the customer never sees it
          responses:
            201: {description: Kept; the message's id}
            422: {description: Nothing written}
        """
        text = body_of(NoteBody).text
        message = notes.add_note(web_session(), _conversation(pk), text, membership())
        return self.answer(201, **as_answer(message))

    @expose("/<pk>/label", methods=["POST"])
    @protect()
    def label(self, pk: str) -> Response:
        """Put a label on the conversation's contact.
        ---
        post:
          description: Put a label on, by name; one that is new is made
          responses:
            200: {description: Done}
            422: {description: No name, or too long}
        """
        conversation = _conversation(pk)
        label = labels.named(web_session(), body_of(LabelBody).name)
        labels.put_label(web_session(), conversation.contact, label)
        return self._labelled(conversation)

    @expose("/<pk>/unlabel", methods=["POST"])
    @protect()
    def unlabel(self, pk: str) -> Response:
        """Take a label off the customer.
        ---
        post:
          description: Take a label off, by name, from all contacts of the customer
          responses:
            200: {description: Done}
            404: {description: No such label}
        """
        conversation = _conversation(pk)
        label = labels.find(web_session(), body_of(LabelBody).name)
        if label is None:
            raise NotFound(say("There is no such label."))
        for contact in conversation.contact.customer.contacts:
            labels.take_label(web_session(), contact, label)
        return self._labelled(conversation)

    def _labelled(self, conversation: Conversation) -> Response:
        tell(
            web_session(),
            "conversation",
            conversation=conversation.id,
            channel=conversation.channel_id,
        )
        return self.answer(message="OK")


class ReactionOperations(Operation):
    """`/api/v1/message/<id>/react`."""

    resource_name = "message"
    class_permission_name = "Message"

    @expose("/<pk>/react", methods=["POST"])
    @protect()
    def react(self, pk: str) -> Response:
        """React to a message with an emoji.
        ---
        post:
          description: Put our one reaction on a message, or take it away
          responses:
            202: {description: Queued}
            422: {description: The channel carries none, or not now}
        """
        message = web_session().get(Message, row_id(pk))
        if message is None:
            raise NotFound(say("There is no such message."))
        reactions.react(web_session(), message, body_of(ReactionBody).emoji)
        return self.answer(202, message="OK")


def _conversation(pk: str) -> Conversation:
    return conversations.get(web_session(), row_id(pk))


OPERATIONS = (ApiDecl(api=HandlingOperations), ApiDecl(api=ReactionOperations))
