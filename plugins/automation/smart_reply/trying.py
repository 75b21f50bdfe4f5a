"""Trying a smart reply out before it is saved: what would it say to these messages?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.api import Answer, Division, Invalid, Said, TenantSession, Turn, say, tenant_of
from plugins.automation import catalogue
from plugins.automation.smart_reply import keeping
from plugins.automation.smart_reply.keeping import Draft

MOST = 20
LONGEST = 1000


@dataclass(frozen=True)
class Exchange:
    """What was said, what it is answered ("": nothing), why, and what comes after."""

    said: str
    answer: str
    why: Any
    after: Any = ""


def play(session: TenantSession, draft: Draft, said: Sequence[str]) -> list[Exchange]:
    """The conversation from its beginning, as the bot would lead it. Nothing is sent or kept.

    All of it each time: so no page has to be trusted with what the bot remembers. Invalid where the
    bot's settings aren't whole yet.
    """
    settings = keeping.settings_checked(session, draft)
    bot = catalogue.bots(session)[draft.bot]
    prepared = dict(bot.prepare(session, settings))
    filled = {"contactname": "Dewi", "username": tenant_of(session).name}
    memory: dict[str, Any] = {}
    past: list[Said] = []
    is_first, has_left, found = True, False, list[Exchange]()
    for text in said[-MOST:]:
        if has_left:
            found.append(Exchange(text, "", say("It was handed over: a person answers now.")))
            continue
        turn = Turn(
            text=text[:LONGEST],
            past=tuple(past),
            is_first=is_first,
            memory=memory,
            settings=prepared,
            variables=filled,
        )
        try:
            answer = bot.answer(turn)
        except Exception as error:  # a stranger's: whoever tries it must see it, not a broken page
            found.append(Exchange(text, "", say("The bot failed: %(error)s", error=str(error))))
            break
        past.append(Said(is_ours=False, text=turn.text))
        if answer is None:
            found.append(Exchange(text, "", say("The bot has nothing to say to that.")))
            continue
        past.append(Said(is_ours=True, text=answer.text))
        memory, is_first = dict(answer.memory), answer.closes
        memory = {} if answer.closes else memory
        has_left = answer.division_id is not None
        found.append(Exchange(text, answer.text, answer.why, _after(session, answer)))
    return found


def missing(session: TenantSession, draft: Draft) -> list[str]:
    """What the settings still lack before they can be tried."""
    try:
        keeping.settings_checked(session, draft)
    except Invalid as invalid:
        return [sentence for told in invalid.errors.values() for sentence in told]
    return []


def _after(session: TenantSession, answer: Answer) -> Any:
    if answer.division_id is not None:
        division = session.get(Division, answer.division_id)
        return say("Handed over to %(division)s", division=division.name if division else "…")
    return say("Closed") if answer.closes else ""
