"""What an admin sets up: templates, API tokens, the audit trail."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from core.errors import Refused
from core.host.declarations import ApiDecl, ViewDecl
from core.models import AuditEntry, Notice, Template
from core.services.provider_templates import rename_variables
from core.services.templates import variables_of
from core.web.fab import AdminApi, SQLAInterface
from core.web.nouns.base import LIVING, NounView
from core.web.nouns.writes import Archives
from core.web.theme import words_of


class TemplateWrites(Archives):
    """The variables are read from the body, in order of first use.

    A template that was fetched is the provider's: only its name here and the names of its
    variables are ours.
    """

    def perform_add(self, data: dict[str, Any]) -> Any:
        data["variables"] = variables_of(data.get("body") or "")
        return super().perform_add(data)  # type: ignore[misc]  # a mixin before NounView

    def perform_edit(self, item: Any, data: dict[str, Any]) -> Any:
        if item.provider_id:
            data = _named(item, data)
        elif "body" in data:
            data["variables"] = variables_of(data["body"] or "")
        return super().perform_edit(item, data)  # type: ignore[misc]  # a mixin before NounView

    def is_writable(self, name: str) -> bool:
        return name == "variables" or bool(super().is_writable(name))  # type: ignore[misc]


def _named(template: Template, data: dict[str, Any]) -> dict[str, Any]:
    """What a person may change of a fetched template. Refused, field `body`: its words."""
    kept = {"name": data["name"]} if "name" in data else {}
    if data.get("body") in (None, template.body):
        return kept
    variables = rename_variables(template, data["body"])
    if variables is None:
        raise Refused(
            str(
                _("The words are the provider's: change them there. Here only the {names} can be.")
            ),
            "body",
        )
    return {**kept, "body": data["body"], "variables": variables}


class TemplateView(TemplateWrites, NounView):
    """Texts with variables, ours and those that a provider approved."""

    datamodel = SQLAInterface(Template)
    class_permission_name = "Template"
    list_title, show_title = _("Templates"), _("Template")
    add_title, edit_title = _("New template"), _("Edit template")
    list_columns = ["name", "body", "language", "channel", "category", "state"]
    show_columns = [
        "name",
        "body",
        "variables",
        "language",
        "channel",
        "provider_name",
        "category",
        "quality",
        "state",
        "reason",
    ]
    add_columns = ["name", "body", "language", "channel", "provider_name", "state"]
    edit_columns = add_columns
    search_columns = ["name", "body", "language", "channel", "category", "state"]
    badges = {
        "state": {
            "approved": "green",
            "pending": "yellow",
            "rejected": "red",
            "paused": "red",
            "disabled": "red",
            "gone": "secondary",
        }
    }
    value_words = {
        "state": {
            "approved": _("Can be sent"),
            "pending": _("Waiting for approval"),
            "rejected": _("Rejected"),
            "paused": _("Paused"),
            "disabled": _("Disabled"),
            "gone": _("Deleted there"),
        }
    }
    base_filters = LIVING
    description_columns = {
        "body": _("Write variables in braces: Hello {contactname}"),
        "channel": _("Left empty, every channel may use it."),
        "provider_name": _("Only for a template that the provider approved: its name there."),
    }
    label_columns = {
        "body": _("Text"),
        "reason": _("Why it can't be sent"),
        "state": _("State"),
        "provider_name": _("Name at the provider"),
    }
    empty_state = {
        "title": _("No templates yet"),
        "text": _("Write an answer once and use it in every conversation: Hello {contactname}."),
        "action_label": _("New template"),
        "icon": "template",
    }


class AuditView(NounView):
    """Who changed what, when."""

    datamodel = SQLAInterface(AuditEntry)
    class_permission_name = "AuditEntry"
    read_only = True
    list_title, show_title = _("Audit trail"), _("Entry")
    list_columns = ["at", "actor", "action", "noun", "label"]
    show_columns = ["at", "actor", "action", "noun", "row_id", "label", "changes"]
    search_columns = ["at", "actor", "action", "noun", "label"]
    base_order = ("id", "desc")
    label_columns = {
        "actor": _("Who"),
        "action": _("What"),
        "noun": _("On"),
        "label": _("Which"),
        "row_id": _("Number"),
    }
    formatters_columns = {"action": words_of, "noun": words_of}
    empty_state = {
        "title": _("Nothing was changed yet"),
        "text": _("Who changed what, and when, is kept here."),
        "icon": "history",
    }


class TemplateApi(TemplateWrites, AdminApi):
    """`/api/v1/template/`."""

    resource_name = "template"
    datamodel = SQLAInterface(Template)
    class_permission_name = "Template"
    list_columns = [
        "id",
        "name",
        "body",
        "language",
        "variables",
        "provider_name",
        "category",
        "quality",
        "state",
        "reason",
    ]
    add_columns = ["name", "body", "language", "channel", "provider_name", "state"]
    edit_columns = add_columns
    search_columns = ["name", "language", "state", "channel"]
    base_filters = LIVING


class NoticeApi(AdminApi):
    """`/api/v1/notice/`, to read."""

    resource_name = "notice"
    datamodel = SQLAInterface(Notice)
    class_permission_name = "Notice"
    read_only = True
    list_columns = ["id", "at", "level", "title", "text", "href", "closed_at"]
    search_columns = ["at", "level", "closed_at"]


class AuditApi(AdminApi):
    """`/api/v1/audit_entry/`, to read."""

    resource_name = "audit_entry"
    datamodel = SQLAInterface(AuditEntry)
    class_permission_name = "AuditEntry"
    read_only = True
    list_columns = ["id", "at", "actor", "action", "noun", "row_id", "label", "changes"]
    search_columns = ["at", "actor", "action", "noun", "row_id"]


MENU = "Settings"
NOUNS = (
    ViewDecl(
        view=TemplateView,
        name="Templates",
        icon="template",
        category=MENU,
        category_icon="settings",
    ),
    ViewDecl(view=AuditView, name="Audit trail", icon="history", category=MENU),
    ApiDecl(api=TemplateApi),
    ApiDecl(api=NoticeApi),
    ApiDecl(api=AuditApi),
)
