"""Customers as people add, change and archive them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import object_session

from core.audit import changed_fields, record
from core.errors import Conflict, Invalid, NotFound, Refused
from core.events import ContactChanged, ContactCreated, publish
from core.inbound import IdentityKind
from core.models import Consent, Contact, Customer, FieldSource, Identity
from core.models.base import now
from core.phones import PhoneRefused, parse_phone
from core.services import groups
from core.services.addresses import create_contact
from core.services.mail_addresses import checked_email
from core.services.main_channel import choose
from core.services.profiles import refresh_profile
from core.services.tenants import tenant_of
from core.tenancy.session import TenantSession
from core.words import say


def create_customer(
    session: TenantSession,
    *,
    name: str,
    phone: str = "",
    email: str = "",
    consent: Consent = Consent.UNKNOWN,
    source: FieldSource = FieldSource.PERSON,
    origin: str = "person",
) -> Customer:
    """A new customer with one contact; fires *contact created*.

    Refused, with the field: no name and no address, a number or e-mail that can't be one.
    Conflict where another contact is reached by that number or address already.
    """
    name = name.strip()
    phone = checked_phone(session, phone)
    email = checked_email(email)
    if not name and not phone and not email:
        raise Refused(say("Give at least a name, a phone number or an e-mail address."), "name")
    _check_free(session, phone, email, None)
    contact = create_contact(session, name=name[:160], phone=phone, email=email, source=source)
    contact.consent = consent
    _add_identities(session, contact)
    record(session, "create", contact)
    publish(session, ContactCreated(contact_id=contact.id, origin=origin))
    return session.get_one(Customer, contact.customer_id)


def change_contact(session: TenantSession, contact: Contact, values: dict[str, Any]) -> Contact:
    """Change fields as a person: each becomes *person*'s and no device overwrites it (A12).

    `values` may hold name, phone, email, birthday and consent. A new number or e-mail becomes an
    identity.
    """
    problems: dict[str, list[str]] = {}
    checked: dict[str, Any] = {}
    for field, value in values.items():
        try:
            checked[field] = _checked(session, field, value)
        except Refused as refused:
            problems[refused.field or field] = [refused.message]
    if problems:
        raise Invalid(problems)
    groups.hold(session, contact)
    _check_free(session, checked.get("phone", ""), checked.get("email", ""), contact)
    sources = dict(contact.sources)
    for field, value in checked.items():
        if getattr(contact, field) != value:
            setattr(contact, field, value)
            sources[field] = FieldSource.PERSON.value
    contact.sources = sources
    changes = changed_fields(contact)
    if "consent" in changes:
        contact.consent_by, contact.consent_at = "person", now()
    changes.pop("sources", None)
    if not changes:
        return contact
    session.flush()
    _add_identities(session, contact)
    contact.customer.version += 1
    refresh_profile(session, contact.customer)
    record(session, "change", contact, changes)
    publish(session, ContactChanged(contact_id=contact.id, fields=tuple(sorted(changes))))
    return contact


def archive_contact(session: TenantSession, contact: Contact) -> None:
    """Out of the lists; history stays, and a new message brings it back.

    A customer whose last contact is archived leaves the lists too.
    """
    if contact.archived_at is not None:
        return
    groups.hold(session, contact)
    contact.archived_at = now()
    session.flush()
    record(session, "archive", contact)
    if contact.customer.is_group:
        refresh_profile(session, contact.customer)
    if all(each.archived_at is not None for each in contact.customer.contacts):
        contact.customer.archived_at = contact.archived_at
        session.flush()


def bring_back(session: TenantSession, contact: Contact) -> None:
    """Somebody archived wrote again: back into the lists."""
    groups.hold(session, contact)
    contact.archived_at = None
    contact.customer.archived_at = None
    session.flush()
    if contact.customer.is_group:
        refresh_profile(session, contact.customer)


def is_erased(contact: Contact) -> bool:
    """Whether a contact was erased for good: archived, and nothing of it left."""
    return contact.archived_at is not None and not (contact.name or contact.phone or contact.email)


def change_customer(session: TenantSession, customer: Customer, values: dict[str, Any]) -> None:
    """Change what is shown of a customer: name, phone, email. Alone, that is its contact.

    Merged, only what differs from the profile shown is written, to the main contact, and pinned
    there; a value that another member has already is pinned where it is (F1).
    """
    if not customer.is_group:
        change_contact(session, main_contact(customer), values)
        return
    checked = {field: _checked(session, field, value) for field, value in values.items()}
    changed = {
        field: value for field, value in checked.items() if value != getattr(customer, field)
    }
    main = main_contact(customer)
    pins: dict[str, int | None] = {}
    for field, value in list(changed.items()):
        owner = next((each for each in customer.contacts if getattr(each, field) == value), main)
        pins[field] = owner.id if value else None
        if owner is not main:
            del changed[field]
    if changed:
        change_contact(session, main, changed)
    if pins:
        groups.set_pins(session, customer, pins)


def main_contact(customer: Customer) -> Contact:
    """The contact that an edit of the customer writes to: its main channel's, if it is merged.

    Raises NotFound for an empty one.
    """
    session = object_session(customer)
    assert isinstance(session, TenantSession)  # noqa: S101 - a loaded row has its session
    members = {contact.id: contact for contact in customer.contacts}
    if not members:
        raise NotFound(say("This customer was merged or erased."))
    return members.get(choose(session, customer).contact_id) or customer.contacts[0]


def resolve(session: TenantSession, customer_id: int) -> Customer:
    """The living customer that an id stands for now: merged ones lead to their group.

    NotFound for one that never was; Gone for one that was erased, or whose merge was undone.
    """
    return session.get_one(Customer, groups.living_ids(session, [customer_id])[customer_id])


def checked_phone(session: TenantSession, text: str | None) -> str:
    """A typed number as E.164, in the tenant's region; "" stays "". Refused with the field."""
    if not text or not text.strip():
        return ""
    try:
        return parse_phone(text, tenant_of(session).default_region).e164
    except PhoneRefused as error:
        raise Refused(error.message, "phone") from error


