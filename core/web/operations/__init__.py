"""Operations: what moves a noun and can't be written as a field. `POST /api/v1/<noun>/<id>/<verb>`.

Each is a REST resource of its own beside the noun's generated one, under the same permissions name,
so that a role or a token's scope says once who may work with that noun.
"""

from __future__ import annotations

from core.host.declarations import ApiDecl
from core.web.operations import (
    cards,
    channels,
    conversation_handling,
    conversations,
    jobs,
    messages,
    orders,
    plugins,
    team,
    tokens,
)

OPERATIONS: tuple[ApiDecl, ...] = (
    *cards.OPERATIONS,
    *channels.OPERATIONS,
    *conversations.OPERATIONS,
    *conversation_handling.OPERATIONS,
    *jobs.OPERATIONS,
    *messages.OPERATIONS,
    *orders.OPERATIONS,
    *plugins.OPERATIONS,
    *team.OPERATIONS,
    *tokens.OPERATIONS,
)
