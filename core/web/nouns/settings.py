"""What an admin sets up: templates, API tokens, the audit trail."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from core.host.declarations import ApiDecl, ViewDecl
from core.models import AuditEntry, Template
from core.services.templates import variables_of
from core.web.fab import AdminApi, AdminView, SQLAInterface
from core.web.nouns.base import LIVING
from core.web.nouns.writes import Archives


class TemplateWrites(Archives):
    """The variables are read from the body, in order of first use."""

    def perform_add(self, data: dict[str, Any]) -> Any:
        data["variables"] = variables_of(data.get("body") or "")
        return super().perform_add(data)  # type: ignore[misc]  # a mixin before AdminView

    def perform_edit(self, item: Any, data: dict[str, Any]) -> Any:
        if "body" in data:
            data["variables"] = variables_of(data["body"] or "")
        return super().perform_edit(item, data)  # type: ignore[misc]  # a mixin before AdminView

    def is_writable(self, name: str) -> bool:
        return name == "variables" or bool(super().is_writable(name))  # type: ignore[misc]


class TemplateView(TemplateWrites, AdminView):
    """Texts with variables, ours and those that a provider approved."""

    datamodel = SQLAInterface(Template)
    class_permission_name = "Template"
    list_title, show_title = _("Templates"), _("Template")
    add_title, edit_title = _("New template"), _("Edit template")
    list_columns = ["name", "body", "language", "channel", "is_approved"]
    show_columns = [
        "name",
        "body",
        "variables",
        "language",
        "channel",
        "provider_name",
        "is_approved",
    ]
    add_columns = ["name", "body", "language", "channel", "provider_name", "is_approved"]
    edit_columns = add_columns
    search_columns = ["name", "body", "language", "channel", "is_approved"]
    base_filters = LIVING
    description_columns = {
        "body": _("Write variables in braces: Hello {contactname}"),
        "provider_name": _("Only for a template that the provider approved: its name there."),
    }


class AuditView(AdminView):
    """Who changed what, when."""

    datamodel = SQLAInterface(AuditEntry)
    class_permission_name = "AuditEntry"
    read_only = True
    list_title, show_title = _("Audit trail"), _("Entry")
    list_columns = ["at", "actor", "action", "noun", "label"]
    show_columns = ["at", "actor", "action", "noun", "row_id", "label", "changes"]
    search_columns = ["at", "actor", "action", "noun", "label"]
    base_order = ("id", "desc")


class TemplateApi(TemplateWrites, AdminApi):
    """`/api/v1/template/`."""

    resource_name = "template"
    datamodel = SQLAInterface(Template)
    class_permission_name = "Template"
    list_columns = ["id", "name", "body", "language", "variables", "provider_name", "is_approved"]
    add_columns = ["name", "body", "language", "channel", "provider_name", "is_approved"]
    edit_columns = add_columns
    search_columns = ["name", "language", "is_approved", "channel"]
    base_filters = LIVING


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
    ApiDecl(api=AuditApi),
)
