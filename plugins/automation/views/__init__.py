"""The screens of automated messages."""

from flask_babel import lazy_gettext as _

from core.api import ViewDecl
from plugins.automation.views.history import AutomationHistoryView, AutomationPanelView
from plugins.automation.views.rules import AutomationView
from plugins.automation.views.simulator import AutomationTryView

VIEWS = (
    ViewDecl(
        view=AutomationView,
        name="Automated actions",
        label=_("Automated actions"),
        icon="robot",
    ),
    ViewDecl(view=AutomationHistoryView),
    ViewDecl(view=AutomationTryView),
    ViewDecl(view=AutomationPanelView),
)
