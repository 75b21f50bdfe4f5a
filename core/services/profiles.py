"""The profile that a customer shows: a pure function of its members, pins and main channel.

Of each field, a person's pin wins; else the tenant's rule chooses among the members' values. Rules
come from plugins (hook `merge_rules`); without the one that is named, the main channel's contact
wins, then the oldest. A value is always one that a member has: nothing is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.errors import Refused
from core.host.attach import host_of
from core.host.declarations import FieldCandidate, MergeRule
from core.models import Contact, Customer, CustomerChoice, Identity, ProfileRule
from core.tenancy.session import TenantSession
from core.words import say

PROFILE_FIELDS = ("name", "phone", "email")

DEFAULT_RULES: Mapping[str, str] = {"name": "longest", "phone": "verified", "email": "verified"}

PINNED, MAIN = "pinned", "main"


@dataclass(frozen=True)
class Shown:
    """One value of a profile: whose it is, and why it was chosen.

    `why` is "pinned", "main" (the main channel's contact, then the oldest) or a rule's name.
    """

    value: str
    contact_id: int
    why: str


def refresh_profile(session: TenantSession, customer: Customer) -> None:
    """Compute the profile anew, after a member came, went or changed."""
    session.flush()
    members = session.scalars(
        select(Contact).where(Contact.customer_id == customer.id).order_by(Contact.id)
    ).all()
    shown = profile_of(session, customer, members)
    for field in PROFILE_FIELDS:
        setattr(customer, field, shown[field].value if field in shown else "")
    session.flush()


def profile_of(
    session: TenantSession, customer: Customer, members: Sequence[Contact]
) -> dict[str, Shown]:
    """field → the value shown. A field that no member has is left out.

    `members` are the customer's, or those that it would have: a preview asks before they are.
    """
    if len(members) < 2:
        return _alone(members)
    own = session.scalar(
        select(CustomerChoice)
        .where(CustomerChoice.customer_id == customer.id)
        .execution_options(populate_existing=True)
    )
    main = own.contact_id if own else 0
    return compute(session, members, main, own.pins if own else {})


def compute(
    session: TenantSession, members: Sequence[Contact], main: int, pins: Mapping[str, int]
) -> dict[str, Shown]:
    """The profile of these members, with the contact `main` as the main channel's."""
    listed = [each for each in members if each.archived_at is None] or list(members)
    verified = _verified(session, listed)
    rules = rules_in_use(session)
    shown = {}
    for field in PROFILE_FIELDS:
        candidates = [
            FieldCandidate(
                contact_id=each.id,
                value=getattr(each, field),
                is_verified=(each.id, getattr(each, field)) in verified,
                is_main=each.id == main,
                source=each.sources.get(field, ""),
                updated_at=each.updated_at,
            )
            for each in listed
            if getattr(each, field)
        ]
        if candidates:
            shown[field] = _choose(field, candidates, pins, rules.get(field))
    return shown


def all_rules(session: TenantSession) -> dict[str, MergeRule]:
    """Every rule that a plugin brought, on or off: a group's profile doesn't hang on a switch."""
    records = host_of(session.database).active.values()
    return {rule.name: rule for record in records for rule in record.declared.merge_rules}


def rules_in_use(session: TenantSession) -> dict[str, MergeRule | None]:
    """field → the tenant's rule; None where the main channel's contact wins."""
    known = all_rules(session)
    chosen = {row.field: row.rule for row in session.scalars(select(ProfileRule))}
    return {field: known.get(chosen.get(field, DEFAULT_RULES[field])) for field in PROFILE_FIELDS}


def choose_rule(session: TenantSession, field: str, rule: str) -> ProfileRule:
    """Choose by which rule a field is taken; "main" is the main channel's contact.

    Refused, with the field, for one that nobody knows. Profiles are computed anew by the caller.
    """
    if field not in PROFILE_FIELDS:
        raise Refused(say("Choose one of: name, phone, email."), "field")
    if rule != MAIN and rule not in all_rules(session):
        raise Refused(say("Choose one of the rules shown."), field)
    own = session.scalar(select(ProfileRule).where(ProfileRule.field == field))
    if own is None:
        own = ProfileRule(field=field, rule=rule)
        session.add(own)
    own.rule = rule
    session.flush()
    return own


def _choose(
    field: str, candidates: list[FieldCandidate], pins: Mapping[str, int], rule: MergeRule | None
) -> Shown:
    pinned = next((each for each in candidates if each.contact_id == pins.get(field)), None)
    if pinned is not None:
        return Shown(pinned.value, pinned.contact_id, PINNED)
    # the main channel's contact breaks a rule's ties, then the oldest one
    candidates.sort(key=lambda each: (not each.is_main, each.contact_id))
    if rule is None:
        return Shown(candidates[0].value, candidates[0].contact_id, MAIN)
    best = max(candidates, key=rule.rank)
    return Shown(best.value, best.contact_id, rule.name)


def _alone(members: Sequence[Contact]) -> dict[str, Shown]:
    return {
        field: Shown(value, each.id, MAIN)
        for each in members
        for field in PROFILE_FIELDS
        if (value := getattr(each, field))
    }


def _verified(session: TenantSession, members: Sequence[Contact]) -> set[tuple[int, str]]:
    """(contact, address) pairs that a channel has proven."""
    found = session.execute(
        select(Identity.contact_id, Identity.address).where(
            Identity.contact_id.in_([each.id for each in members]),
            Identity.is_verified.is_(True),
            Identity.scope >= 0,
        )
    )
    return {(contact_id, address) for contact_id, address in found}
