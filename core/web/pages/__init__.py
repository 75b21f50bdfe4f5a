"""The core's own pages: what is not a generated screen."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from core.host.declarations import ViewDecl
from core.web.live_stream import LiveView
from core.web.pages import (
    channel_provider,
    channels,
    jobs,
    jobs_of_system,
    languages,
    notices,
    operator,
    opt_out_door,
    opt_outs,
    order_door,
    own_number,
    pairing,
    plugins,
    presences,
    profile,
    roles,
    tokens,
)
from core.web.pages.attachments import FilesView
from core.web.pages.board import BoardView
from core.web.pages.inbox import InboxView
from core.web.pages.inbox_handling import InboxHandlingView
from core.web.pages.inbox_writing import InboxWritingView
from core.web.pages.message_dialog import MessageDialogView
from core.web.pages.tenants import TenantSwitchView
from core.web.pages.today import TodayView

# in the order of the menu
PAGES: tuple[ViewDecl, ...] = (
    ViewDecl(view=InboxView, name="Inbox", label=_("Inbox"), icon="inbox"),
    ViewDecl(view=TodayView, name="Today", label=_("Today"), icon="checklist"),
    ViewDecl(
        view=BoardView,
        name="Board",
        label=_("Board"),
        icon="layout-kanban",
        category="Sales",
        category_icon="briefcase",
    ),
    ViewDecl(view=InboxWritingView),
    ViewDecl(view=InboxHandlingView),
    ViewDecl(view=MessageDialogView),
    ViewDecl(view=FilesView),
    ViewDecl(view=LiveView),
    ViewDecl(view=TenantSwitchView),
    *order_door.PAGES,
    *opt_out_door.PAGES,
)

# below the nouns in the menu
SETTINGS_PAGES: tuple[ViewDecl, ...] = (
    *channels.PAGES,
    *channel_provider.PAGES,
    *pairing.PAGES,
    *plugins.PAGES,
    *opt_outs.PAGES,
    *tokens.PAGES,
    *jobs.PAGES,
    *operator.PAGES,
    *jobs_of_system.PAGES,
    *roles.PAGES,
    *profile.PAGES,
    *languages.PAGES,
    *presences.PAGES,
    *own_number.PAGES,
    *notices.PAGES,
)
