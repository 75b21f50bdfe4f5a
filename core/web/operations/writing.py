"""What a REST caller writes to a customer, and what it learns of the message that was queued."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import select

from core.errors import Refused
from core.models import Conversation, Message, Sender, Template
from core.services import send
from core.tenancy.session import TenantSession
from core.web.operations.base import Body
from core.web.request import membership, web_session
from core.words import say


class WritingBody(Body):
    """Free text, or a template by name with its variables. `subject`: where the channel has one."""

    text: str = ""
    subject: str = ""
    template: str = ""
    variables: dict[str, str] = Field(default_factory=dict)


def queue(conversation: Conversation, body: WritingBody) -> dict[str, Any]:
    """Queue what `body` says, and describe the message. Refused, with the field."""
    session, author = web_session(), membership()
    message = send.send_message(
        session,
        conversation,
        text=body.text,
        subject=body.subject,
        template=_template(session, body.template),
        variables=body.variables,
        author=author,
        sender=Sender.AGENT if author else Sender.API,
    )
    return as_answer(message)


def as_answer(message: Message) -> dict[str, Any]:
    """What a caller learns of a message that was queued."""
    return {"id": message.id, "uuid": str(message.uuid), "state": message.state.value}


def _template(session: TenantSession, name: str) -> Template | None:
    if not name:
        return None
    template = session.scalar(
        select(Template).where(Template.name == name, Template.archived_at.is_(None))
    )
    if template is None:
        raise Refused(say("There is no template “%(name)s”.", name=name[:80]), "template")
    return template
