"""Whether what a person decided on is still what is there: tokens of previews, versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from core.api import Contact, Customer, Stale, TenantSession, groups, say

Version = str | int | None


class StalePreview(Stale):
    """Something has changed since the preview. `ids` name what it was of, main first."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(
            say(
                "These customers have changed since you looked: check the new preview, then repeat."
            )
        )
        self.ids = list(ids)


def check_version(
    session: TenantSession, main: Customer, version: Version, others: Sequence[Customer] = ()
) -> None:
    """Raise StalePreview unless `version` is the preview's token, or the main customer's version.

    None was decided on nothing, and is fresh.
    """
    if version is None or version == "":
        return
    text = str(version)
    now = str(main.version) if text.isdigit() else token_of(session, main, others)
    if text != now:
        raise StalePreview([main.id, *(each.id for each in others)])


def token_of(session: TenantSession, main: Customer, others: Sequence[Customer] = ()) -> str:
    """A fingerprint of all that a preview shows of these customers' members. Never digits alone."""
    every = [main, *sorted(others, key=lambda each: each.id)]
    seen = [
        [each.id, each.version, [_seen(contact) for contact in groups.members_of(session, each.id)]]
        for each in every
    ]
    return "v" + hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:20]


def _seen(contact: Contact) -> list[str | int | bool]:
    return [
        contact.id,
        contact.name,
        contact.phone,
        contact.email,
        contact.consent.value,
        contact.archived_at is not None,
    ]
