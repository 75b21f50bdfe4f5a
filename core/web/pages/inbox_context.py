"""What the inbox's pages share: the asked-for list, permissions, and what a template is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, render_template, request
from markupsafe import Markup, escape
from sqlalchemy import select

from core.adapter import Capabilities
from core.errors import Malformed
from core.host.declarations import InboxAction, InboxTool
from core.models import Channel, Conversation, Division, Label, Message, Sender
from core.services import inbox_list, inbox_search, inbox_thread, mentions, quick_replies
from core.services.inbox_list import Shelf, Sort, Wanted, Whose
from core.services.labels import labels_of
from core.services.may_send import free_until, is_window_open, why_shut, window_of
from core.services.templates import VARIABLE, variables_of, why_not
from core.services.thread_log import LogLine
from core.web import tenant_time
from core.web.channel_icons import channel_icon
from core.web.message_button import message_button
from core.web.plugin_panels import customer_panels, message_notes
from core.web.request import desk, membership, web_session
from core.words import say

PERMISSIONS = ("reply", "note", "assign", "close", "label", "mark_read")

PANEL_PARTS = ("addresses", "labels", "facts", "orders", "cards", "others")
"""What stands in the customer's panel, from above: `inbox/panel/<part>.html` each."""


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
        sort=_choice(Sort, asked.get("sort", ""), Sort.NEWEST),
        channel_id=asked.get("channel", type=int),
        division_id=asked.get("division", type=int),
        label_id=asked.get("label", type=int),
        text=asked.get("q", "").replace("\x00", ""),
        member_id=member_id(),
    )


def ids(name: str) -> list[int]:
    """`?ids=3,4` as numbers, at most 200. Raises Malformed."""
    raw = [part for part in request.args.get(name, "").split(",") if part][:200]
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in raw):
        raise Malformed(say("These ids can't be read. Reload the inbox."))
    return [int(part) for part in raw]


def shared() -> dict[str, Any]:
    """What every part of the page is given."""
    return {
        "channel_icon": channel_icon,
        "rank_of": inbox_list.rank_of,
        "fill": fill,
        "message_button": message_button,
        "notes_of": message_notes,
        "with_mentions": with_mentions,
        "may": {name: may(name) for name in PERMISSIONS},
        "me": membership(),
        "time": tenant_time,
    }


def fill(body: str, values: Mapping[str, str]) -> str:
    """A template's text with what is known; what isn't stays in braces."""
    return VARIABLE.sub(lambda match: values.get(match[1]) or match[0], body)


def with_mentions(html: Markup) -> Markup:
    """A note's text, safe already, with the colleagues that it calls marked."""
    people = mentions.members(web_session()) if "@" in html else []
    names = sorted((str(escape(person.name)) for person in people), key=len, reverse=True)
    if not names:
        return html
    called = re.compile(r"(?<!\w)@(" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE)
    marked = called.sub(r'<b class="bubble-mention">@\1</b>', str(html))
    return Markup(marked)  # noqa: S704 - of escaped text and names, which hold no markup


def fragment(template: str, **values: Any) -> str:
    """A part of the page, for htmx and for live events."""
    return render_template(f"sapa/inbox/{template}", **shared(), **values)


def list_values() -> dict[str, Any]:
    """What the list shows. A search shows messages, too, below the people it found."""
    session, asked = web_session(), wanted()
    after = request.args.get("after", "")
    page = inbox_list.list_page(session, asked, inbox_list.Key.parse(after) if after else None)
    query = {
        "whose": asked.whose.value,
        "shelf": asked.shelf.value,
        "sort": asked.sort.value,
        "channel": asked.channel_id,
        "division": asked.division_id,
        "label": asked.label_id,
        "q": asked.text or None,
    }
    is_search = asked.is_search and not after
    return {
        **rows_values(page.rows),
        "page": page,
        "wanted": asked,
        "query": query,
        "is_more": bool(after),
        "hits": inbox_search.find_messages(session, asked.text) if is_search else [],
    }


def rows_values(rows: Sequence[Conversation]) -> dict[str, Any]:
    """What the rows of the list show beside themselves."""
    return {
        "wanted": wanted(),
        "labels": labels_of(web_session(), [row.contact for row in rows]) if rows else {},
    }


