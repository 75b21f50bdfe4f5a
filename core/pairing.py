"""Pairing: connecting an account by a phone that scans a code, as an adapter does it.

An adapter with the capability `pairing` is one of `Pairs`. The screens, the REST operations and the
periodic check need nothing else of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from core.adapter import Account
    from core.outbound import OutboundClient


class PairingStage(StrEnum):
    """Where a phone stands. Everything but `waiting` and `paired` is the end of an attempt."""

    WAITING = "waiting"
    PAIRED = "paired"
    TIMEOUT = "timeout"
    OUTDATED = "outdated"
    LOGGED_OUT = "logged_out"
    REPLACED = "replaced"
    BANNED = "banned"
    DISCONNECTED = "disconnected"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


@dataclass(frozen=True)
class PairingState:
    """What the provider says. `own_address` is the number that paired, `+` and digits.

    `reason` is a sentence for a person, `until` when a ban ends.
    """

    stage: PairingStage
    own_address: str = ""
    reason: str = ""
    until: datetime | None = None

    @property
    def is_paired(self) -> bool:
        return self.stage is PairingStage.PAIRED


@dataclass(frozen=True)
class PairingCode:
    """What the phone is to be shown: a picture to scan (PNG) or a text to type, and for how long.

    Ask for the next one before `seconds` have passed.
    """

    seconds: float
    image: bytes = b""
    text: str = ""


class PairingFailed(Exception):
    """The provider gives no code; `state` says why."""

    def __init__(self, state: PairingState) -> None:
        super().__init__(state.reason)
        self.state = state


@runtime_checkable
class Pairs(Protocol):
    """An adapter whose account is somebody's phone. All of it is called outside any transaction."""

    def pair(
        self, account: Account, webhook_url: str, http: OutboundClient, *, by_code: bool = False
    ) -> PairingCode:
        """Make the provider ready to deliver to `webhook_url` and begin, or go on with, pairing.

        `by_code` asks for a text to type on the phone of the account's own number. Raises
        PairingFailed; its stage is `paired` where the phone is paired already.
        """
        ...

    def pairing_state(self, account: Account, http: OutboundClient) -> PairingState:
        """Where the phone stands now. Never raises for what a provider can do wrong."""
        ...

    def unpair(self, account: Account, http: OutboundClient) -> None:
        """Log the phone out. Raises SendFailed, OutcomeUnknown."""
        ...
