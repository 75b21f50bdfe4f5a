"""What a tenant chooses about merging."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel, Field

from core.api import TenantSession, say


class MergeSettings(BaseModel):
    """A tenant's choices. Nothing merges by itself until somebody says so."""

    merge_verified: bool = Field(
        default=False,
        title=say("Merge by itself what is certain"),
        description=say(
            "Where a channel verified the same mailbox for two customers, or the same number and "
            "two words of the name agree. Never shared numbers, role mailboxes or names that "
            "contradict. Each can be undone."
        ),
    )
    digest_hour: int = Field(
        default=8,
        ge=0,
        le=23,
        title=say("Hour of the daily digest"),
        description=say(
            "A notice each morning that something merged by itself, on your business's clock: 8 "
            "is eight o'clock."
        ),
    )


def settings_of(session: TenantSession) -> MergeSettings:
    """This tenant's choices."""
    return cast(MergeSettings, session.desk.host.settings.of(session, "merge"))
