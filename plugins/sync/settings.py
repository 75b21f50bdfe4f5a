"""The sync's settings in one tenant."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel, Field

from core.api import TenantSession


class SyncSettings(BaseModel):
    """How often automatic devices are read, and whether who is new is greeted."""

    minutes: int = Field(
        15,
        ge=5,
        le=24 * 60,
        title="Minutes between two runs",
        description="For automatic numbers whose contacts can only be listed.",
    )
    greets: bool = Field(
        False,
        title="Greet synchronised contacts",
        description="New contacts get the welcome message that those made by a person get.",
    )


def settings_of(session: TenantSession) -> SyncSettings:
    """As the tenant has set them."""
    return cast(SyncSettings, session.desk.host.settings.of(session, "sync"))
