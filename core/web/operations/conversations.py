"""Operations on a conversation: reply, assign, hand over, close, reopen."""

from __future__ import annotations

from flask import Response
from flask_appbuilder.api import expose

from core.errors import Refused
from core.host.declarations import ApiDecl
from core.models import Conversation, Division, Membership
from core.services import assigning, conversations
from core.web.fab import protect
from core.web.operations.base import Body, Operation, RowId, body_of, row_id
from core.web.operations.writing import WritingBody, queue
from core.web.request import web_session
from core.words import say


class AssignBody(Body):
    """The agent's membership id; null takes the conversation from whoever has it."""

    agent_id: RowId | None


class HandoverBody(Body):
    """The division that gets the conversation."""

    division_id: RowId


class ConversationOperations(Operation):
    """`/api/v1/conversation/<id>/…`."""

    resource_name = "conversation"
    class_permission_name = "Conversation"

    @expose("/<pk>/reply", methods=["POST"])
    @protect()
    def reply(self, pk: str) -> Response:
        """Send a reply.
        ---
        post:
          description: Queue free text, or an approved template with its variables
          responses:
            202: {description: Queued; the message's id and state}
            422: {description: Refused, with the field}
        """
        conversation = _conversation(pk)
        return self.answer(202, **queue(conversation, body_of(WritingBody)))

    @expose("/<pk>/assign", methods=["POST"])
    @protect()
    def assign(self, pk: str) -> Response:
        """Give the conversation to an agent.
        ---
        post:
          description: Assign to an agent, or with null to nobody
          responses:
            200: {description: Done}
            422: {description: No such agent here}
        """
        body = body_of(AssignBody)
        agent = None
        if body.agent_id is not None:
            agent = web_session().get(Membership, body.agent_id)
            if agent is None:
                raise Refused(say("There is no such agent here."), "agent_id")
        assigning.assign(web_session(), _conversation(pk), agent)
        return self.answer(message="OK")

    @expose("/<pk>/handover", methods=["POST"])
    @protect()
    def handover(self, pk: str) -> Response:
        """Hand the conversation over to a division.
        ---
        post:
          description: Hand over to a division
          responses:
            200: {description: Done}
            422: {description: No such division}
        """
        body = body_of(HandoverBody)
        division = web_session().get(Division, body.division_id)
        if division is None:
            raise Refused(say("There is no such division."), "division_id")
        assigning.hand_over(web_session(), _conversation(pk), division)
        return self.answer(message="OK")

    @expose("/<pk>/close", methods=["POST"])
    @protect()
    def close(self, pk: str) -> Response:
        """Close the conversation.
        ---
        post:
          description: Close; a new message reopens it
          responses:
            200: {description: Done}
        """
        conversations.close(web_session(), _conversation(pk))
        return self.answer(message="OK")

    @expose("/<pk>/reopen", methods=["POST"])
    @protect()
    def reopen(self, pk: str) -> Response:
        """Reopen the conversation.
        ---
        post:
          description: Open it again
          responses:
            200: {description: Done}
        """
        conversations.reopen(web_session(), _conversation(pk))
        return self.answer(message="OK")


def _conversation(pk: str) -> Conversation:
    return conversations.get(web_session(), row_id(pk))


OPERATIONS = (ApiDecl(api=ConversationOperations),)
