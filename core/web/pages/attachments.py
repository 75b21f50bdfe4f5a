"""`/files/<uuid>`: a message's file, to whoever may see its conversation."""

from __future__ import annotations

from uuid import UUID

from flask import Response, send_file
from sqlalchemy import select

from core.errors import NotFound
from core.media_types import HEAD, safe_inline_type
from core.models import Attachment, AttachmentState, Message
from core.services import conversations
from core.web.fab import Page, expose, has_access
from core.web.request import desk, web_session
from core.words import say

# a file opened by itself runs nothing, whatever it turns out to be
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class FilesView(Page):
    """Attachments. Inline only what is safe by its bytes; all else is a download."""

    route_base = "/files"
    default_view = "file"
    class_permission_name = "Inbox"
    method_permission_name = {"file": "read"}

    @expose("/<uuid:file_uuid>")
    @has_access
    def file(self, file_uuid: UUID) -> Response:
        """200 or 206 with the bytes, 304; 404: unknown, another tenant's, not fetched yet."""
        session = web_session()
        attachment = session.scalar(select(Attachment).where(Attachment.uuid == file_uuid))
        if attachment is None or attachment.state is not AttachmentState.STORED:
            raise NotFound(say("There is no such file, or it has not arrived yet."))
        message = session.get_one(Message, attachment.message_id)
        conversations.get(session, message.conversation_id)
        path = desk().media.path(session.tenant_id, attachment.sha256)
        if not path.is_file():
            raise NotFound(say("This file is no longer kept."))
        with path.open("rb") as file:
            inline = safe_inline_type(file.read(HEAD))
        session.close()  # a long download must not hold a connection
        answer = send_file(
            path,
            mimetype=inline or "application/octet-stream",
            as_attachment=inline is None,
            download_name=_name(attachment, inline),
            etag=attachment.sha256,
            conditional=True,
        )
        # kept by this browser only, and asked for again each time: rights may have gone
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.headers["Vary"] = "Cookie"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Content-Security-Policy"] = SANDBOX
        return answer


def _name(attachment: Attachment, inline: str | None) -> str:
    name = "".join(c for c in attachment.name if c.isprintable()).strip()
    if name:
        return name
    kind = (inline or "application/octet-stream").partition("/")[2]
    return f"{attachment.kind.value}.{ {'jpeg': 'jpg', 'octet-stream': 'bin'}.get(kind, kind) }"
