"""Giving a channel up, from its screen or over REST."""

from __future__ import annotations

from core.models import Channel
from core.services import channels
from core.services.subscribing import last_line, leave
from core.web.request import web_session


def disconnect(channel: Channel) -> None:
    """Have its provider deliver no more, then archive it. Ends the request's transaction."""
    session, channel_id = web_session(), channel.id
    line = last_line(session, channel)
    session.rollback()  # the provider is called outside any transaction
    if line is not None:
        leave(line)
    channels.archive(session, session.get_one(Channel, channel_id))
    session.commit()
