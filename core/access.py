"""Access that runs out: an adapter whose tokens are renewed before they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from core.adapter import Account
from core.outbound import OutboundClient


@dataclass(frozen=True)
class Renewed:
    """New access. `secrets` replace those of the same name; "" takes one away.

    `until` is when the access ends: it is renewed before that. None: it doesn't end.
    """

    secrets: Mapping[str, str] = field(repr=False)
    until: datetime | None = None


@runtime_checkable
class RenewsAccess(Protocol):
    """An adapter whose provider gives access for hours or days, and new access for a token.

    Asked in a job when a channel's settings or secrets were changed, and before `Renewed.until`.
    Several providers take a token once, so only one call at a time is under way for a channel.
    """

    def renew_access(self, account: Account, http: OutboundClient) -> Renewed | None:
        """Trade a code or a refresh token for new access; None where the account has neither.

        Raises SendFailed: `retry` to ask again, else a person has to authorise anew; OutcomeUnknown
        is asked again. Called outside any transaction.
        """
        ...
