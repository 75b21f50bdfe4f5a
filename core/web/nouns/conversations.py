"""Conversations and messages, to read; what happens to them are operations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from core.host.declarations import ApiDecl, ViewDecl
from core.models import Assignment, Attachment, Conversation, Message
from core.web.fab import AdminApi, SQLAInterface
from core.web.nouns.base import NounView
from core.web.theme import words_of

MESSAGE_BADGES = {
    "failed": "red",
    "unknown": "orange",
    "read": "green",
    "played": "green",
    "delivered": "teal",
    "sent": "azure",
    "received": "secondary",
}


DIRECTION_BADGES = {"in": "azure", "out": "secondary", "internal": "yellow"}


class MessageView(NounView):
    """Every message, as it is stored."""

    datamodel = SQLAInterface(Message)
    class_permission_name = "Message"
    read_only = True
    list_title, show_title = _("Messages"), _("Message")
    list_columns = ["sent_at", "direction", "contact", "channel", "kind", "body", "state"]
    show_columns = [
        "conversation",
        "contact",
        "channel",
        "direction",
        "sender",
        "author",
        "kind",
        "subject",
        "body",
        "state",
        "error_reason",
        "error_code",
        "provider_id",
        "sent_at",
        "created_at",
        "delivered_at",
        "read_at",
        "edited_at",
    ]
    search_columns = ["body", "direction", "kind", "state", "sent_at", "channel"]
    base_order = ("id", "desc")
    badges = {"state": MESSAGE_BADGES, "direction": DIRECTION_BADGES}
    value_words = {
        "direction": {"in": _("Customer"), "out": _("Us"), "internal": _("Note")},
        "state": {"unknown": _("Not known")},
    }
    formatters_columns = {"kind": words_of}
    label_columns = {
        "body": _("Text"),
        "direction": _("From"),
        "delivered_at": _("Delivered"),
        "edited_at": _("Edited"),
        "error_code": _("Error code"),
        "error_reason": _("Why it failed"),
        "provider_id": _("The provider's id"),
        "read_at": _("Read"),
        "created_at": _("Stored"),
        "subject": _("Subject"),
    }
    empty_state = {
        "title": _("No messages yet"),
        "text": _("Once a customer writes to one of your channels, each message is listed here."),
        "icon": "message",
    }


class AssignmentView(NounView):
    """Who was given which conversation, when and why."""

    datamodel = SQLAInterface(Assignment)
    class_permission_name = "Assignment"
    read_only = True
    list_title, show_title = _("Assignments"), _("Assignment")
    list_columns = ["at", "agent", "division", "reason"]
    show_columns = ["at", "agent", "division", "reason", "conversation"]
    search_columns = ["at", "agent", "division", "reason"]
    base_order = ("id", "desc")
    empty_state = {
        "title": _("Nothing was assigned yet"),
        "text": _(
            "Give a conversation to an agent in the Inbox: who got what, and why, stays here."
        ),
        "icon": "user-share",
    }


class ConversationView(NounView):
    """Every conversation as a table; the Inbox is where they are worked on."""

    datamodel = SQLAInterface(Conversation)
    class_permission_name = "Conversation"
    read_only = True
    list_title, show_title = _("Conversations"), _("Conversation")
    list_columns = ["contact", "channel", "state", "assignee", "division", "unread", "last_at"]
    show_columns = [
        "contact",
        "identity",
        "channel",
        "state",
        "assignee",
        "division",
        "unread",
        "preview",
        "last_at",
        "waiting_since",
        "window_until",
        "closed_at",
    ]
    search_columns = ["state", "channel", "assignee", "division", "last_at"]
    base_order = ("id", "desc")
    related_views = [MessageView, AssignmentView]
    show_template = "sapa/conversations/show.html"
    badges = {"state": {"open": "green", "pending": "yellow", "closed": "secondary"}}

    label_columns = {
        "closed_at": _("Closed"),
        "identity": _("Address"),
        "preview": _("Last words"),
        "window_until": _("Free text until"),
    }
    empty_state = {
        "title": _("No conversations yet"),
        "text": _("They begin when somebody writes to one of your channels."),
        "icon": "messages",
    }


class ConversationApi(AdminApi):
    """`/api/v1/conversation/`; replying, assigning and closing are operations on it."""

    resource_name = "conversation"
    datamodel = SQLAInterface(Conversation)
    class_permission_name = "Conversation"
    read_only = True
    list_columns = [
        "id",
        "uuid",
        "state",
        "unread",
        "preview",
        "last_at",
        "waiting_since",
        "window_until",
        "contact.id",
        "contact.name",
        "channel.id",
        "channel.name",
        "assignee.id",
        "division.id",
    ]
    show_columns = list_columns
    search_columns = ["state", "channel", "assignee", "division", "contact", "last_at"]


class MessageApi(AdminApi):
    """`/api/v1/message/`, to read."""

    resource_name = "message"
    datamodel = SQLAInterface(Message)
    class_permission_name = "Message"
    read_only = True
    list_columns = [
        "id",
        "uuid",
        "direction",
        "sender",
        "kind",
        "subject",
        "body",
        "state",
        "is_automatic",
        "error_class",
        "error_code",
        "error_reason",
        "reactions",
        "provider_id",
        "sent_at",
        "created_at",
        "delivered_at",
        "read_at",
        "conversation.id",
        "contact.id",
        "channel.id",
        "card.id",
    ]
    show_columns = list_columns
    search_columns = ["direction", "kind", "state", "conversation", "contact", "channel", "sent_at"]


class AssignmentApi(AdminApi):
    """`/api/v1/assignment/`, to read."""

    resource_name = "assignment"
    datamodel = SQLAInterface(Assignment)
    class_permission_name = "Assignment"
    read_only = True
    list_columns = ["id", "conversation.id", "agent.id", "division.id", "reason", "at"]
    search_columns = ["conversation", "agent", "division", "at"]


class AttachmentApi(AdminApi):
    """`/api/v1/attachment/`: what is known of a message's files; the bytes are at /files/<uuid>."""

    resource_name = "attachment"
    datamodel = SQLAInterface(Attachment)
    class_permission_name = "Message"
    read_only = True
    list_columns = ["id", "uuid", "message_id", "kind", "name", "mime_type", "size", "state"]
    search_columns = ["kind", "mime_type", "state"]


MENU = "Records"
NOUNS = (
    ViewDecl(
        view=ConversationView,
        name="Conversations",
        icon="messages",
        category=MENU,
        category_icon="database",
    ),
    ViewDecl(view=MessageView, name="Messages", icon="message", category=MENU),
    ViewDecl(view=AssignmentView, name="Assignments", icon="user-share", category=MENU),
    ApiDecl(api=ConversationApi),
    ApiDecl(api=MessageApi),
    ApiDecl(api=AssignmentApi),
    ApiDecl(api=AttachmentApi),
)
