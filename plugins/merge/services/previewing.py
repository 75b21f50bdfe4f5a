"""What a merge would make, before anybody decides: read only, and fingerprinted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from core.api import (
    Card,
    Consent,
    Contact,
    Customer,
    Message,
    Order,
    Refused,
    TenantSession,
    groups,
    main_channels,
    profiles,
    recipients,
    say,
)
from plugins.merge.services.forbidden import forbidden_between
from plugins.merge.services.limits import MOST_MEMBERS, check_allowed
from plugins.merge.services.tokens import token_of


@dataclass(frozen=True)
class MemberPreview:
    """A contact as it would belong: everything it has stays its own."""

    contact: Contact
    ways: list[main_channels.Way]
    messages: int
    orders: int
    cards: int
    is_main: bool


@dataclass(frozen=True)
class Preview:
    """The customer that a merge would make. `refused` is why it can't be, "" where it can.

    `differing` has, by field, the values that members disagree about: (contact, value) pairs.
    `saved` is how many messages the next broadcast to all of them would save. `warned` are pairs
    that somebody said are not the same person.
    """

    main: Customer
    others: list[Customer]
    token: str
    members: list[MemberPreview]
    profile: dict[str, profiles.Shown]
    differing: dict[str, list[tuple[Contact, str]]]
    main_channel: main_channels.Way | None
    is_silent: bool
    opted_out: list[Contact]
    saved: int
    warned: set[tuple[int, int]]
    refused: str

    @property
    def count(self) -> int:
        return len(self.members)

    @property
    def most(self) -> int:
        return MOST_MEMBERS

    def as_json(self) -> dict[str, Any]:
        """For REST."""
        return {
            "customer_id": self.main.id,
            "with": [each.id for each in self.others],
            "version": self.token,
            "members": [
                {
                    "contact_id": each.contact.id,
                    "name": each.contact.name,
                    "channels": [way.channel.name for way in each.ways],
                    "messages": each.messages,
                    "orders": each.orders,
                    "cards": each.cards,
                }
                for each in self.members
            ],
            "most": self.most,
            "profile": {
                field: {"value": shown.value, "contact_id": shown.contact_id, "why": shown.why}
                for field, shown in self.profile.items()
            },
            "main_channel": {
                "contact_id": self.main_channel.contact.id,
                "channel_id": self.main_channel.channel.id,
            }
            if self.main_channel
            else None,
            "is_silent": self.is_silent,
            "messages_saved": self.saved,
            "refused": self.refused,
        }


def preview(session: TenantSession, main_id: int, with_ids: Sequence[int]) -> Preview:
    """What merging these would make. NotFound, Gone; Refused, field `with`: with itself."""
    at = groups.living_ids(session, [main_id, *with_ids])
    if not with_ids or any(at[each] == at[main_id] for each in with_ids):
        raise Refused(say("Choose another customer: one can't be merged with itself."), "with")
    main = session.get_one(Customer, at[main_id])
    others = [session.get_one(Customer, each) for each in dict.fromkeys(at[i] for i in with_ids)]
    members = {each.id: groups.members_of(session, each.id) for each in (main, *others)}
    contacts = [contact for each in members.values() for contact in each]
    chosen = main_channels.choose(session, main)
    found = main_channels.ways(session, contacts)
    out = [contact for contact in contacts if contact.consent is Consent.OUT]
    return Preview(
        main=main,
        others=others,
        token=token_of(session, main, others),
        members=_members(session, contacts, found, chosen.contact_id),
        profile=profiles.compute(session, contacts, chosen.contact_id, chosen.pins),
        differing=_differing(contacts),
        main_channel=main_channels.pick(found, chosen),
        is_silent=bool(out),
        opted_out=out,
        saved=_saved(session, [main, *others], contacts, chosen),
        warned=_warned(session, list(members.values())),
        refused=_obstacle(main, others, members),
    )


def _members(
    session: TenantSession,
    contacts: Sequence[Contact],
    found: Sequence[main_channels.Way],
    main: int,
) -> list[MemberPreview]:
    ids = [contact.id for contact in contacts]
    messages, orders, cards = (_counts(session, noun, ids) for noun in (Message, Order, Card))
    return [
        MemberPreview(
            contact=each,
            ways=[way for way in found if way.contact.id == each.id],
            messages=messages.get(each.id, 0),
            orders=orders.get(each.id, 0),
            cards=cards.get(each.id, 0),
            is_main=each.id == main,
        )
        for each in contacts
    ]


def _counts(session: TenantSession, noun: Any, contact_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(noun.contact_id, func.count(noun.id))
        .where(noun.contact_id.in_(contact_ids))
        .group_by(noun.contact_id)
    )
    return {row[0]: row[1] for row in rows}


def _differing(contacts: Sequence[Contact]) -> dict[str, list[tuple[Contact, str]]]:
    found = {}
    for field in profiles.PROFILE_FIELDS:
        values = [(each, getattr(each, field)) for each in contacts if getattr(each, field)]
        if len({value.casefold() for _, value in values}) > 1:
            found[field] = values
    return found


def _saved(
    session: TenantSession,
    customers: Sequence[Customer],
    contacts: Sequence[Contact],
    chosen: main_channels.Chosen,
) -> int:
    """Messages of a broadcast to all of them: what they get now, less what they would get."""
    now = len(recipients.recipients(session, [each.id for each in customers]))
    silent = any(contact.consent is Consent.OUT for contact in contacts)
    way = main_channels.pick(main_channels.ways(session, contacts), chosen)
    return max(0, now - (0 if silent or way is None else 1))


def _warned(session: TenantSession, sides: list[list[Contact]]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for place, side in enumerate(sides):
        rest = [contact.id for other in sides[place + 1 :] for contact in other]
        found |= forbidden_between(session, [contact.id for contact in side], rest)
    return found


def _obstacle(
    main: Customer, others: Sequence[Customer], members: Mapping[int, Sequence[Contact]]
) -> str:
    try:
        check_allowed(main, others, members)
    except Refused as refused:
        return refused.message
    return ""
