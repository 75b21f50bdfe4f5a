"""Quick replies: what `/` calls up while somebody writes."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from core.host.declarations import ApiDecl, ViewDecl
from core.models import QuickReply
from core.services.quick_replies import checked_shortcut, checked_text
from core.web.fab import AdminApi, SQLAInterface
from core.web.nouns.base import LIVING, NounView
from core.web.nouns.writes import Archives


class QuickReplyWrites(Archives):
    """The shortcut is one word, and the text's variables are known ones."""

    def perform_add(self, data: dict[str, Any]) -> Any:
        return super().perform_add(_checked(data))  # type: ignore[misc]  # a mixin before NounView

    def perform_edit(self, item: Any, data: dict[str, Any]) -> Any:
        return super().perform_edit(item, _checked(data))  # type: ignore[misc]  # likewise


def _checked(data: dict[str, Any]) -> dict[str, Any]:
    checks = {"shortcut": checked_shortcut, "text": checked_text}
    return {
        name: checks[name](value or "") if name in checks else value for name, value in data.items()
    }


class QuickReplyView(QuickReplyWrites, NounView):
    """Answers that are written often."""

    datamodel = SQLAInterface(QuickReply)
    class_permission_name = "QuickReply"
    list_title, show_title = _("Quick replies"), _("Quick reply")
    add_title, edit_title = _("New quick reply"), _("Edit quick reply")
    list_columns = ["shortcut", "text", "updated_at"]
    show_columns = ["shortcut", "text", "created_at", "updated_at"]
    add_columns = edit_columns = ["shortcut", "text"]
    search_columns = ["shortcut", "text"]
    base_filters = LIVING
    base_order = ("shortcut", "asc")
    description_columns = {
        "shortcut": _("Type / and this word while you write: /thanks"),
        "text": _(
            "Filled in from the customer: {contactname}, {firstname}, {phone}, {channelname}; "
            "from you: {username}, {shopname}."
        ),
    }
    label_columns = {"shortcut": _("Shortcut"), "text": _("Text")}
    empty_state = {
        "title": _("No quick replies yet"),
        "text": _("What you write every day, called up with / in the inbox: /thanks, /address."),
        "action_label": _("New quick reply"),
        "icon": "bolt",
    }


class QuickReplyApi(QuickReplyWrites, AdminApi):
    """`/api/v1/quick_reply/`."""

    resource_name = "quick_reply"
    datamodel = SQLAInterface(QuickReply)
    class_permission_name = "QuickReply"
    list_columns = ["id", "shortcut", "text", "updated_at"]
    show_columns = list_columns
    add_columns = edit_columns = ["shortcut", "text"]
    search_columns = ["shortcut"]
    base_filters = LIVING


NOUNS = (
    ViewDecl(
        view=QuickReplyView,
        name="Quick replies",
        icon="bolt",
        category="Settings",
        category_icon="settings",
    ),
    ApiDecl(api=QuickReplyApi),
)