def _checked(session: TenantSession, field: str, value: Any) -> Any:
    if field == "phone":
        return checked_phone(session, value)
    if field == "email":
        return checked_email(value or "")
    if field == "name":
        return str(value or "").strip()[:160]
    if field == "birthday":
        return _checked_birthday(value)
    if field == "consent":
        try:
            return Consent(value)
        except ValueError as error:
            raise Refused(say("Choose one of: unknown, in, out."), "consent") from error
    raise Refused(say("“%(field)s” can't be set here.", field=field), field)


def _checked_birthday(value: Any) -> date | None:
    if value is None:
        return None
    if not isinstance(value, date) or not date(1900, 1, 1) <= value <= now().date():
        raise Refused(say("Give a day between 1900 and today."), "birthday")
    return value


def _check_free(session: TenantSession, phone: str, email: str, mine: Contact | None) -> None:
    for kind, address, field in (
        (IdentityKind.PHONE, phone, "phone"),
        (IdentityKind.EMAIL, email, "email"),
    ):
        if not address:
            continue
        taken = session.scalar(
            select(Identity).where(
                Identity.scope == 0, Identity.kind == kind, Identity.address == address
            )
        )
        if taken is not None and (mine is None or taken.contact_id != mine.id):
            owner = taken.contact
            raise Conflict(
                say(
                    "%(address)s already belongs to %(owner)s (customer %(customer_id)s): open "
                    "that customer instead, or merge the two.",
                    address=address,
                    owner=owner,
                    customer_id=owner.customer_id,
                ),
                field,
            )


def _add_identities(session: TenantSession, contact: Contact) -> None:
    for kind, address in ((IdentityKind.PHONE, contact.phone), (IdentityKind.EMAIL, contact.email)):
        if not address:
            continue
        known = session.scalar(
            select(Identity.id).where(
                Identity.scope == 0, Identity.kind == kind, Identity.address == address
            )
        )
        if known is None:
            session.add(Identity(contact_id=contact.id, scope=0, kind=kind, address=address))
    session.flush()
