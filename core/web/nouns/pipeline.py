"""Modules (pipelines), cards and tasks."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import Length

from core.host.declarations import ApiDecl, ViewDecl
from core.models import Card, Module, Task
from core.models.base import now
from core.services import tasks
from core.web.fab import AdminApi, SQLAInterface, action
from core.web.nouns.base import LIVING, NounView, commit
from core.web.nouns.currency import PrefillsCurrency
from core.web.nouns.lines_field import LinesField
from core.web.nouns.writes import Archives, ChecksStage, ChecksStages
from core.web.request import web_session


class ModuleView(Archives, ChecksStages, NounView):
    """Pipelines: where a new sender's card goes, and the stages it passes."""

    datamodel = SQLAInterface(Module)
    class_permission_name = "Module"
    list_title, show_title = _("Modules"), _("Module")
    add_title, edit_title = _("New module"), _("Edit module")
    list_columns = ["name", "stages", "allows_sms"]
    show_columns = ["name", "stages", "allows_sms", "created_at"]
    add_columns = edit_columns = ["name", "stages", "allows_sms"]
    search_columns = ["name"]
    base_filters = LIVING
    description_columns = {
        "allows_sms": _("Whether messages from this module's cards may go by SMS."),
    }
    label_columns = {"allows_sms": _("May use SMS")}
    add_form_extra_fields = edit_form_extra_fields = {
        "stages": LinesField(
            _("Stages"),
            description=_("One on each line, in the order in which a card passes them."),
            default=["New", "Talking", "Won"],
            render_kw={"rows": 6},
        )
    }
    empty_state = {
        "title": _("No modules yet"),
        "text": _(
            "A module is a pipeline with stages. Choose one on a channel and whoever "
            "writes there for the first time gets a card in it."
        ),
        "action_label": _("New module"),
        "icon": "layout-kanban",
    }


class CardView(PrefillsCurrency, ChecksStage, Archives, NounView):
    """Opportunities."""

    datamodel = SQLAInterface(Card)
    class_permission_name = "Card"
    list_title, show_title = _("Cards"), _("Card")
    add_title, edit_title = _("New card"), _("Edit card")
    add_form_extra_fields = edit_form_extra_fields = {
        "stage": StringField(
            _("Stage"),
            description=_("One of the module's stages. Left empty, its first."),
            validators=[Length(max=60)],
        )
    }
    empty_state = {
        "title": _("No cards yet"),
        "text": _("A card is a chance to sell. Somebody who writes for the first time gets one."),
        "action_label": _("New card"),
        "icon": "cards",
    }
    list_columns = ["title", "module", "stage", "contact", "agent", "is_open", "updated_at"]
    show_columns = [*list_columns, "amount", "currency", "created_at"]
    money_columns = {"amount": "currency"}
    add_columns = ["title", "module", "contact", "agent", "stage", "amount", "currency"]
    edit_columns = ["title", "module", "agent", "stage", "amount", "currency", "is_open"]
    search_columns = ["title", "module", "stage", "agent", "is_open", "updated_at"]
    base_filters = LIVING
    base_order = ("id", "desc")


class TaskView(NounView):
    """Everything to do; Today shows what is due."""

    datamodel = SQLAInterface(Task)
    class_permission_name = "Task"
    list_title, show_title = _("Tasks"), _("Task")
    add_title, edit_title = _("New task"), _("Edit task")
    empty_state = {
        "title": _("Nothing to do"),
        "text": _("A message that waits for an answer makes a task. Or write one down yourself."),
        "action_label": _("New task"),
        "icon": "checklist",
    }
    delete_words = {"question": _("Delete this task?"), "label": _("Delete")}
    list_columns = ["title", "kind", "deadline", "agent", "contact", "done_at"]
    show_columns = [*list_columns, "channel", "card", "created_at"]
    add_columns = ["title", "deadline", "contact", "card", "agent"]
    edit_columns = ["title", "deadline", "agent"]
    search_columns = ["title", "kind", "deadline", "agent", "done_at"]
    base_order = ("id", "desc")
    badges = {"kind": {"reply": "red", "todo": "azure"}}
    value_words = {"kind": {"reply": _("Answer"), "todo": _("To do")}}

    @action("finish", _("Done"), multiple=True, single=True, icon="check")
    def finish(self, items: Any) -> Any:
        for task in items if isinstance(items, list) else [items]:
            tasks.finish(web_session(), task, now())
        commit()
        return self.done()

    def done(self) -> Any:
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


class CardApi(ChecksStage, Archives, AdminApi):
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
        "amount",
        "currency",
        "updated_at",
    ]
    show_columns = list_columns
    add_columns = ["title", "module", "contact", "agent", "stage", "amount", "currency"]
    edit_columns = ["title", "module", "agent", "stage", "amount", "currency", "is_open"]
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
    ViewDecl(view=ModuleView, name="Modules", icon="stack-2", category=MENU),
    ApiDecl(api=ModuleApi),
    ApiDecl(api=CardApi),
    ApiDecl(api=TaskApi),
)
