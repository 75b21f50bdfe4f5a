"""Posts of merging's screens: merge, unmerge, main channel, pin, undo, the rules."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from core.api import (
    Conversation,
    Customer,
    Gone,
    MergeEvent,
    MergeKind,
    Page,
    Refused,
    enqueue,
    expose,
    groups,
    has_access,
    profiles,
    record,
    web_session,
)
from plugins.merge import services
from plugins.merge.showing import comparison


class MergeActionsView(Page):
    """Each answers with where to look next: a redirect, to htmx by header."""

    route_base = "/merge"
    default_view = "merge"
    class_permission_name = "Merge"
    method_permission_name = {
        "merge": "merge",
        "unmerge": "merge",
        "main_channel": "merge",
        "pin": "merge",
        "undo": "merge",
        "rules": "rule",
    }

    @expose("/<int:customer_id>/merge", methods=["POST"])
    @has_access
    def merge(self, customer_id: int) -> Any:
        """Merge `with` into this customer, as the preview `version` showed it."""
        session = web_session()
        other = _number("with")
        place = request.form.get("place", "")
        conversation_id = request.form.get("conversation", type=int)
        try:
            event = services.merge(
                session,
                customer_id,
                [other],
                version=request.form.get("version", ""),
                reason=request.form.get("reason", "").replace("\x00", ""),
                idempotency_key=request.form.get("key", "")[:100] or None,
            )
        except services.StalePreview as stale:
            session.rollback()
            return comparison(
                customer_id,
                other,
                opened_id=request.form.get("opened", type=int),
                place=place,
                conversation_id=conversation_id,
                stale=stale.message,
            )
        session.commit()
        _flash_with_undo(event, _("Merged: these contacts are one customer now."))
        return _lead(_place_of(event.customer_id, conversation_id))

    @expose("/<int:customer_id>/unmerge", methods=["POST"])
    @has_access
    def unmerge(self, customer_id: int) -> Any:
        """Take `contact` out, at once."""
        session = web_session()
        event = services.unmerge(session, customer_id, _number("contact"))
        session.commit()
        _flash_with_undo(event, _("Unmerged: the contact is a customer of its own again."))
        return _lead(_customer_page(event.customer_id))

    @expose("/<int:customer_id>/main_channel", methods=["POST"])
    @has_access
    def main_channel(self, customer_id: int) -> Any:
        """New messages go to `contact`, over `channel`."""
        session = web_session()
        channel_id = request.form.get("channel", type=int)
        services.set_main_channel(session, customer_id, _number("contact"), channel_id)
        session.commit()
        flash(_("Main channel set: new and automated messages go there."), "success")
        return _lead(_customer_page(customer_id))

    @expose("/<int:customer_id>/pin", methods=["POST"])
    @has_access
    def pin(self, customer_id: int) -> Any:
        """Show the value of `contact` for `field`; without one the rules choose again."""
        session = web_session()
        contact_id = request.form.get("contact", type=int)
        services.pin(session, customer_id, request.form.get("field", ""), contact_id)
        session.commit()
        flash(_("Pinned.") if contact_id else _("The rules choose again."), "success")
        return _lead(_customer_page(customer_id))

    @expose("/event/<int:event_id>/undo", methods=["POST"])
    @has_access
    def undo(self, event_id: int) -> Any:
        """Take a merge or an unmerge back."""
        session = web_session()
        event = services.undo(session, event_id)
        session.commit()
        flash(_("Undone: everybody is as before."), "success")
        back = request.form.get("back", "")
        if back == "history":
            return _lead(url_for("MergeView.index"))
        try:
            return _lead(_customer_page(event.customer_id))
        except Gone:  # the group that this merge had made: to the oldest of those who were in it
            return _lead(_customer_page(min(event.after["contacts"].values())))

    @expose("/rules", methods=["POST"])
    @has_access
    def rules(self) -> Any:
        """By which rule each field of merged profiles is chosen."""
        session = web_session()
        for field in profiles.PROFILE_FIELDS:
            if rule := request.form.get(field, ""):
                own = profiles.choose_rule(session, field, rule)
                record(session, "rule", own, {field: (None, rule)})
        enqueue(session, "merge.refresh_profiles", {"after": 0})
        session.commit()
        flash(_("Saved. Profiles of merged customers are being chosen anew."), "success")
        return _lead(url_for("MergeView.index"))


def _number(name: str) -> int:
    value = request.form.get(name, type=int)
    if value is None:
        raise Refused(_("Choose one first."), name)
    return value


def _flash_with_undo(event: MergeEvent, words: str) -> None:
    button = Markup(
        ' <button type="button" class="btn btn-sm ms-2" hx-post="{}" hx-swap="none">{}</button>'
    ).format(url_for("MergeActionsView.undo", event_id=event.id), _("Undo"))
    kind = "success" if event.kind in (MergeKind.MERGE, MergeKind.UNMERGE) else "info"
    flash(Markup("{}{}").format(words, button), kind)


def _place_of(customer_id: int, conversation_id: int | None) -> str:
    """Back to the inbox where it was done there, else to the customer."""
    if conversation_id and web_session().get(Conversation, conversation_id) is not None:
        return url_for("InboxView.conversation", conversation_id=conversation_id)
    return _customer_page(customer_id)


def _customer_page(customer_id: int) -> str:
    session = web_session()
    here = groups.living_ids(session, [customer_id])[customer_id]
    return url_for("CustomerView.show", pk=session.get_one(Customer, here).id)


def _lead(where: str) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": where})
    answer: Response = redirect(where)  # type: ignore[assignment]  # werkzeug's own class
    return answer
