"""What a provider sent and we could not read: why, what it was, and what to do about it."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from core.errors import Refused
from core.host.declarations import ViewDecl
from core.models import BadInboundItem
from core.services import bad_items
from core.web.fab import SQLAInterface, expose, has_access
from core.web.nouns.base import NounView
from core.web.nouns.conversations import MENU
from core.web.request import web_session


class BadInboundItemView(NounView):
    """List, show with the payload, read again, discard."""

    datamodel = SQLAInterface(BadInboundItem)
    class_permission_name = "BadInboundItem"
    exclude_route_methods = {"add", "edit"}
    list_title, show_title = _("Unreadable items"), _("Unreadable item")
    list_columns = ["at", "channel", "reason", "count"]
    show_columns = ["reason", "channel", "at", "count"]
    search_columns = ["at", "channel", "reason"]
    base_order = ("id", "desc")
    show_template = "sapa/jobs/unreadable.html"
    label_columns = {"count": _("Times"), "reason": _("Why it can't be read")}
    delete_row_message = _("Discarded.")
    delete_words = {
        "question": _("Discard this? What the customer may have written in it is then gone."),
        "label": _("Discard"),
    }
    empty_state = {
        "title": _("Nothing was unreadable"),
        "text": _("Items that a provider sends and Sapa can't read are kept here with the reason."),
        "icon": "circle-check",
    }

    def render_template(self, template: str, **values: Any) -> Any:
        if template == self.show_template:
            item = self._item(values["pk"])
            values |= {
                "raw": as_text(item.raw),
                "is_whole": bad_items.body_of(item) is not None,
                "is_order": bool(bad_items.order_of(web_session(), item)),
            }
        return super().render_template(template, **values)

    @expose("/read_again/<pk>", methods=["POST"])
    @has_access
    def read_again(self, pk: str) -> Any:
        """Read the body once more: an update of its plugin may know what this is."""
        item = self._item(pk)
        session = web_session()
        is_order = bool(bad_items.order_of(session, item))
        try:
            bad_items.read_again(session, item)
        except Refused as refused:
            session.rollback()
            flash(refused.message, "danger")
            return redirect(self.address(pk))
        session.commit()
        if is_order:
            told = gettext("The order is being fetched again: it appears under Orders.")
        else:
            told = gettext("It is being read again: its messages appear in the Inbox.")
        flash(told, "success")
        return redirect(url_for(f"{self.endpoint}.list"))


def as_text(raw: Any) -> str:
    """A payload to read: JSON on several lines, also where it was kept as text."""
    try:
        value = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError:
        return str(raw)
    return json.dumps(value, indent=2, ensure_ascii=False)


NOUNS = (
    ViewDecl(
        view=BadInboundItemView, name="Unreadable items", icon="alert-triangle", category=MENU
    ),
)
