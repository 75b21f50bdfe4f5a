"""Customers as people write them, and who is reached by which address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.errors import Conflict, Invalid, Refused
from core.models import AuditEntry, Contact, Conversation, Customer, FieldSource, Identity
from core.services.customers import archive_contact, change_contact, create_customer
from core.services.start import conversation_with
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation


@pytest.fixture
def session(house: Installation) -> Iterator[TenantSession]:
    with house.tenant() as opened:
        yield opened


@pytest.mark.parametrize(
    "typed", ["0821 1234 5678", "+62 821 1234 5678", "6282112345678", "006282112345678"]
)
def test_B2_every_way_to_write_it_is_stored_as_e164(session: TenantSession, typed: str) -> None:
    assert create_customer(session, name="Dewi", phone=typed).phone == "+6282112345678"


@pytest.mark.parametrize("typed", ["6282114****32", "08211••••32", "0821-xxxx-5678"])
def test_B2_a_masked_number_is_refused(session: TenantSession, typed: str) -> None:
    with pytest.raises(Refused, match="hidden") as refused:
        create_customer(session, name="Dewi", phone=typed)
    assert refused.value.field == "phone"
    assert session.scalars(select(Customer)).all() == []


def test_a_taken_number_names_its_owner(session: TenantSession) -> None:
    owner = create_customer(session, name="Dewi", phone="082112345678")
    with pytest.raises(Conflict, match=f"Dewi .customer {owner.id}"):
        create_customer(session, name="Other", phone="+6282112345678")


def test_all_wrong_fields_are_named_at_once(session: TenantSession) -> None:
    contact = create_customer(session, name="Dewi").contacts[0]
    with pytest.raises(Invalid) as refused:
        change_contact(session, contact, {"phone": "08xx", "email": "a@b", "consent": "perhaps"})
    assert set(refused.value.errors) == {"phone", "email", "consent"}


def test_A12_what_a_person_changes_is_theirs_and_told(session: TenantSession) -> None:
    contact = create_customer(session, name="Dewi", source=FieldSource.DEVICE).contacts[0]
    change_contact(session, contact, {"name": "Dewi Lestari"})
    assert contact.sources["name"] == "person"
    assert contact.customer.name == "Dewi Lestari"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "change")).one()
    assert entry.changes["name"] == ["Dewi", "Dewi Lestari"]


def test_nobody_without_a_name_or_an_address(session: TenantSession) -> None:
    with pytest.raises(Refused) as refused:
        create_customer(session, name="  ")
    assert refused.value.field == "name"


def test_writing_to_somebody_new_makes_them_a_customer_once(
    session: TenantSession, line: CloudLine
) -> None:
    channel = line.channel(session)
    first = conversation_with(session, channel, "0821 1234 5678")
    again = conversation_with(session, channel, "+6282112345678")
    assert first is again
    assert session.scalars(select(Identity.is_verified)).all() == [False]
    assert len(session.scalars(select(Conversation)).all()) == 1


def test_writing_to_somebody_archived_brings_them_back(
    session: TenantSession, line: CloudLine
) -> None:
    contact = create_customer(session, name="Dewi", phone="082112345678").contacts[0]
    archive_contact(session, contact)
    conversation_with(session, line.channel(session), "082112345678")
    assert session.scalars(select(Contact.archived_at)).all() == [None]


@pytest.mark.parametrize("to", ["", "nobody", "dewi@example.com", "6282114****32", "112"])
def test_an_address_that_the_channel_cannot_reach_is_refused(
    session: TenantSession, line: CloudLine, to: str
) -> None:
    with pytest.raises(Refused) as refused:
        conversation_with(session, line.channel(session), to)
    assert refused.value.field == "to"
    assert session.scalars(select(Contact)).all() == []
