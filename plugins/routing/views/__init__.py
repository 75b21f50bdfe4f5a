"""The screens of lead distribution."""

from flask_babel import lazy_gettext as _

from core.api import ViewDecl
from plugins.routing.views.agents import DistributionView
from plugins.routing.views.board import RoutingBoardView
from plugins.routing.views.clicks import RotatorDoorView
from plugins.routing.views.divisions import DistributionDivisionsView
from plugins.routing.views.popup import AgentPopupView
from plugins.routing.views.replay import RoutingReplayView
from plugins.routing.views.rotators import RotatorView
from plugins.routing.views.settings import DistributionSettingsView
from plugins.routing.views.why import RoutingWhyView

VIEWS = (
    ViewDecl(
        view=DistributionView,
        name="Lead distribution",
        label=_("Lead distribution"),
        icon="arrows-split",
    ),
    ViewDecl(view=DistributionDivisionsView),
    ViewDecl(view=DistributionSettingsView),
    ViewDecl(view=AgentPopupView),
    ViewDecl(view=RotatorView),
    ViewDecl(view=RoutingBoardView),
    ViewDecl(view=RoutingReplayView),
    ViewDecl(view=RoutingWhyView),
    ViewDecl(view=RotatorDoorView),
)
