"""What an order's page posts: place, pay, ship … One order at a time (B8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _

from core.errors import Refused
from core.models import Order, OrderStatus, PaymentState
from core.services import market, order_feed, orders
from core.services.history import history_of
from core.web.fab import expose, has_access, permission_name
from core.web.fab.values import text_problem
from core.web.nouns.base import NounView, commit
from core.web.plugin_panels import order_panels
from core.web.request import web_session

MOVES = ("place", "pay", "reverse", "estimate", "ship", "receive", "cancel", "reopen")
ENDED = (OrderStatus.CANCELLED, OrderStatus.RECEIVED)


class OrderMoves(NounView):
    """The forms beside an order. Each calls its service; a refusal stands at its field."""

    @expose("/show/<pk>")
    @has_access
    def show(self, pk: str) -> Any:
        self.update_redirect()
        return self._page(pk)

    @expose("/action_post", methods=["POST"])
    @has_access
    @permission_name("list")
    def action_post(self) -> Any:
        """Refuse whatever is asked of several orders at once, and say why (B8)."""
        raise orders.one_at_a_time()

    @expose("/place/<pk>", methods=["POST"])
    @has_access
    def place(self, pk: str) -> Any:
        return self._move(
            pk, "place", lambda order: orders.place(web_session(), order), _("Placed.")
        )

    @expose("/reverse/<pk>", methods=["POST"])
    @has_access
    def reverse(self, pk: str) -> Any:
        return self._move(
            pk,
            "reverse",
            lambda order: orders.reverse(web_session(), order, _amount(), _text("reason")),
            _("Taken back."),
        )

    @expose("/reopen/<pk>", methods=["POST"])
    @has_access
    def reopen(self, pk: str) -> Any:
        return self._move(
            pk, "reopen", lambda order: orders.reopen(web_session(), order), _("Reopened.")
        )

    @expose("/pay/<pk>", methods=["POST"])
    @has_access
    def pay(self, pk: str) -> Any:
        return self._move(
            pk, "pay", lambda order: orders.pay(web_session(), order, _amount()), _("Verified.")
        )

    @expose("/estimate/<pk>", methods=["POST"])
    @has_access
    def estimate(self, pk: str) -> Any:
        return self._move(
            pk, "estimate", lambda order: orders.estimate(web_session(), order, _day()), _("Saved.")
        )

    @expose("/ship/<pk>", methods=["POST"])
    @has_access
    def ship(self, pk: str) -> Any:
        return self._move(
            pk,
            "ship",
            lambda order: orders.ship(
                web_session(), order, _text("carrier"), _text("tracking_number")
            ),
            _("Sent."),
        )

    @expose("/receive/<pk>", methods=["POST"])
    @has_access
    def receive(self, pk: str) -> Any:
        return self._move(
            pk,
            "receive",
            lambda order: orders.receive_order(web_session(), order),
            _("Received."),
        )

    @expose("/cancel/<pk>", methods=["POST"])
    @has_access
    def cancel(self, pk: str) -> Any:
        return self._move(
            pk, "cancel", lambda order: orders.cancel(web_session(), order), _("Cancelled.")
        )

    def _move(self, pk: str, name: str, move: Callable[[Order], Any], done: str) -> Any:
        order = self._item(pk)
        try:
            with self.refusals():
                move(order)
                commit()
        except Refused as refused:
            errors = refused.errors or {"": [refused.message]}
            return self._page(pk, name, errors), refused.status
        flash(done, "success")
        return redirect(self.address(pk))

    def _page(self, pk: str, move: str = "", errors: Any = None) -> Any:
        order: Order = self._item(pk)
        may = {each: self._may(each) for each in (*MOVES, "edit", "delete")}
        return self.render_template(
            "sapa/orders/show.html",
            title=order.number,
            pk=pk,
            order=order,
            view=self,
            sees_customer=self.appbuilder.sm.has_access("can_show", "Customer"),
            offers={name: may[name] and is_open for name, is_open in _open_moves(order).items()},
            history=history_of(web_session(), order),
            plugin_panels=order_panels(order),
            shop=order_feed.source_of(web_session(), order.source)
            or market.channel_of(web_session(), order.source),
            move=move,
            errors=errors or {},
            typed=request.form,
        )


def _open_moves(order: Order) -> dict[str, bool]:
    """What can be done with an order as it stands, whoever asks."""
    is_draft, is_over = order.status is OrderStatus.NEW, order.status in ENDED
    is_cancelled = order.status is OrderStatus.CANCELLED
    return {
        "place": is_draft,
        "pay": not is_draft and not is_cancelled and order.payment is not PaymentState.PAID,
        "reverse": order.paid > 0,
        "estimate": not is_over,
        "ship": order.status is OrderStatus.PROCESSING,
        "receive": order.status is OrderStatus.SHIPPED,
        "cancel": not is_over,
        "reopen": is_over,
        "edit": True,
        "delete": True,
    }


def _text(name: str) -> str:
    value = request.form.get(name, "")
    if problem := text_problem(value):
        raise Refused(problem, name)
    return value


def _amount() -> Decimal | None:
    text = _text("amount").strip()
    if not text:
        return None
    try:
        amount = Decimal(text)
        if amount.is_finite() and abs(amount) < 10**15 and amount == round(amount, 2):
            return amount
    except InvalidOperation:
        pass
    raise Refused(_("Give an amount like 150000 or 150000.50."), "amount")


def _day() -> date | None:
    text = _text("date").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Refused(_("Give a date like 2026-11-30."), "date") from error
