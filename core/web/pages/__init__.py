"""The core's own pages: what is not a generated screen."""

from __future__ import annotations

from core.host.declarations import ViewDecl
from core.web.live_stream import LiveView

PAGES: tuple[ViewDecl, ...] = (ViewDecl(view=LiveView),)
