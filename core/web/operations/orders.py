"""Operations on one order: place, pay, ship … Several at a time are refused (B8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response, request
from flask_appbuilder.api import expose

from core.errors import Malformed, NotFound
from core.host.declarations import ApiDecl
from core.models import Order
from core.services import orders
from core.web.fab import protect
from core.web.operations.base import Body, Operation, body_of, row_id
from core.web.request import web_session
from core.words import say

MOVES = frozenset({"place", "pay", "reverse", "estimate", "ship", "receive", "cancel", "reopen"})


class PayBody(Body):
    """The verified amount; without it, all that is open."""

    amount: Decimal | None = None


class ReverseBody(Body):
    """The amount that went back; without it, all that was paid."""

    amount: Decimal | None = None
    reason: str = ""


class EstimateBody(Body):
    """The estimated delivery date; null clears it."""

    date: date | None


class ShipBody(Body):
    """What the carrier calls the parcel; what isn't given was saved on the order before."""

    carrier: str | None = None
    tracking_number: str | None = None


class OrderOperations(Operation):
    """`/api/v1/order/<id>/…`."""

    resource_name = "order"
    class_permission_name = "Order"

    @expose("/<pk>/pay", methods=["POST"])
    @protect()
    def pay(self, pk: str) -> Response:
        """Verify a payment.
        ---
        post:
          description: Verify all that is open, or an amount of it
          responses:
            200: {description: The order's state}
            422: {description: Refused, with the field}
        """
        order = _order(pk)
        return self._moved(orders.pay(web_session(), order, body_of(PayBody).amount))

    @expose("/<pk>/reverse", methods=["POST"])
    @protect()
    def reverse(self, pk: str) -> Response:
        """Take a payment back.
        ---
        post:
          description: Take back all that is paid, or an amount of it; a new episode begins
          responses:
            200: {description: The order's state}
            422: {description: Refused, with the field}
        """
        order, body = _order(pk), body_of(ReverseBody)
        return self._moved(orders.reverse(web_session(), order, body.amount, body.reason))

    @expose("/<pk>/place", methods=["POST"])
    @protect()
    def place(self, pk: str) -> Response:
        """Place a draft.
        ---
        post:
          description: The draft becomes an order, and the customer is told
          responses:
            200: {description: The order's state}
            422: {description: It is no draft}
        """
        return self._moved(orders.place(web_session(), _order(pk)))

    @expose("/<pk>/reopen", methods=["POST"])
    @protect()
    def reopen(self, pk: str) -> Response:
        """Process a cancelled or received order again.
        ---
        post:
          description: It can be sent once more; a new episode begins
          responses:
            200: {description: The order's state}
            422: {description: It is neither cancelled nor received}
        """
        return self._moved(orders.reopen(web_session(), _order(pk)))

    @expose("/<pk>/estimate", methods=["POST"])
    @protect()
    def estimate(self, pk: str) -> Response:
        """Set the estimated delivery date.
        ---
        post:
          description: Set, move or with null clear the date
          responses:
            200: {description: The order's state}
        """
        order = _order(pk)
        return self._moved(orders.estimate(web_session(), order, body_of(EstimateBody).date))

    @expose("/<pk>/ship", methods=["POST"])
    @protect()
    def ship(self, pk: str) -> Response:
        """Send the order.
        ---
        post:
          description: Send, with the carrier's tracking number
          responses:
            200: {description: The order's state}
            422: {description: No tracking number, or the order can't be sent}
        """
        order, body = _order(pk), body_of(ShipBody)
        return self._moved(orders.ship(web_session(), order, body.carrier, body.tracking_number))

    @expose("/<pk>/receive", methods=["POST"])
    @protect()
    def receive(self, pk: str) -> Response:
        """Mark as received.
        ---
        post:
          description: The customer has it
          responses:
            200: {description: The order's state}
        """
        return self._moved(orders.receive_order(web_session(), _order(pk)))

    @expose("/<pk>/cancel", methods=["POST"])
    @protect()
    def cancel(self, pk: str) -> Response:
        """Cancel the order.
        ---
        post:
          description: Cancel an order that the customer doesn't have yet
          responses:
            200: {description: The order's state}
        """
        return self._moved(orders.cancel(web_session(), _order(pk)))

    @expose("/<move>", methods=["POST"])
    @protect()
    def move_many(self, move: str) -> Response:
        """Refuse to move several orders at once.
        ---
        post:
          description: Always refused; move one order at a time, at its own address
          responses:
            404: {description: There is no such move}
            422: {description: Why}
        """
        if move not in MOVES:
            raise NotFound(say("There is no such record."))
        raise orders.one_at_a_time()

    def _moved(self, order: Order) -> Response:
        return self.answer(
            id=order.id,
            status=order.status.value,
            payment=order.payment.value,
            paid=str(order.paid),
            episode=order.episode,
        )


def _order(pk: str) -> Order:
    """The order in the path. A list of ids anywhere, path or body, is refused."""
    try:
        payload: Any = request.get_json(silent=True)
    except RecursionError as error:
        raise Malformed(say("The body is not valid JSON.")) from error
    is_list = isinstance(payload, list) or (
        isinstance(payload, dict) and any(isinstance(value, list) for value in payload.values())
    )
    if is_list or "," in pk or pk.startswith(("!", "[", "%5B")):
        raise orders.one_at_a_time()
    return orders.get_order(web_session(), row_id(pk))


OPERATIONS = (ApiDecl(api=OrderOperations),)
