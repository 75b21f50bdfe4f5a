"""A plugin that subscribes to what happens to orders: each event shows as a job of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.api import (
    Handler,
    Manifest,
    OrderCancelled,
    OrderCreated,
    OrderEstimated,
    OrderPaid,
    OrderPaymentReversed,
    OrderReceived,
    OrderReopened,
    OrderShipped,
    hookimpl,
)

manifest = Manifest(name="listening", title="Listening", version="1", default_enabled=True)
HEARD = (
    OrderCancelled,
    OrderCreated,
    OrderEstimated,
    OrderPaid,
    OrderPaymentReversed,
    OrderReceived,
    OrderReopened,
    OrderShipped,
)


def listen(session: Any, event: Any) -> None:
    """Nothing to do: that the job exists is what a test looks at."""


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return [Handler(event=event, run=listen) for event in HEARD]
