"""What an account knew before it was connected: asked for once, delivered by webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from core.adapter import Account
    from core.outbound import OutboundClient


@dataclass(frozen=True)
class ImportOffer:
    """Something that can be asked for. `text` says what comes and under which conditions.

    `fact` names the channel's fact that tells how far it got.
    """

    name: str
    title: str
    text: str
    fact: str


@runtime_checkable
class ImportsPast(Protocol):
    """An adapter that can ask its provider for contacts or messages from before."""

    imports: ClassVar[Sequence[ImportOffer]]

    def begin_import(self, account: Account, name: str, http: OutboundClient) -> None:
        """Ask for the import of this name. Raises SendFailed, OutcomeUnknown.

        Called outside any transaction. What is asked for comes by webhooks, later.
        """
        ...
