"""Faults that somebody could make, planted one at a time in the running code."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.services import erase, main_channel, may_send, profiles, recipients, timeline
from core.services.groups import log, moving, resolving
from plugins.merge.services import (
    forbidden,
    limits,
    merging,
    repeating,
    tokens,
    undoing,
    unmerging,
)


@dataclass(frozen=True)
class Fault:
    """`old` in the source of `function` becomes `new`. `what` says it in words."""

    what: str
    function: Callable[..., Any]
    old: str
    new: str

    def __str__(self) -> str:
        return self.what.replace(" ", "_")


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """Run with the fault. The code object is exchanged, so that every reference sees it."""
    source = textwrap.dedent(inspect.getsource(fault.function))
    assert source.count(fault.old) == 1, f"{fault.what}: the source has changed"
    space: dict[str, Any] = {}
    changed = compile(source.replace(fault.old, fault.new), "<fault>", "exec", dont_inherit=True)
    exec(changed, fault.function.__globals__ | {"annotations": None}, space)
    sound = fault.function.__code__  # type: ignore[attr-defined]  # a plain function
    fault.function.__code__ = space[fault.function.__name__].__code__  # type: ignore[attr-defined]
    try:
        yield
    finally:
        fault.function.__code__ = sound  # type: ignore[attr-defined]


FAULTS = (
    Fault(
        "a merge forgets a member",
        moving.join,
        "_point(session, members[each.id], group)",
        "_point(session, members[each.id][1:] or members[each.id], group)",
    ),
    Fault("a group of one stays", moving.leave, "if len(rest) == 1:", "if len(rest) == 0:"),
    Fault(
        "a dissolved group leads nowhere",
        moving.leave,
        "_settle(session, left, successor=last.id)",
        "_settle(session, left)",
    ),
    Fault(
        "a dissolved group leads to the one who left",
        moving.leave,
        "_settle(session, left, successor=last.id)",
        "_settle(session, left, successor=home.id)",
    ),
    Fault(
        "an empty customer stays in the lists",
        moving._settle,
        "archived_at=None if listed else archived",
        "archived_at=None",
    ),
    Fault(
        "a home's time of change moves",
        moving._settle,
        "updated_at=Customer.updated_at if not customer.is_group else now()",
        "updated_at=now()",
    ),
    Fault(
        "no main channel after somebody left",
        moving._settle,
        "choose_anew(session, customer, members)",
        "members",
    ),
    Fault(
        "the profile is not computed again",
        moving._settle,
        "refresh_profile(session, customer)",
        "members",
    ),
    Fault(
        "undo forgets the pins",
        moving.restore,
        'own.pins = dict(state["pins"])',
        "own.pins = {}",
    ),
    Fault(
        "undo forgets the redirects",
        moving.restore,
        '_settle(session, customer, successor=state["successor"])',
        "_settle(session, customer)",
    ),
    Fault(
        "the pins of the main customer are lost",
        moving.join,
        "own.contact_id, own.channel_id, own.pins = first",
        "own.contact_id, own.channel_id, own.pins = first[0], first[1], {}",
    ),
    Fault(
        "a twelfth member",
        limits.check_allowed,
        "if count > MOST_MEMBERS:",
        "if count > MOST_MEMBERS + 1:",
    ),
    Fault(
        "customers are counted instead of contacts",
        limits.check_allowed,
        "count = sum(len(members[each.id]) for each in (main, *others))",
        "count = 1 + len(others)",
    ),
    Fault(
        "a customer is merged with itself",
        merging.merge,
        "if any(at[each] == at[main_customer_id] for each in with_ids):",
        "if False:",
    ),
    Fault(
        "the machine merges a forbidden pair",
        merging._check_pairs,
        "if forbidden_between(session, [contact.id for contact in side], rest):",
        "if False:",
    ),
    Fault(
        "unmerging forbids nothing",
        unmerging.unmerge,
        "forbid_between(session, [contact_id], others, UNMERGE)",
        "sorted(others)",
    ),
    Fault(
        "only one side of a forbidden pair is asked",
        forbidden.forbidden_between,
        "ForbiddenPair.contact_id.in_(second) & ForbiddenPair.other_id.in_(first),",
        "ForbiddenPair.contact_id.in_(first) & ForbiddenPair.other_id.in_(second),",
    ),
    Fault(
        "undo asks nobody",
        undoing.undo,
        "if (obstacle := obstacle_to(session, event)) is not None:",
        "if (obstacle := None) is not None:",
    ),
    Fault(
        "undo overlooks who joined since",
        undoing.obstacle_to,
        "if contact.id not in contacts:",
        "if False:",
    ),
    Fault(
        "undone merges may be made again by the machine",
        undoing.undo,
        "_forbid_sides(session, event)",
        "event.kind",
    ),
    Fault(
        "who left stays the main channel",
        main_channel.choose_anew,
        "if own.contact_id not in ids:",
        "if False:",
    ),
    Fault(
        "pins of who left stay",
        main_channel.choose_anew,
        "if not ids.issuperset(own.pins.values()):",
        "if False:",
    ),
    Fault(
        "the longest silent channel is the main one",
        main_channel.Way.rank,
        "return (-heard, ",
        "return (heard, ",
    ),
    Fault("a pin is overruled", profiles._choose, "if pinned is not None:", "if False:"),
    Fault(
        "the main channel breaks no tie",
        profiles._choose,
        "candidates.sort(key=lambda each: (not each.is_main, each.contact_id))",
        "candidates.sort(key=lambda each: each.contact_id)",
    ),
    Fault("redirects are followed one step", resolving._walk, "at = further", "return further"),
    Fault(
        "what is gone answers",
        resolving._are_lived_in,
        "return customer_ids.issubset(set(lived_in))",
        "return True",
    ),
    Fault(
        "one opt-in speaks for all",
        recipients._some,
        "if any(each.consent is Consent.OUT for each in people):",
        "if all(each.consent is Consent.OUT for each in people):",
    ),
    Fault(
        "an opt-out holds for its own contact only",
        may_send.has_opted_out,
        "(contact, *contact.customer.contacts)",
        "(contact,)",
    ),
    Fault(
        "the log says what was, not what is",
        log.log_event,
        "after=picture_of(session, touched, contacts)",
        "after=before",
    ),
    Fault(
        "a preview does not see the version",
        tokens.token_of,
        "each.version,",
        "0,",
    ),
    Fault(
        "a stale preview is taken",
        tokens.check_version,
        "if text != now:",
        "if False:",
    ),
    Fault(
        "a key is used twice",
        repeating.done_before,
        "return event",
        "return None",
    ),
    Fault(
        "somebody erased stays merged",
        erase.erase_contact,
        "groups.take_out(session, contact)",
        "groups.hold(session, contact)",
    ),
    Fault(
        "a timeline of the first member",
        timeline.timeline,
        "for each in contact_ids]",
        "for each in list(contact_ids)[:1]]",
    ),
)
