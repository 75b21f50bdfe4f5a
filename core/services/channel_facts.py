"""What a provider says of a channel: kept by name, the newest word stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.inbound import Fact
from core.live import tell
from core.models import Channel
from core.tenancy.session import TenantSession


def keep_facts(
    session: TenantSession,
    channel: Channel,
    facts: Iterable[Fact],
    at: datetime,
    *,
    is_start: bool = False,
) -> None:
    """Keep these facts unless newer ones of the same name are known. `at`: the provider's time.

    `is_start`: something begins anew, whatever was known of it.
    """
    at = at.replace(microsecond=0)  # providers tell seconds: what we say first must not win
    kept = dict(channel.facts)
    for fact in facts:
        known = kept.get(fact.name)
        if known is not None and not is_start and _is_ahead(known, fact, at):
            continue
        kept[fact.name[:40]] = {
            "value": fact.value[:200],
            "is_bad": fact.is_bad,
            "at": at.isoformat(),
        }
    if kept != channel.facts:
        channel.facts = kept
        session.flush()
        tell(session, "channel", channel=channel.id)


def value_of(channel: Channel, name: str) -> str:
    """What is known under this name, or ""."""
    fact = channel.facts.get(name)
    return str(fact["value"]) if isinstance(fact, dict) and "value" in fact else ""


def percent_of(channel: Channel, name: str) -> int | None:
    """How far something got, where the fact of this name ends with a percentage."""
    done = _done(value_of(channel, name))
    return done if done >= 0 else None


def _is_ahead(known: dict[str, str], fact: Fact, at: datetime) -> bool:
    """Newer, or further on: chunks of an import come out of order."""
    if datetime.fromisoformat(known["at"]) > at:
        return True
    return _done(known["value"]) > _done(fact.value) >= 0


def _done(value: str) -> int:
    number = value.rsplit(" ", 1)[-1]
    if number.endswith("%") and number[:-1].isascii() and number[:-1].isdigit():
        return min(int(number[:-1]), 100)
    return -1
