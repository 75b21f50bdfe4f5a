"""The Plugins screen: what is on for this tenant, what could be, and what is broken."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from pydantic import BaseModel

from core.errors import NotFound, Refused
from core.host.declarations import ViewDecl
from core.host.settings import NoSettings, SettingsRefused, secret_fields
from core.services import plugins
from core.web.fab import Page, expose, has_access
from core.web.pages.settings_form import rows_of, typed_values
from core.web.request import need_tenant, web_session
from core.words import say, told


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
            with_settings=_with_settings(rows),
        )

    @expose("/<name>/settings")
    @has_access
    def settings(self, name: str) -> Any:
        """What the team chooses about one plugin: the form that its model makes."""
        need_tenant()
        _form_of(name)
        return self._settings(name, {}, {})

    @expose("/<name>/settings", methods=["POST"])
    @has_access
    def save(self, name: str) -> Any:
        need_tenant()
        session = web_session()
        typed = typed_values(_form_of(name), request.form)
        try:
            session.desk.host.settings.save(session, name, typed)
        except SettingsRefused as refused:
            session.rollback()
            errors = {field: [text] for field, text in refused.errors.items()}
            return self._settings(name, typed, errors), 422
        session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("PluginsView.index"))

    def _settings(self, name: str, typed: dict[str, Any], errors: dict[str, list[str]]) -> Any:
        form = _form_of(name)
        stored = web_session().desk.host.settings.of(web_session(), name).model_dump()
        kept = frozenset(field for field in secret_fields(form) if stored.get(field))
        return self.render_template(
            "sapa/plugins/settings.html",
            title=self._title(name),
            rows=rows_of(form, {**stored, **typed}, errors, kept),
            general=errors.get("settings", []),
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


def _form_of(name: str) -> type[BaseModel]:
    """The form of a plugin that is on. Raises NotFound."""
    desk = web_session().desk
    if name not in desk.host.switches.enabled(web_session()):
        raise NotFound(say("There is no plugin %(name)s here.", name=name))
    try:
        return desk.host.settings.form_of(name)
    except NoSettings as none:
        raise NotFound(say("There is no plugin %(name)s here.", name=name)) from none


def _with_settings(rows: list[plugins.PluginRow]) -> set[str]:
    """The plugins that are on and leave something to choose."""
    active = web_session().desk.host.active
    return {row.name for row in rows if row.is_on and active[row.name].declared.settings_form}


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
