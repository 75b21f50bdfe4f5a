"""What the inbox's pages share: the asked-for list, permissions, and what a template is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, render_template, request
from sqlalchemy import select

from core.adapter import Capabilities
from core.errors import Malformed
from core.host.declarations import InboxAction
from core.models import Channel, Conversation, Message
from core.services import inbox_list, inbox_thread
from core.services.inbox_list import Shelf, Wanted, Whose
from core.services.may_send import is_window_open, window_of
from core.services.templates import variables_of
from core.web import tenant_time
from core.web.request import desk, membership, web_session

PERMISSIONS = ("reply", "note", "assign", "close", "mark_read")

CHANNEL_ICONS = {
    "simulator": "device-mobile",
    "whatsapp_cloud": "brand-whatsapp",
    "whatsapp_qr": "brand-whatsapp",
    "messenger": "brand-messenger",
    "instagram": "brand-instagram",
    "telegram": "brand-telegram",
    "sms": "message-circle",
    "email": "mail",
    "tiktok_shop": "brand-tiktok",
    "shopee": "shopping-bag",
    "lazada": "shopping-bag",
}


def channel_icon(kind: str) -> str:
    """The icon of a kind of channel; a stranger's kind gets the general one."""
    return CHANNEL_ICONS.get(kind, "messages")


def may(permission: str) -> bool:
    """Whether the asker may do this in the inbox."""
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB hangs itself on the app
    return bool(sm.has_access(f"can_{permission}", "Inbox"))


def member_id() -> int | None:
    """The asker's membership here."""
    member = membership()
    return member.id if member else None


def wanted() -> Wanted:
    """The list that the address asks for. An unknown word means the default: old links live on."""
    asked = request.args
    return Wanted(
        whose=_choice(Whose, asked.get("whose", ""), Whose.ALL),
        shelf=_choice(Shelf, asked.get("shelf", ""), Shelf.OPEN),
        channel_id=asked.get("channel", type=int),
        text=asked.get("q", "").replace("\x00", ""),
        member_id=member_id(),
    )


def ids(name: str) -> list[int]:
    """`?ids=3,4` as numbers, at most 200. Raises Malformed."""
    raw = [part for part in request.args.get(name, "").split(",") if part][:200]
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in raw):
        raise Malformed("These ids can't be read. Reload the inbox.")
    return [int(part) for part in raw]


def shared() -> dict[str, Any]:
    """What every part of the page is given."""
    return {
        "channel_icon": channel_icon,
        "key_of": inbox_list.key_of,
        "may": {name: may(name) for name in PERMISSIONS},
        "me": membership(),
        "time": tenant_time,
    }


def fragment(template: str, **values: Any) -> str:
    """A part of the page, for htmx and for live events."""
    return render_template(f"sapa/inbox/{template}", **shared(), **values)


def list_values() -> dict[str, Any]:
    """What the list shows."""
    session, asked = web_session(), wanted()
    after = request.args.get("after", "")
    page = inbox_list.list_page(session, asked, inbox_list.Key.parse(after) if after else None)
    query = {
        "whose": asked.whose.value,
        "shelf": asked.shelf.value,
        "channel": asked.channel_id,
        "q": asked.text or None,
    }
    return {"page": page, "wanted": asked, "query": query, "is_more": bool(after)}


def frame_values() -> dict[str, Any]:
    """The list's own frame: what can be filtered, and what is unread."""
    session = web_session()
    found = session.scalars(
        select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    )
    return {"channels": list(found), "unread": inbox_list.unread(session, member_id())}


def thread_values(conversation: Conversation) -> dict[str, Any]:
    """One open conversation: its last messages, its customer, and what can be done."""
    session = web_session()
    return {
        "conversation": conversation,
        "thread": inbox_thread.latest(session, conversation),
        "panel": inbox_thread.panel(session, conversation),
        **composer_values(conversation),
        "actions": plugin_actions(conversation),
        "snooze_times": tenant_time.snooze_times(),
    }


def composer_values(conversation: Conversation) -> dict[str, Any]:
    """What can be written here, to whom it can be given, and until when text is free."""
    capabilities = capabilities_of(conversation)
    is_open = capabilities is not None and is_window_open(conversation)
    choices = inbox_thread.choices(web_session(), conversation)
    return {
        "choices": choices,
        "variables_of": variables_of,
        "capabilities": capabilities,
        "is_window_open": is_open,
        "has_window": capabilities is not None and window_of(conversation) is not None,
        "usable_templates": [
            template
            for template in choices.templates
            if is_open or (template.provider_name and template.is_approved)
        ],
    }


def capabilities_of(conversation: Conversation) -> Capabilities | None:
    """What the channel can do; None where its plugin is gone, and nothing can be sent."""
    adapter = desk().host.adapters.get(conversation.channel.kind)
    return adapter.capabilities if adapter else None


def plugin_actions(conversation: Conversation) -> list[InboxAction]:
    """Buttons of the plugins that are on."""
    answers: list[Sequence[InboxAction]] = desk().host.hooks.gather(
        "inbox_actions", conversation=conversation
    )
    return [action for answer in answers for action in answer]


def bubbles(messages: Sequence[Message], conversation: Conversation) -> str:
    """Messages as the thread shows them."""
    return fragment("_messages.html", messages=messages, conversation=conversation)


def _choice(kind: Any, word: str, default: Any) -> Any:
    return kind(word) if word in set(kind) else default
