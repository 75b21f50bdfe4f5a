"""Approved templates as a provider lists them, and where their variables go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from core.adapter import Account
    from core.outbound import OutboundClient


class TemplateState(StrEnum):
    """What a provider says of a template. Only an approved one can be sent."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    GONE = "gone"


@dataclass(frozen=True)
class TemplateSlot:
    """Where one variable goes: `where` is header, body or button, `index` the button's place.

    `key` is the provider's name of the variable where it has names, else "".
    """

    where: str = "body"
    index: int = 0
    key: str = ""


@dataclass(frozen=True)
class ListedTemplate:
    """One template in one language. `body` is all that a person will see, with `{variables}`.

    `variables` are the names in `body`, one for each of `slots`. `obstacle` says why it can't be
    sent from here although it is approved, `reason` why the provider has it in this state.
    """

    provider_id: str
    name: str
    language: str
    state: TemplateState
    body: str
    variables: tuple[str, ...] = ()
    slots: tuple[TemplateSlot, ...] = ()
    category: str = ""
    quality: str = ""
    reason: str = ""
    obstacle: str = ""


@runtime_checkable
class ListsTemplates(Protocol):
    """An adapter whose provider keeps the templates: they are fetched, and followed."""

    def list_templates(
        self, account: Account, http: OutboundClient
    ) -> Iterator[Sequence[ListedTemplate]]:
        """Yield all templates page by page. Raises SendFailed, OutcomeUnknown (it is a GET).

        Called outside any transaction, also between the pages.
        """
        ...
