"""Calling a colleague by name in a note: `@Rina Wulandari, can you look?`"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from core.live import tell
from core.models import Conversation, Membership, Mention, Message
from core.models.base import now
from core.tenancy.session import TenantSession


def members(session: TenantSession) -> list[Membership]:
    """Who can be called: everybody who works here, by name."""
    found = session.scalars(
        select(Membership)
        .where(Membership.is_active.is_(True))
        .options(joinedload(Membership.user))
    )
    return sorted(found, key=lambda member: member.name.casefold())


def named_in(text: str, people: Sequence[Membership]) -> list[Membership]:
    """Those whose `@Name` stands in a text. *@Ana Maria* calls Ana Maria, and not Ana too."""
    by_name = {person.name.casefold(): person for person in people if person.name.strip()}
    names = sorted(by_name, key=len, reverse=True)
    if not names or "@" not in text:
        return []
    pattern = re.compile(r"(?<!\w)@(" + "|".join(map(re.escape, names)) + r")(?!\w)")
    return list(dict.fromkeys(by_name[match[1]] for match in pattern.finditer(text.casefold())))


def call(session: TenantSession, note: Message) -> list[Membership]:
    """Tell those whom a note names, but for its author; answers who they are."""
    called = [
        person
        for person in named_in(note.body, members(session) if "@" in note.body else [])
        if person.id != note.author_id
    ]
    for person in called:
        session.add(
            Mention(message_id=note.id, conversation_id=note.conversation_id, member_id=person.id)
        )
        tell(
            session,
            "mention",
            conversation=note.conversation_id,
            channel=note.channel_id,
            member=person.id,
        )
    session.flush()
    return called


def see(session: TenantSession, conversation: Conversation, member_id: int | None) -> None:
    """A member has opened the conversation: what called them there is seen."""
    if member_id is None:
        return
    unseen = Mention.seen_at.is_(None), Mention.member_id == member_id
    here = Mention.conversation_id == conversation.id
    seen = session.execute(
        update(Mention)
        .where(*unseen, here)
        .values(seen_at=now())
        .execution_options(synchronize_session=False)
    )
    if seen.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result counts
        tell(
            session,
            "mention",
            conversation=conversation.id,
            channel=conversation.channel_id,
            member=member_id,
        )


def unseen(session: TenantSession, member_id: int | None) -> int:
    """In how many conversations somebody called this member, unseen yet."""
    if member_id is None:
        return 0
    found = select(func.count(Mention.conversation_id.distinct())).where(
        Mention.member_id == member_id, Mention.seen_at.is_(None)
    )
    return session.scalar(found) or 0
