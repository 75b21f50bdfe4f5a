"""Orders as a shop tells them: signed, each event once, each answered by itself."""

from core.services.order_feed.proof import SIGNATURE, TIMESTAMP, prove, sign
from core.services.order_feed.sources import (
    change_source,
    create_source,
    new_secret,
    secret_of,
    source_address,
    source_of,
)
from core.services.order_feed.take import take, told_in

__all__ = [
    "SIGNATURE",
    "TIMESTAMP",
    "change_source",
    "create_source",
    "new_secret",
    "prove",
    "secret_of",
    "sign",
    "source_address",
    "source_of",
    "take",
    "told_in",
]