def frame_values() -> dict[str, Any]:
    """The list's own frame: what can be filtered, who works here, and what is unread."""
    session = web_session()
    living = (
        select(kind).where(kind.archived_at.is_(None)).order_by(kind.name)
        for kind in (Channel, Division)
    )
    channels, divisions = (list(session.scalars(query)) for query in living)
    people = mentions.members(session)
    return {
        "channels": channels,
        "divisions": divisions,
        "every_label": list(session.scalars(select(Label).order_by(Label.name))),
        "people": [{"id": person.id, "name": person.name} for person in people],
        "unread": inbox_list.unread(session, member_id()),
        "tools": plugin_tools(),
    }


def thread_values(conversation: Conversation) -> dict[str, Any]:
    """One open conversation: its last messages, its customer, and what can be done."""
    session = web_session()
    wanted_id = request.args.get("message", type=int)
    return {
        "conversation": conversation,
        "thread": inbox_thread.around(session, conversation, wanted_id)
        if wanted_id
        else inbox_thread.latest(session, conversation),
        "hit": wanted_id,
        "beside": inbox_thread.beside(session, conversation),
        **panel_values(conversation),
        **composer_values(conversation),
        "actions": plugin_actions(conversation),
        "snooze_times": tenant_time.snooze_times(),
    }


def panel_values(conversation: Conversation) -> dict[str, Any]:
    """The customer beside the thread, and the labels there are."""
    session = web_session()
    return {
        "panel": inbox_thread.panel(session, conversation),
        "panel_parts": PANEL_PARTS,
        "plugin_panels": customer_panels(conversation.contact, conversation),
        "every_label": list(session.scalars(select(Label).order_by(Label.name))),
    }


def head_of(conversation: Conversation) -> str:
    """The thread's header as it is now."""
    return fragment(
        "_header.html",
        conversation=conversation,
        choices=inbox_thread.choices(web_session(), conversation),
        actions=plugin_actions(conversation),
        snooze_times=tenant_time.snooze_times(),
    )


def composer_values(conversation: Conversation) -> dict[str, Any]:
    """What can be written here, to whom it can be given, and until when text is free."""
    capabilities = capabilities_of(conversation)
    is_open = capabilities is not None and is_window_open(conversation)
    choices = inbox_thread.choices(web_session(), conversation)
    return {
        "choices": choices,
        "filled": quick_replies.values_for(web_session(), conversation, membership()),
        "variables_of": variables_of,
        "capabilities": capabilities,
        "is_window_open": is_open,
        "has_window": capabilities is not None and window_of(conversation) is not None,
        "free_until": free_until(conversation) if capabilities is not None else None,
        "why_shut": ""
        if capabilities is None or is_open
        else why_shut(conversation.channel, capabilities, Sender.AGENT),
        "usable_templates": [
            template
            for template in choices.templates
            if template.can_be_sent and (is_open or template.provider_name)
        ],
        "withheld_templates": [
            (template, why_not(template))
            for template in choices.templates
            if not template.can_be_sent
        ],
    }


def capabilities_of(conversation: Conversation) -> Capabilities | None:
    """What the channel can do; None where its plugin is gone, and nothing can be sent."""
    adapter = desk().host.adapters.get(conversation.channel.kind)
    return adapter.capabilities if adapter else None


def plugin_actions(conversation: Conversation) -> list[InboxAction]:
    """Buttons of the plugins that are on."""
    return desk().host.hooks.gather_all("inbox_actions", InboxAction, conversation=conversation)


def plugin_tools() -> list[InboxTool]:
    """Buttons of the plugins that are on, as far as the asker may use them."""
    answers: list[Sequence[InboxTool]] = desk().host.hooks.gather("inbox_tools")
    allowed = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]  # as above
    return [tool for answer in answers for tool in answer if allowed(*tool.permission)]


def bubbles(entries: Sequence[Message | LogLine], conversation: Conversation) -> str:
    """Messages, and what was done between them, as the thread shows them."""
    return fragment(
        "_messages.html",
        entries=entries,
        conversation=conversation,
        capabilities=capabilities_of(conversation),
    )


def _choice(kind: Any, word: str, default: Any) -> Any:
    return kind(word) if word in set(kind) else default
