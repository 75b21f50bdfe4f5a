"""One element of `statuses`: a receipt for a message of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.api import Counted, InboundStatus, Item, MessageState
from plugins.channels.whatsapp_cloud.errors import ERRORS
from plugins.channels.whatsapp_cloud.reading import moment, optional_string, string

STATES = {
    "accepted": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.PLAYED,
    "failed": MessageState.FAILED,
}


def read_status(item: dict[str, Any]) -> Iterator[Item]:
    """Yield one receipt; Counted for a group's or an unknown one. Raises Unreadable."""
    if item.get("recipient_type") == "group":
        yield Counted("group")
        return
    state = STATES.get(string(item, "status"))
    if state is None:
        yield Counted("status")
        return
    error = ERRORS.first(item.get("errors")) if state is MessageState.FAILED else None
    yield InboundStatus(
        provider_id=string(item, "id"),
        state=state,
        at=moment(item),
        opaque=optional_string(item, "biz_opaque_callback_data", limit=512),
        error_class=error.error_class if error else "",
        error_code=error.code if error else "",
        error_reason=error.reason if error else "",
    )
