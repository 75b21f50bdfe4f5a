"""What a tenant chooses about merging."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel, Field

from core.api import TenantSession


class MergeSettings(BaseModel):
    """A tenant's choices. Nothing merges by itself until somebody says so."""

    merge_verified: bool = Field(
        default=False,
        title="Merge by itself what is certain",
        description=(
            "Where a channel verified the same mailbox for two customers, or the same number and "
            "two words of the name agree. Never shared numbers, role mailboxes or names that "
            "contradict. Each can be undone."
        ),
    )


def settings_of(session: TenantSession) -> MergeSettings:
    """This tenant's choices."""
    return cast(MergeSettings, session.desk.host.settings.of(session, "merge"))
