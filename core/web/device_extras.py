"""What plugins add to the screens of devices and of customers: columns, buttons."""

from __future__ import annotations

from collections.abc import Sequence

from core.host.declarations import DeviceFact, ListAction
from core.models import Channel
from core.web.fab.access import may_open
from core.web.request import desk


def device_columns(channels: Sequence[Channel]) -> dict[str, dict[int, DeviceFact]]:
    """Title → channel id → fact, in the order in which plugins named the titles."""
    columns: dict[str, dict[int, DeviceFact]] = {}
    for fact in desk().host.hooks.gather_all("device_facts", DeviceFact, channels=channels):
        columns.setdefault(str(fact.title), {})[fact.channel_id] = fact
    return columns


def customer_list_actions() -> list[ListAction]:
    """The buttons above the list of customers, without those closed to the reader."""
    found = desk().host.hooks.gather_all("customer_list_actions", ListAction)
    return [action for action in found if may_open(action.href)]
