"""What the rules did, and why (not): the history, one run of it, and cards beside customers and
orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from core.api import (
    Contact,
    NotFound,
    Order,
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
        order_id = number("order")
        found = history.runs(
            session,
            rule_id=rule_id,
            subject=f"order:{order_id}" if order_id is not None else "",
            state=state,
            before=number("before"),
        )
        return self.render_template(
            "automation/history.html",
            title=_("Automated actions"),
            tab="history",
            runs=found,
            rules=rules.all_of(session),
            rule_id=rule_id,
            order=session.get(Order, order_id) if order_id is not None else None,
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
    method_permission_name = {"panel": "read", "order": "read"}

    @expose("/<int:contact_id>")
    @has_access
    def panel(self, contact_id: int) -> Any:
        """What was sent by itself, and what wasn't, with the reason (B13); 204: nothing yet."""
        session = web_session()
        contact = session.get(Contact, contact_id)
        if contact is None:
            raise NotFound(say("There is no such customer."))
        return _card(history.of_customer(session, contact, ON_A_CARD))

    @expose("/order/<int:order_id>")
    @has_access
    def order(self, order_id: int) -> Any:
        """What was done about an order; 204: nothing yet."""
        session = web_session()
        if session.get(Order, order_id) is None:
            raise NotFound(say("There is no such order."))
        found = history.runs(session, subject=f"order:{order_id}")
        return _card(found[:ON_A_CARD], order_id if len(found) > ON_A_CARD else None)


def _card(runs: Sequence[Run], order_id: int | None = None) -> Any:
    """The runs; with `order_id` a link to all of that order's."""
    if not runs:
        return Response(status=204)
    return render_template(
        "automation/panel.html",
        runs=runs,
        order_id=order_id,
        states=history.STATES,
        colours=history.COLOURS,
        time=tenant_time,
    )


def subject_of(run: Run) -> str:
    """`order:12` as `#12`: which one it was about, where it wasn't the customer."""
    kind, _colon, row = run.subject.partition(":")
    return f"#{row}" if kind == "order" else ""
