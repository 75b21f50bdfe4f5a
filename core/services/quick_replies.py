"""Quick replies: their variables, and what a conversation fills them with."""

from __future__ import annotations

import re

from sqlalchemy import select

from core.errors import Refused
from core.models import Conversation, Membership, QuickReply
from core.services.templates import variables_of
from core.services.tenants import tenant_of
from core.tenancy.session import TenantSession
from core.words import say

VARIABLES = ("contactname", "firstname", "phone", "channelname", "username", "shopname")
SHORTCUT = re.compile(r"[\w-]{1,40}")
MOST = 500


def all_of(session: TenantSession) -> list[QuickReply]:
    """Those in use, by shortcut."""
    return list(
        session.scalars(
            select(QuickReply)
            .where(QuickReply.archived_at.is_(None))
            .order_by(QuickReply.shortcut)
            .limit(MOST)
        )
    )


def checked_shortcut(text: str) -> str:
    """A shortcut without its slash, in lower case. Refused: empty, or with other signs in it."""
    shortcut = text.strip().removeprefix("/").lower()
    if not SHORTCUT.fullmatch(shortcut):
        raise Refused(say("Use up to 40 letters, digits, - and _, without spaces."), "shortcut")
    return shortcut


def checked_text(text: str) -> str:
    """A text whose variables can all be filled. Refused, naming the ones that can't."""
    unknown = [name for name in variables_of(text) if name not in VARIABLES]
    if unknown:
        raise Refused(
            say(
                "Nothing fills {%(unknown)s}. There are: %(known)s.",
                unknown=unknown[0],
                known=", ".join(f"{{{name}}}" for name in VARIABLES),
            ),
            "text",
        )
    if not text.strip():
        raise Refused(say("Write the text first."), "text")
    return text


def values_for(
    session: TenantSession, conversation: Conversation, author: Membership | None
) -> dict[str, str]:
    """What a conversation fills the variables with; "" where it doesn't know."""
    contact = conversation.contact
    name = contact.customer.name or contact.name
    return {
        "contactname": name,
        "firstname": name.split()[0] if name.split() else "",
        "phone": contact.phone,
        "channelname": conversation.channel.name,
        "username": author.name if author else "",
        "shopname": tenant_of(session).name,
    }
