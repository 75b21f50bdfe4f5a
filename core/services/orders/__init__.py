"""Orders and the only ways in which they move, one order at a time (B8)."""

from core.services.orders.checks import Line, get_order, one_at_a_time
from core.services.orders.create import create_order, place
from core.services.orders.deliver import estimate, receive_order, ship
from core.services.orders.edit import change_order
from core.services.orders.end import cancel, reopen
from core.services.orders.payments import pay, reverse

__all__ = [
    "Line",
    "cancel",
    "change_order",
    "create_order",
    "estimate",
    "get_order",
    "one_at_a_time",
    "pay",
    "place",
    "receive_order",
    "reopen",
    "reverse",
    "ship",
]
