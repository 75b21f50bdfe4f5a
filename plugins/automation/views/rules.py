"""The list of rules, and the editor: one form that reads as a sentence, the preview beside it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.api import (
    ConditionKind,
    TenantSession,
    expose,
    has_access,
    may,
    need_tenant,
    tenant_time,
    web_session,
)
from plugins.automation import catalogue, foreseeing, history, ready_made, rules
from plugins.automation.conditions import OPERATORS
from plugins.automation.rules import Draft
from plugins.automation.sentences import Speaker
from plugins.automation.variables import NAMES
from plugins.automation.views import forms
from plugins.automation.views.editing import EditorPage

WRITING = ("new", "create", "edit", "save", "draw", "preview", "switch", "archive", "install")


class AutomationView(EditorPage):
    """`/automation/`: rules, and the editor of one."""

    route_base = "/automation"
    keeper = rules
    class_permission_name = "Automation"
    method_permission_name = {"index": "read", **dict.fromkeys(WRITING, "rule")}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """All rules, each as its sentence."""
        need_tenant()
        session = web_session()
        found = rules.all_of(session)
        known = catalogue.triggers(session)
        return self.render_template(
            "automation/index.html",
            title=_("Automated actions"),
            tab="rules",
            rules=found,
            sentences={each.id: rules.sentence_of(session, each) for each in found},
            tallies=history.tallies(session, found),
            triggers=known,
            missing=ready_made.missing(session),
            language=ready_made.language_of(session),
            languages=ready_made.LANGUAGES,
            may_write=may("rule", "Automation"),
        )

    @expose("/new")
    @has_access
    def new(self) -> Any:
        """An empty rule, or one that begins with a trigger (`?trigger=`)."""
        draft = Draft(trigger=request.args.get("trigger", "order_paid"))
        if draft.trigger not in catalogue.triggers(web_session()):
            draft.trigger = next(iter(catalogue.triggers(web_session())), "")
        forms.add_step(web_session(), draft, "send")
        return self.page(None, draft, {})

    @expose("/draw", methods=["POST"])
    @has_access
    def draw(self) -> Any:
        """The form again, after a choice or a button changed what it asks."""
        need_tenant()
        draft = forms.typed(web_session())
        forms.change(web_session(), draft, forms.text("op"))
        return render_template("automation/_editor.html", **editor(web_session(), draft, {}))

    @expose("/preview", methods=["POST"])
    @has_access
    def preview(self) -> Any:
        """The sentence, and what the rule would do to the customer or order that is looked at."""
        need_tenant()
        draft = forms.typed(web_session())
        return render_template("automation/_preview.html", **seen(web_session(), draft))

    @expose("/install", methods=["POST"])
    @has_access
    def install(self) -> Any:
        """The ready-made set, switched on."""
        made = ready_made.install(web_session(), forms.text("language"))
        web_session().commit()
        flash(_("%(num)d rules are on. Change their words as you like.", num=len(made)), "success")
        return redirect(url_for("AutomationView.index"))

    def typed(self) -> Draft:
        """What stands in the form."""
        return forms.typed(web_session())

    def page(self, pk: int | None, draft: Draft, errors: dict[str, list[str]]) -> Any:
        """The form, with what it shows beside it."""
        need_tenant()
        session = web_session()
        return self.render_template(
            "automation/edit.html",
            title=_("Edit rule") if pk is not None else _("New rule"),
            pk=pk,
            **editor(session, draft, errors),
        )


def editor(session: TenantSession, draft: Draft, errors: dict[str, list[str]]) -> dict[str, Any]:
    """All that the form shows."""
    known = catalogue.triggers(session)
    trigger = known.get(draft.trigger)
    grouped = [
        (heading, list(each))
        for heading, each in groupby(
            sorted(known.values(), key=lambda one: str(one.group)), key=lambda one: one.group
        )
    ]
    return {
        "draft": draft,
        "errors": errors,
        "trigger": trigger,
        "triggers": grouped,
        "conditions": forms.usable_conditions(session, draft.trigger),
        "operators": OPERATORS,
        "kinds": ConditionKind,
        "actions": forms.usable_actions(session, trigger),
        "session": session,
        "variable_words": NAMES,
        **seen(session, draft),
    }


def seen(session: TenantSession, draft: Draft) -> dict[str, Any]:
    """The right-hand side: the sentence and what it would do to somebody real."""
    trigger = catalogue.triggers(session).get(draft.trigger)
    looked_at = forms.text("look_at")
    scene = foreseeing.find(session, trigger, looked_at)
    return {
        "sentence": rules.sentence_of(session, draft),
        "look_at": looked_at,
        "prospect": foreseeing.foresee(session, draft, scene),
        "known_conditions": catalogue.conditions(session),
        "speaker": Speaker(session),
        "time": tenant_time,
    }
