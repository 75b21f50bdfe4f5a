"""Sending to an address that may be new: a conversation is opened where there is none."""

from __future__ import annotations

from flask import Response
from flask_appbuilder.api import expose

from core.errors import Conflict, NotFound, Refused
from core.host.declarations import ApiDecl
from core.models import Channel, Message
from core.services import send
from core.services.consent import check_may_begin
from core.services.start import conversation_with
from core.web.fab import protect
from core.web.operations.base import Operation, RowId, body_of, row_id
from core.web.operations.writing import WritingBody, as_answer, queue
from core.web.request import web_session
from core.words import say


class SendBody(WritingBody):
    """What to write, and to whom: a phone number, or an address of a kind the channel speaks.

    `is_asked_for`: they opted out of messages, and asked for this one.
    """

    channel_id: RowId
    to: str
    is_asked_for: bool = False


class MessageOperations(Operation):
    """`/api/v1/message/send`, `/api/v1/message/<id>/retry` and `/arrived`."""

    resource_name = "message"
    class_permission_name = "Message"

    @expose("/send", methods=["POST"])
    @protect()
    def send(self) -> Response:
        """Send a message to an address.
        ---
        post:
          description: Send text or a template; an unknown address becomes a customer
          responses:
            202: {description: Queued; the message's id and state}
            422: {description: Refused, with the field}
        """
        body = body_of(SendBody)
        channel = web_session().get(Channel, body.channel_id)
        if channel is None or channel.archived_at is not None:
            raise Refused(say("There is no such channel."), "channel_id")
        conversation = conversation_with(web_session(), channel, body.to)
        check_may_begin(conversation, is_asked_for=body.is_asked_for)
        return self.answer(202, **queue(conversation, body))

    @expose("/<pk>/retry", methods=["POST"])
    @protect()
    def retry(self, pk: str) -> Response:
        """Send a failed message again.
        ---
        post:
          description: Send again what failed, or whose outcome is unknown
          responses:
            202: {description: Queued}
            409: {description: It is neither failed nor unknown}
        """
        message = _message(pk)
        try:
            send.retry(web_session(), message)
        except Refused as refused:
            raise Conflict(refused.message, refused.field) from refused
        return self.answer(202, **as_answer(message))

    @expose("/<pk>/arrived", methods=["POST"])
    @protect()
    def arrived(self, pk: str) -> Response:
        """Say that a message arrived.
        ---
        post:
          description: Settle a message whose outcome is unknown as accepted, without sending again
          responses:
            200: {description: Accepted}
            409: {description: Its outcome is known}
        """
        message = _message(pk)
        try:
            send.confirm(web_session(), message)
        except Refused as refused:
            raise Conflict(refused.message, refused.field) from refused
        return self.answer(200, **as_answer(message))


def _message(pk: str) -> Message:
    message: Message | None = web_session().get(Message, row_id(pk))
    if message is None:
        raise NotFound(say("There is no such message."))
    return message


OPERATIONS = (ApiDecl(api=MessageOperations),)
