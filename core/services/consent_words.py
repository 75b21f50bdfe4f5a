"""The words by which customers opt out and in again, as the tenant has them."""

from __future__ import annotations

from collections.abc import Iterable

from core.audit import current_actor
from core.errors import Refused
from core.models import AuditEntry
from core.services.tenants import tenant_of
from core.tenancy.session import TenantSession
from core.words import say

# a customer's whole message, in the languages that our sellers' customers write
STOP = ("stop", "unsubscribe", "berhenti", "dezabonare", "opreste", "oprește")
START = ("start", "subscribe", "mulai", "abonare")

LONGEST = 40  # characters: what is longer is a sentence, and a person reads it
MOST = 50


def folded(text: str) -> str:
    """A message as it is compared: without its edges' punctuation, in one case."""
    return " ".join(text.strip(" \t\r\n.,!?\"'*_").casefold().split())


def stop_words(session: TenantSession) -> frozenset[str]:
    """What opts out, folded. The tenant's own words, else ours."""
    own = tenant_of(session).stop_words
    return frozenset(STOP if own is None else own)


def start_words(session: TenantSession) -> frozenset[str]:
    """What takes an opt-out back, folded."""
    own = tenant_of(session).start_words
    return frozenset(START if own is None else own)


def says_stop(session: TenantSession, text: str) -> bool:
    """Whether a whole message is a wish to be written to no more."""
    return len(text) <= LONGEST and folded(text) in stop_words(session)


def says_start(session: TenantSession, text: str) -> bool:
    """Whether a whole message takes an opt-out back."""
    return len(text) <= LONGEST and folded(text) in start_words(session)


def change_words(session: TenantSession, stop: Iterable[str], start: Iterable[str]) -> None:
    """Set the tenant's words. Refused, with the field: no stop word, too long, in both lists."""
    stops, starts = _checked(stop, "stop_words"), _checked(start, "start_words")
    if not stops:
        raise Refused(say("Keep at least one word: customers must have a way out."), "stop_words")
    both = sorted(set(stops) & set(starts))
    if both:
        raise Refused(say("“%(word)s” stands in both lists.", word=both[0]), "start_words")
    tenant = tenant_of(session)
    actor = current_actor()
    before = {"stop_words": stop_words(session), "start_words": start_words(session)}
    after = {"stop_words": stops, "start_words": starts}
    session.add(
        AuditEntry(
            user_id=actor.user_id,
            actor=actor.name[:80],
            action="change",
            noun="opt-out words",
            changes={
                name: [", ".join(sorted(before[name])), ", ".join(after[name])] for name in after
            },
        )
    )
    tenant.stop_words, tenant.start_words = stops, starts
    session.flush()


def _checked(words: Iterable[str], field: str) -> list[str]:
    found = sorted({word for each in words if (word := folded(each))})
    if len(found) > MOST:
        raise Refused(say("Give up to %(most)s words.", most=MOST), field)
    for word in found:
        if len(word) > LONGEST:
            raise Refused(
                say("“%(word)s” is too long: up to %(most)s characters.", word=word, most=LONGEST),
                field,
            )
    return found
