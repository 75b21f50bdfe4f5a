"""The one door for outbound HTTP: everything that Sapa asks of another machine."""

from core.outbound.addresses import AddressRefused, Resolver, is_public
from core.outbound.answers import json_object
from core.outbound.client import OutboundClient
from core.outbound.failures import (
    ErrorClass,
    InsideTransaction,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    in_transaction,
)
from core.outbound.fetched import Fetched
from core.outbound.pauses import asked_pause

__all__ = [
    "AddressRefused",
    "ErrorClass",
    "Fetched",
    "InsideTransaction",
    "OutboundClient",
    "OutcomeUnknown",
    "Resolver",
    "ResponseTooLarge",
    "SendFailed",
    "asked_pause",
    "in_transaction",
    "is_public",
    "json_object",
]
