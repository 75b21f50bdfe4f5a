"""The original of a mail: in a dialog, its HTML in a frame that can do nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, render_template
from flask_babel import gettext as _
from sqlalchemy import select

from core.api import Message, NotFound, Page, conversations, expose, has_access, say, web_session
from core.api import desk as the_desk
from plugins.channels.email import html, notes
from plugins.channels.email.poll import KIND

MOST_PICTURES = 6 * 1024 * 1024

# what a frame may do: show. Links open outside of it; `sandbox` without scripts, forms and origin
FRAME_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


class OriginalView(Page):
    """`/email/<uuid>`: how a mail looked. Whoever may read its conversation may look."""

    route_base = "/email"
    default_view = "show"
    class_permission_name = "Inbox"
    method_permission_name = {"show": "read", "frame": "read"}

    @expose("/<uuid:message_uuid>")
    @has_access
    def show(self, message_uuid: UUID) -> str:
        """A dialog with the headers, and the mail as HTML or as text."""
        message, raw = _mail(message_uuid)
        return render_template(
            "email/original.html",
            message=message,
            raw=raw,
            people=[
                (_("From"), [raw.get("from")]),
                (_("To"), raw.get("to")),
                (_("Copies"), raw.get("cc")),
            ],
            left_out=notes.pictures_left_out(raw),
        )

    @expose("/<uuid:message_uuid>/html")
    @has_access
    def frame(self, message_uuid: UUID) -> Response:
        """The cleaned HTML by itself, with the mail's own pictures in it."""
        message, raw = _mail(message_uuid)
        page = html.with_pictures(str(raw.get("html") or ""), _pictures(message, raw))
        answer = Response(render_template("email/frame.html", page=page), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = FRAME_POLICY
        answer.headers["X-Frame-Options"] = "SAMEORIGIN"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer


def _mail(message_uuid: UUID) -> tuple[Message, dict[str, Any]]:
    session = web_session()
    message = session.scalar(select(Message).where(Message.uuid == message_uuid))
    if message is None or message.channel.kind != KIND or not message.raw or message.is_deleted:
        raise NotFound(say("There is no such mail."))
    conversations.get(session, message.conversation_id)
    return message, message.raw


def _pictures(message: Message, raw: dict[str, Any]) -> dict[str, tuple[str, bytes]]:
    """The pictures of the mail that are here, by Content-ID."""
    store, tenant_id = the_desk().media, web_session().tenant_id
    path_of = {path: cid for cid, path in (raw.get("cids") or {}).items()}
    found: dict[str, tuple[str, bytes]] = {}
    left = MOST_PICTURES
    for file in message.attachments:
        parts = file.provider_ref.get("id", "").split("/")
        cid = path_of.get(parts[2]) if len(parts) > 2 else None
        if cid is None or not file.sha256 or file.size > left:
            continue
        try:
            found[cid] = (file.mime_type, store.get(tenant_id, file.sha256))
        except FileNotFoundError:
            continue
        left -= file.size
    return found
