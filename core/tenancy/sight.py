"""What an agent sees of their tenant: the channels that they are allocated to, and what is theirs.

A session with a `sight` adds these criteria to each of its statements, beside the tenant's: lists,
pages, searches, REST and relations show the same, and nobody has to remember it (C13).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import with_loader_criteria

Sight = frozenset[int]
"""Ids of channels."""


@lru_cache(maxsize=512)
def criteria(sight: Sight) -> tuple[Any, ...]:
    """Loader options that leave only what `sight` covers."""
    from core.models import (  # the models stand on this package's session
        Assignment,
        Attachment,
        Channel,
        Conversation,
        Mention,
        Message,
        Task,
    )

    ids = sorted(sight)
    talks = select(Conversation.id).where(Conversation.channel_id.in_(ids))
    messages = select(Message.id).where(Message.channel_id.in_(ids))
    seen: dict[type[Any], Any] = {
        Channel: Channel.id.in_(ids),
        Conversation: Conversation.channel_id.in_(ids),
        Message: Message.channel_id.in_(ids),
        Task: or_(Task.channel_id.is_(None), Task.channel_id.in_(ids)),
        Attachment: Attachment.message_id.in_(messages),
        Assignment: Assignment.conversation_id.in_(talks),
        Mention: Mention.conversation_id.in_(talks),
    }
    return tuple(
        with_loader_criteria(noun, condition, include_aliases=True)
        for noun, condition in seen.items()
    )
