"""The simulator: what would the rules do to order 1042, or to this customer? (B15)"""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from core.api import Page, expose, has_access, need_tenant, tenant_time, web_session
from plugins.automation import catalogue, foreseeing, history, rules
from plugins.automation.sentences import Speaker


class AutomationTryView(Page):
    """`/automation/try/?look_at=1042`."""

    route_base = "/automation/try"
    class_permission_name = "Automation"
    method_permission_name = {"index": "read"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Every rule that could concern what is looked at, with why it would act or not."""
        need_tenant()
        session = web_session()
        look_at = request.args.get("look_at", "").replace("\x00", "")[:80]
        found = []
        subject = None
        if look_at.strip():
            known = catalogue.triggers(session)
            for rule in rules.all_of(session):
                scene = foreseeing.find(session, known.get(rule.trigger), look_at)
                prospect = foreseeing.foresee(session, rule, scene, is_saved=True)
                if scene is not None:
                    subject = subject or scene
                    found.append((rule, rules.sentence_of(session, rule), prospect))
        return self.render_template(
            "automation/try.html",
            title=_("Automated actions"),
            tab="try",
            look_at=look_at,
            subject=subject,
            found=sorted(found, key=lambda each: (not each[2].acts, not each[0].is_on)),
            known_conditions=catalogue.conditions(session),
            speaker=Speaker(session),
            time=tenant_time,
            states=history.STATES,
            colours=history.COLOURS,
        )
