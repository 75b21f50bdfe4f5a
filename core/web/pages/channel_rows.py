"""A channel that a page is about."""

from __future__ import annotations

from flask_babel import gettext as _

from core.errors import NotFound
from core.models import Channel
from core.web.operations.base import row_id
from core.web.request import need_tenant, web_session


def living_channel(pk: str) -> Channel:
    """The tenant's channel of this id. NotFound for an archived one, too."""
    need_tenant()
    channel: Channel | None = web_session().get(Channel, row_id(pk))
    if channel is None or channel.archived_at is not None:
        raise NotFound(_("There is no such channel."))
    return channel
