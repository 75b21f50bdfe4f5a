"""The sync's settings in one tenant."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel, Field

from core.api import TenantSession, say


class SyncSettings(BaseModel):
    """How often automatic devices are read, whether who is new is greeted, what is kept."""

    minutes: int = Field(
        15,
        ge=5,
        le=24 * 60,
        title=say("Minutes between two runs"),
        description=say("For automatic numbers whose contacts can only be listed."),
    )
    greets: bool = Field(
        False,
        title=say("Greet synchronised contacts"),
        description=say("New contacts get the welcome message that those made by a person get."),
    )
    keep_days: int = Field(
        90,
        ge=7,
        le=3650,
        title=say("Days that reports are kept"),
        description=say(
            "Without its report a run can't be undone. The last one of a device stays."
        ),
    )


def settings_of(session: TenantSession) -> SyncSettings:
    """As the tenant has set them."""
    return cast(SyncSettings, session.desk.host.settings.of(session, "sync"))
