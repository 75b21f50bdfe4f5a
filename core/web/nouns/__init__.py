"""A generated screen and a REST resource for each noun."""

from __future__ import annotations

from core.host.declarations import ApiDecl, ViewDecl
from core.web.nouns import (
    conversations,
    customers,
    order_sources,
    orders,
    pipeline,
    quick_replies,
    settings,
    team,
    unreadable,
)

NOUNS: tuple[ViewDecl | ApiDecl, ...] = (
    *customers.NOUNS,
    *pipeline.NOUNS,
    *orders.NOUNS,
    *conversations.NOUNS,
    *unreadable.NOUNS,
    *team.NOUNS,
    *quick_replies.NOUNS,
    *order_sources.NOUNS,
    *settings.NOUNS,
)
