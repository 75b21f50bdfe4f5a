"""Writing in the inbox: answers, notes, another try."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import FileStorage

from core.errors import Refused
from core.media_types import HEAD, safe_inline_type
from core.models import Conversation, Message, Template
from core.services import conversations, inbox_thread, notes, reactions, send
from core.services.send import Upload
from core.web.fab import Page, expose, has_access
from core.web.pages.inbox_context import bubbles
from core.web.request import membership, web_session
from core.words import say


class InboxWritingView(Page):
    """Posts of the composer. Each answers with the bubbles of what was written."""

    route_base = "/inbox"
    default_view = "reply"
    class_permission_name = "Inbox"
    method_permission_name = {
        "reply": "reply",
        "note": "note",
        "retry": "reply",
        "arrived": "reply",
        "react": "reply",
    }

    @expose("/<int:conversation_id>/reply", methods=["POST"])
    @has_access
    def reply(self, conversation_id: int) -> str:
        """Send `text`, a file (`upload`) or a `template`; 422 says why not, naming the field."""
        session = web_session()
        opened = conversations.get(session, conversation_id)
        quoted = _quoted(opened)
        conversation = (
            quoted.conversation if quoted else opened
        )  # a reply goes out where its row is
        message = send.send_message(
            session,
            conversation,
            text=typed_text(),
            template=chosen_template(),
            variables=typed_variables(),
            upload=uploaded(request.files.get("upload")),
            reply_to=quoted,
            author=membership(),
        )
        session.commit()
        return _bubble(message)

    @expose("/<int:conversation_id>/note", methods=["POST"])
    @has_access
    def note(self, conversation_id: int) -> str:
        """Keep `text` for the team; the customer never sees it."""
        session = web_session()
        conversation = conversations.get(session, conversation_id)
        message = notes.add_note(session, conversation, typed_text(), membership())
        session.commit()
        return _bubble(message)

    @expose("/message/<int:message_id>/retry", methods=["POST"])
    @has_access
    def retry(self, message_id: int) -> str:
        """Send a message again that failed, or whose outcome nobody knows."""
        session = web_session()
        message = inbox_thread.message(session, message_id)
        send.retry(session, message)
        session.commit()
        return _bubble(message)

    @expose("/message/<int:message_id>/arrived", methods=["POST"])
    @has_access
    def arrived(self, message_id: int) -> str:
        """Somebody has seen on the phone that a message arrived, of which nobody knew."""
        session = web_session()
        message = inbox_thread.message(session, message_id)
        send.confirm(session, message)
        session.commit()
        return _bubble(message)

    @expose("/message/<int:message_id>/react", methods=["POST"])
    @has_access
    def react(self, message_id: int) -> str:
        """Put `emoji` on a message; the same one again takes it away."""
        session = web_session()
        message = inbox_thread.message(session, message_id)
        emoji = request.form.get("emoji", "").replace("\x00", "")
        if message.reactions.get(reactions.US) == emoji:
            emoji = ""
        reactions.react(session, message, emoji)
        session.commit()
        return _bubble(message)


def uploaded(file: FileStorage | None) -> Upload | None:
    """An attached file; its type is what its bytes are, where we can tell, not what it says."""
    if file is None or not file.filename:
        return None
    content = file.read()
    if not content:
        raise Refused(say("This file is empty: choose another."), "upload")
    mime_type = safe_inline_type(content[:HEAD]) or file.mimetype
    if mime_type.split("/")[0] in ("image", "audio", "video") and not safe_inline_type(content):
        mime_type = "application/octet-stream"  # it says picture and isn't one: sent as a file
    return Upload(file.filename, mime_type or "application/octet-stream", content)


def _bubble(message: Message) -> str:
    found = inbox_thread.message(web_session(), message.id)
    return bubbles([found], found.conversation)


def typed_text() -> str:
    """The text of the form, with plain line ends."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    if "\x00" in text:
        raise Refused(say("The text holds a character that can't be sent."), "text")
    return text


def chosen_template() -> Template | None:
    """The template of the form, if it names one. Refused where it is gone."""
    template_id = request.form.get("template", type=int)
    if template_id is None:
        return None
    template: Template | None = web_session().get(Template, template_id)
    if template is None or template.archived_at is not None:
        raise Refused(say("This template is gone: choose another."), "template")
    return template


def typed_variables() -> dict[str, str]:
    """What was typed for a template's variables, by name."""
    return {
        name.removeprefix("var_"): value.replace("\x00", "")
        for name, value in request.form.items()
        if name.startswith("var_")
    }


def _quoted(conversation: Conversation) -> Message | None:
    message_id = request.form.get("reply_to", type=int)
    quoted = web_session().get(Message, message_id) if message_id else None
    if quoted is not None and quoted.contact.customer_id != conversation.contact.customer_id:
        raise Refused(say("That message is of another conversation: take the quote away."), "text")
    return quoted
