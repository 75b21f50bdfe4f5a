"""The core's own pages: what is not a generated screen."""

from __future__ import annotations

from core.host.declarations import ViewDecl
from core.web.live_stream import LiveView
from core.web.pages import channels, plugins, tokens
from core.web.pages.tenants import TenantSwitchView

# in the order of the menu
PAGES: tuple[ViewDecl, ...] = (
    ViewDecl(view=LiveView),
    ViewDecl(view=TenantSwitchView),
)

# below the nouns in the menu
SETTINGS_PAGES: tuple[ViewDecl, ...] = (*channels.PAGES, *plugins.PAGES, *tokens.PAGES)
