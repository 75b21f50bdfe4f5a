"""The Plugins screen: what is on for this tenant, what could be, and what is broken."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from core.errors import NotFound, Refused
from core.host.declarations import ViewDecl
from core.services import plugins
from core.web.fab import Page, expose, has_access
from core.web.request import need_tenant, web_session
from core.words import told


class PluginsView(Page):
    """`/plugins/`."""

    route_base = "/plugins"
    class_permission_name = "Plugins"

    @expose("/")
    @has_access
    def index(self) -> Any:
        need_tenant()
        rows = plugins.overview(web_session())
        return self.render_template(
            "sapa/plugins/index.html",
            title=_("Plugins"),
            groups=_grouped(rows),
            titles={row.name: row.title for row in rows},
        )

    @expose("/<name>/enable", methods=["POST"])
    @has_access
    def enable(self, name: str) -> Any:
        return self._switch(name, is_on=True)

    @expose("/<name>/disable", methods=["POST"])
    @has_access
    def disable(self, name: str) -> Any:
        return self._switch(name, is_on=False)

    def _switch(self, name: str, *, is_on: bool) -> Any:
        need_tenant()
        session = web_session()
        try:
            switched = (plugins.enable if is_on else plugins.disable)(session, name)
        except NotFound:
            raise
        except Refused as refused:
            session.rollback()
            flash(refused.message, "danger")
            return redirect(url_for("PluginsView.index"))
        session.commit()
        changed = switched.on if is_on else switched.off
        titles = ", ".join(sorted(self._title(each) for each in changed))
        if titles:
            done = _("Switched on: %(titles)s", titles=titles) if is_on else ""
            flash(done or _("Switched off: %(titles)s", titles=titles), "success")
        return redirect(url_for("PluginsView.index"))

    def _title(self, name: str) -> str:
        return str(told(web_session().desk.host.title(name)))


def _grouped(rows: list[plugins.PluginRow]) -> list[tuple[str, list[plugins.PluginRow]]]:
    channels = [row for row in rows if row.family == "channels"]
    others = [row for row in rows if row.family != "channels"]
    groups = [(_("Features"), others), (_("Channels"), channels)]
    return [(title, found) for title, found in groups if found]


PAGES = (
    ViewDecl(
        view=PluginsView,
        name="Plugins",
        icon="plug",
        category="Settings",
        category_icon="settings",
    ),
)
