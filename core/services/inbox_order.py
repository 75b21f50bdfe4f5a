"""The order of what waits together: webhooks overtake each other, a provider counts right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.inbound import Address, InboundMessage, Item


def in_their_order(items: Sequence[Item]) -> list[Item]:
    """The items, messages that bear an `order` put right among the places of their conversation.

    Everything else keeps its place. What was stored before stays there: rows are told in the order
    in which they came, as on every channel.
    """
    sorted_items = list(items)
    places: dict[Address, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        if isinstance(item, InboundMessage) and item.order and item.addresses:
            places[item.addresses[0]].append(place)
    for taken in places.values():
        for place, source in zip(taken, sorted(taken, key=lambda i: _order(items[i])), strict=True):
            sorted_items[place] = items[source]
    return sorted_items


def _order(item: Item) -> int:
    return item.order if isinstance(item, InboundMessage) else 0
