"""The message dialog that stands beside every phone number and e-mail address (D11)."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for

from core.inbound import IdentityKind
from core.models import Template
from core.services import message_dialog, send
from core.services.consent import check_may_begin, may_automate
from core.services.start import conversation_with
from core.services.templates import variables_of, why_not
from core.web.fab import Page, expose, has_access
from core.web.message_button import shown
from core.web.pages.inbox_writing import chosen_template, typed_text, typed_variables
from core.web.request import membership, web_session


class MessageDialogView(Page):
    """`/message/`: what to say, template or free text; then who sends it."""

    route_base = "/message"
    class_permission_name = "Inbox"
    method_permission_name = {"index": "reply", "send": "reply"}

    @expose("/")
    @has_access
    def index(self) -> str:
        """The dialog for the number or address `to`."""
        session = web_session()
        to = message_dialog.addressee(session, request.args.get("to", "").replace("\x00", ""))
        me = membership()
        name = str(to.contact) if to.contact else ""
        return render_template(
            "sapa/message_dialog.html",
            to=to,
            shown=shown(to.number),
            senders=message_dialog.senders(session, to),
            templates=message_dialog.usable_templates(session),
            variables_of=variables_of,
            why_not=why_not,
            has_subject=to.kind is IdentityKind.EMAIL,
            has_opted_out=to.contact is not None and not may_automate(session, to.contact),
            filled={
                "contactname": to.contact.name if to.contact else "",
                "firstname": name.split()[0] if to.contact and to.contact.name else "",
                "phone": to.number if to.kind is IdentityKind.PHONE else "",
                "username": me.name if me else "",
            },
        )

    @expose("/send", methods=["POST"])
    @has_access
    def send(self) -> Response:
        """Send `text` or a `template` to `to` over `channel`; 422 says why not, by field."""
        session = web_session()
        to = message_dialog.addressee(session, request.form.get("to", "").replace("\x00", ""))
        channel = message_dialog.sender(session, to, request.form.get("channel", type=int))
        template: Template | None = chosen_template()
        conversation = conversation_with(
            session, channel, message_dialog.address_on(session, to, channel)
        )
        check_may_begin(conversation, is_asked_for=bool(request.form.get("is_asked_for")))
        message = send.send_message(
            session,
            conversation,
            text="" if template else typed_text(),
            subject=request.form.get("subject", "").replace("\x00", ""),
            template=template,
            variables=typed_variables(),
            author=membership(),
        )
        session.commit()
        where = url_for("InboxView.conversation", conversation_id=message.conversation_id)
        return make_response(
            render_template("sapa/message_sent.html", where=where, channel=channel)
        )
