"""What the rules did, and why (not): the history, one run of it, and the card beside a customer."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from core.api import (
    Contact,
    NotFound,
    Page,
    expose,
    has_access,
    need_tenant,
    say,
    tenant_time,
    web_session,
)
from plugins.automation import catalogue, history, rules
from plugins.automation.models import Run
from plugins.automation.sentences import Speaker

ON_A_CARD = 8


def number(name: str) -> int | None:
    """A number of the address; None where there is none, or nonsense."""
    raw = request.args.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None


class AutomationHistoryView(Page):
    """`/automation/history/`."""

    route_base = "/automation/history"
    class_permission_name = "Automation"
    method_permission_name = {"index": "read", "show": "read"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Every time that a rule was asked, the newest first."""
        need_tenant()
        session = web_session()
        rule_id, state = number("rule"), request.args.get("state", "")
        found = history.runs(session, rule_id=rule_id, state=state, before=number("before"))
        return self.render_template(
            "automation/history.html",
            title=_("Automated actions"),
            tab="history",
            runs=found,
            rules=rules.all_of(session),
            rule_id=rule_id,
            state=state,
            states=history.STATES,
            colours=history.COLOURS,
            is_full=len(found) == history.SHOWN,
            subject_of=subject_of,
        )

    @expose("/<int:pk>")
    @has_access
    def show(self, pk: int) -> Any:
        """One run: what it looked at, what it found, what it did."""
        session = web_session()
        run = history.get(session, pk)
        return self.render_template(
            "automation/run.html",
            title=run.rule.name,
            run=run,
            sentence=rules.sentence_of(session, run.rule),
            speaker=Speaker(session),
            actions=catalogue.actions(session),
            known_conditions=catalogue.conditions(session),
            states=history.STATES,
            colours=history.COLOURS,
            time=tenant_time,
            subject_of=subject_of,
        )


class AutomationPanelView(Page):
    """`/automation/panel/<contact>`: a fragment beside the customer."""

    route_base = "/automation/panel"
    default_view = "panel"
    class_permission_name = "Automation"
    method_permission_name = {"panel": "read"}

    @expose("/<int:contact_id>")
    @has_access
    def panel(self, contact_id: int) -> Any:
        """What was sent by itself, and what wasn't, with the reason (B13); 204: nothing yet."""
        session = web_session()
        contact = session.get(Contact, contact_id)
        if contact is None:
            raise NotFound(say("There is no such customer."))
        found = history.of_customer(session, contact, ON_A_CARD)
        if not found:
            return Response(status=204)
        return render_template(
            "automation/panel.html",
            runs=found,
            states=history.STATES,
            colours=history.COLOURS,
            time=tenant_time,
        )


def subject_of(run: Run) -> str:
    """`order:12` as `#12`: which one it was about, where it wasn't the customer."""
    kind, _colon, row = run.subject.partition(":")
    return f"#{row}" if kind == "order" else ""
