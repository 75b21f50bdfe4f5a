"""Distribution settings: one for a device (C8, C9, C12)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from core.api import expose, has_access, need_tenant, web_session
from plugins.routing import settings
from plugins.routing.models import DEFAULT_POLICY
from plugins.routing.views import forms
from plugins.routing.views.formed import FormedPage


class DistributionSettingsView(FormedPage):
    """`/distribution/settings/`."""

    route_base = "/distribution/settings"

    @expose("/")
    @has_access
    def index(self) -> Any:
        """All settings."""
        need_tenant()
        session = web_session()
        return self.render_template(
            "routing/settings.html",
            title=_("Distribution settings"),
            tab="settings",
            settings=settings.all_of(session),
            policies=settings.policies(session),
        )

    @expose("/<int:pk>/remove", methods=["POST"])
    @has_access
    def remove(self, pk: int) -> Any:
        """Take one away: its device goes round robin."""
        settings.remove(web_session(), settings.get(web_session(), pk))
        web_session().commit()
        flash(_("Deleted."), "success")
        return redirect(url_for("DistributionSettingsView.index"))

    def _save(self, pk: int | None) -> Any:
        session = web_session()
        setting = settings.get(session, pk) if pk is not None else None
        return forms.saved(
            lambda: settings.save(
                session,
                setting,
                name=forms.text("name"),
                channel_id=forms.number("channel_id"),
                is_sticky="is_sticky" in request.form,
                is_idle="is_idle" in request.form,
                idle_minutes=forms.number("idle_minutes"),
                policy=forms.text("policy"),
            ),
            lambda errors: self._form(pk, errors),
            url_for("DistributionSettingsView.index"),
            _("Saved."),
        )

    def _form(self, pk: int | None, errors: dict[str, list[str]]) -> Any:
        session = web_session()
        setting = settings.get(session, pk) if pk is not None else None
        is_typed = request.method == "POST"
        stored = {
            "name": setting.name if setting else "",
            "channel_id": str(setting.channel_id) if setting else "",
            "is_sticky": bool(setting and setting.is_sticky),
            "is_idle": bool(setting and setting.idle_minutes),
            "idle_minutes": (setting.idle_minutes or "") if setting else "",
            "policy": setting.policy if setting else DEFAULT_POLICY,
        }
        typed = {
            "name": forms.text("name"),
            "channel_id": forms.text("channel_id"),
            "is_sticky": "is_sticky" in request.form,
            "is_idle": "is_idle" in request.form,
            "idle_minutes": forms.text("idle_minutes"),
            "policy": forms.text("policy") or DEFAULT_POLICY,
        }
        return self.render_template(
            "routing/setting_form.html",
            title=_("Edit setting") if setting else _("Create setting"),
            setting=setting,
            errors=errors,
            values=typed if is_typed else stored,
            devices=settings.without_one(session, setting),
            policies=settings.policies(session),
        )
