"""Asking a provider, once, for what an account knew before it was connected."""

from __future__ import annotations

from dataclasses import dataclass

from core.audit import record
from core.errors import NotFound
from core.inbound import Fact
from core.models import Channel
from core.models.base import now
from core.outbound import OutcomeUnknown, SendFailed
from core.past import ImportOffer, ImportsPast
from core.services.channel_facts import keep_facts, percent_of
from core.services.lines import line_of
from core.tenancy.session import TenantSession
from core.words import say


@dataclass(frozen=True)
class Begun:
    """What was asked for; `problem` says why the provider refused, "" where it agreed."""

    offer: ImportOffer
    problem: str = ""


def begin_import(session: TenantSession, channel: Channel, name: str) -> Begun:
    """Ask now, outside any transaction; the answer stands among the channel's facts. Commits.

    NotFound for an import that this kind of channel doesn't have.
    """
    line = line_of(session, channel)
    adapter, channel_id = line.adapter, channel.id
    offers = adapter.imports if isinstance(adapter, ImportsPast) else ()
    offer = next((each for each in offers if each.name == name), None)
    if offer is None or not isinstance(adapter, ImportsPast):
        raise NotFound(
            say("%(channel)s has no import called “%(name)s”.", channel=channel.name, name=name)
        )
    session.rollback()
    at = now()
    problem = ""
    try:
        adapter.begin_import(line.account, name, line.http)
    except (SendFailed, OutcomeUnknown) as error:
        problem = error.reason
    channel = session.get_one(Channel, channel_id)
    said = f"Refused: {problem}" if problem else "Asked for 0%"
    if not problem or percent_of(channel, offer.fact) is None:  # else it is under way: leave that
        fact = Fact(offer.fact, said, is_bad=bool(problem))
        keep_facts(session, channel, (fact,), at, is_start=True)
    record(session, "ask for import", channel, {offer.name: (None, problem or "asked for")})
    session.commit()
    return Begun(offer, problem)
