"""Orders of marketplaces: pushed by their webhooks, fetched in a job, brought to where they are."""

from core.services.market.bring import bring_order, channel_of, source_of
from core.services.market.fetch import (
    FetchOrderCall,
    fetch_again,
    fetch_soon,
    give_up,
    plugin_of,
)

__all__ = [
    "FetchOrderCall",
    "bring_order",
    "channel_of",
    "fetch_again",
    "fetch_soon",
    "give_up",
    "plugin_of",
    "source_of",
]
