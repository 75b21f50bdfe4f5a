"""The three moves: customers join, a contact leaves, a picture is restored. Nothing else moves.

The caller has locked every customer that changes, and writes the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, select, update

from core.models import Contact, Customer, CustomerChoice
from core.models.base import now
from core.services.groups.picture import Picture
from core.services.groups.resolving import members_of
from core.services.main_channel import choice_of, choose, choose_anew
from core.services.profiles import refresh_profile
from core.tenancy.session import TenantSession


def join(session: TenantSession, main: Customer, others: Sequence[Customer]) -> Customer:
    """Exactly the union of their members, with the main channel and the pins of `main`.

    The group there is goes on: that of `main`, else the first one among the others, else a new one.
    """
    every = (main, *others)
    members = {each.id: members_of(session, each.id) for each in every}
    chosen = choose(session, main)
    first = (chosen.contact_id, chosen.channel_id, dict(chosen.pins))
    group = next((each for each in every if each.is_group), None)
    if group is None:
        group = Customer(is_group=True)
        session.add(group)
        session.flush()
    for each in every:
        if each is not group:
            _point(session, members[each.id], group)
            _settle(session, each, successor=group.id)
    own = choice_of(session, group) or _empty_choice(session, group, first[0])
    own.contact_id, own.channel_id, own.pins = first
    _settle(session, group)
    return group


def leave(session: TenantSession, contact: Contact) -> Customer:
    """The contact goes home, alone as it was. A group of one that is left dissolves; its id leads
    to the one who stayed. Answers the customer that was left."""
    left = session.get_one(Customer, contact.customer_id)
    home = session.get_one(Customer, contact.home_id)
    _point(session, [contact], home)
    rest = members_of(session, left.id)
    if len(rest) == 1:
        last = session.get_one(Customer, rest[0].home_id)
        _point(session, rest, last)
        _settle(session, last)
        _settle(session, left, successor=last.id)
    else:
        _settle(session, left)
    _settle(session, home)
    return left


def restore(session: TenantSession, picture: Picture) -> None:
    """Make everything in a picture stand as it stood."""
    at: dict[int, list[int]] = {}
    for contact_id, customer_id in picture["contacts"].items():
        at.setdefault(customer_id, []).append(int(contact_id))
    customers = {int(key): state for key, state in picture["customers"].items()}
    for customer_id, contact_ids in at.items():
        contacts = session.scalars(select(Contact).where(Contact.id.in_(contact_ids))).all()
        _point(session, contacts, session.get_one(Customer, customer_id))
    for customer_id, state in customers.items():
        customer = session.get_one(Customer, customer_id)
        if state["main"] is None:
            session.execute(delete(CustomerChoice).where(CustomerChoice.customer_id == customer_id))
        else:
            own = choice_of(session, customer) or _empty_choice(session, customer, state["main"][0])
            own.contact_id, own.channel_id = state["main"]
            own.pins = dict(state["pins"])
        _settle(session, customer, successor=state["successor"])


def _point(session: TenantSession, contacts: Iterable[Contact], customer: Customer) -> None:
    """Move the pointer, and nothing else: the row's own time of change stays, too."""
    moved = list(contacts)
    if not moved:
        return
    session.execute(
        update(Contact)
        .where(Contact.id.in_([contact.id for contact in moved]))
        .values(customer_id=customer.id, updated_at=Contact.updated_at)
        .execution_options(synchronize_session=False)
    )
    for contact in moved:
        session.expire(contact, ["customer_id", "customer"])


def _settle(session: TenantSession, customer: Customer, successor: int | None = None) -> None:
    """What follows from the members: whether it is listed, what it shows, and its version.

    A home that nobody moved into or out of for good must look untouched afterwards, so its time of
    change is kept.
    """
    session.flush()
    session.expire(customer, ["contacts"])
    members = members_of(session, customer.id)
    listed = [contact for contact in members if contact.archived_at is None]
    archived = max((each.archived_at for each in members if each.archived_at), default=now())
    session.execute(
        update(Customer)
        .where(Customer.id == customer.id)
        .values(
            successor_id=successor,
            archived_at=None if listed else archived,
            version=Customer.version + 1,
            updated_at=Customer.updated_at if not customer.is_group else now(),
        )
        .execution_options(synchronize_session=False)
    )
    session.refresh(customer, ["successor_id", "archived_at", "version", "updated_at"])
    if customer.is_group and members:
        choose_anew(session, customer, members)
    if members or customer.is_group:  # an empty group keeps nothing of anybody
        refresh_profile(session, customer)


def _empty_choice(session: TenantSession, customer: Customer, contact_id: int) -> CustomerChoice:
    made = CustomerChoice(customer_id=customer.id, contact_id=contact_id, channel_id=None, pins={})
    session.add(made)
    return made


def count_members(session: TenantSession, customer_ids: Iterable[int]) -> int:
    """How many contacts these customers have together."""
    return (
        session.scalar(
            select(func.count(Contact.id)).where(Contact.customer_id.in_(list(customer_ids)))
        )
        or 0
    )
