"""What a plugin may import, and nothing else."""

from __future__ import annotations

from core.events import (
    ChannelStateChanged,
    ContactCreated,
    ConversationAssigned,
    ConversationClosed,
    ConversationOpened,
    Event,
    MessageReceived,
    MessageSent,
    MessageStateChanged,
    OrderCancelled,
    OrderCreated,
    OrderPaid,
    OrderReceived,
    OrderShipped,
    TaskClosed,
    TaskOpened,
)
from core.hookspecs import hookimpl
from core.host.declarations import ApiDecl, Handler, InboxAction, MenuLink, ViewDecl
from core.host.manifest import Manifest
from core.host.models import plugin_registry

__all__ = [
    "ApiDecl",
    "ChannelStateChanged",
    "ContactCreated",
    "ConversationAssigned",
    "ConversationClosed",
    "ConversationOpened",
    "Event",
    "Handler",
    "InboxAction",
    "Manifest",
    "MenuLink",
    "MessageReceived",
    "MessageSent",
    "MessageStateChanged",
    "OrderCancelled",
    "OrderCreated",
    "OrderPaid",
    "OrderReceived",
    "OrderShipped",
    "TaskClosed",
    "TaskOpened",
    "ViewDecl",
    "hookimpl",
    "plugin_registry",
]
