"""Modules (pipelines), cards and tasks."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from core.host.declarations import ApiDecl, ViewDecl
from core.models import Card, Module, Task
from core.models.base import now
from core.services import tasks
from core.web.fab import AdminApi, AdminView, SQLAInterface, action
from core.web.nouns.base import LIVING, commit
from core.web.nouns.writes import Archives, ChecksStages
from core.web.request import web_session


class ModuleView(Archives, ChecksStages, AdminView):
    """Pipelines: where a new sender's card goes, and the stages it passes."""

    datamodel = SQLAInterface(Module)
    class_permission_name = "Module"
    list_title, add_title = _("Modules"), _("New module")
    list_columns = ["name", "stages", "allows_sms"]
    show_columns = ["name", "stages", "allows_sms", "created_at"]
    add_columns = edit_columns = ["name", "stages", "allows_sms"]
    search_columns = ["name"]
    base_filters = LIVING
    description_columns = {
        "stages": _('The stages in order, as a list: ["New", "Talking", "Won"]'),
        "allows_sms": _("Whether messages from this module's cards may go by SMS."),
    }


class CardView(Archives, AdminView):
    """Opportunities."""

    datamodel = SQLAInterface(Card)
    class_permission_name = "Card"
    list_title, show_title, add_title = _("Cards"), _("Card"), _("New card")
    list_columns = ["title", "module", "stage", "contact", "agent", "is_open", "updated_at"]
    show_columns = [*list_columns, "created_at"]
    add_columns = ["title", "module", "contact", "agent", "stage"]
    edit_columns = ["title", "module", "agent", "stage", "is_open"]
    search_columns = ["title", "module", "stage", "agent", "is_open", "updated_at"]
    base_filters = LIVING
    base_order = ("id", "desc")


class TaskView(AdminView):
    """Everything to do; Today shows what is due."""

    datamodel = SQLAInterface(Task)
    class_permission_name = "Task"
    list_title, show_title, add_title = _("Tasks"), _("Task"), _("New task")
    list_columns = ["title", "kind", "deadline", "agent", "contact", "done_at"]
    show_columns = [*list_columns, "channel", "card", "created_at"]
    add_columns = ["title", "deadline", "contact", "card", "agent"]
    edit_columns = ["title", "deadline", "agent"]
    search_columns = ["title", "kind", "deadline", "agent", "done_at"]
    base_order = ("id", "desc")
    badges = {"kind": {"reply": "red", "todo": "azure"}}

    @action("finish", _("Done"), multiple=True, single=True, icon="check")
    def finish(self, items: Any) -> Any:
        for task in items if isinstance(items, list) else [items]:
            tasks.finish(web_session(), task, now())
        commit()
        return self.done()

    def done(self) -> Any:
        from flask import redirect

        return redirect(self.get_redirect())


class ModuleApi(Archives, ChecksStages, AdminApi):
    """`/api/v1/module/`."""

    resource_name = "module"
    datamodel = SQLAInterface(Module)
    class_permission_name = "Module"
    list_columns = ["id", "name", "stages", "allows_sms"]
    add_columns = edit_columns = ["name", "stages", "allows_sms"]
    search_columns = ["name"]
    base_filters = LIVING


class CardApi(Archives, AdminApi):
    """`/api/v1/card/`."""

    resource_name = "card"
    datamodel = SQLAInterface(Card)
    class_permission_name = "Card"
    list_columns = [
        "id",
        "title",
        "stage",
        "is_open",
        "module.id",
        "contact.id",
        "agent.id",
        "updated_at",
    ]
    show_columns = list_columns
    add_columns = ["title", "module", "contact", "agent", "stage"]
    edit_columns = ["title", "module", "agent", "stage", "is_open"]
    search_columns = ["title", "module", "contact", "stage", "agent", "is_open", "updated_at"]
    base_filters = LIVING


class TaskApi(AdminApi):
    """`/api/v1/task/`."""

    resource_name = "task"
    datamodel = SQLAInterface(Task)
    class_permission_name = "Task"
    list_columns = ["id", "title", "kind", "deadline", "done_at", "contact.id", "agent.id"]
    show_columns = list_columns
    add_columns = ["title", "deadline", "contact", "card", "agent"]
    edit_columns = ["title", "deadline", "agent"]
    search_columns = ["title", "kind", "deadline", "done_at", "agent", "contact"]


MENU = "Sales"
NOUNS = (
    ViewDecl(view=CardView, name="Cards", icon="cards", category=MENU, category_icon="briefcase"),
    ViewDecl(view=TaskView, name="Tasks", icon="checklist", category=MENU),
    ViewDecl(view=ModuleView, name="Modules", icon="layout-kanban", category=MENU),
    ApiDecl(api=ModuleApi),
    ApiDecl(api=CardApi),
    ApiDecl(api=TaskApi),
)
