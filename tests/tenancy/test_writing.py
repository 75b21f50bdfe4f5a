"""Every way of writing through the session changes one's own rows only, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import make_transient_to_detached

from core.migrations.plugin import CORE, mapped_tables
from core.models import Card, Contact, Customer, Identity, Job, Label, contact_label
from core.tenancy.context import WrongTenant
from core.tenancy.session import TenantSession, UnsafeStatement
from tests.tenancy.conftest import Ids, World

Way = Callable[[TenantSession, Ids, Ids], Any]
WAYS: dict[str, Way] = {}


def way(function: Way) -> Way:
    """Collect a way of writing: `(session, mine, other)`."""
    WAYS[function.__name__] = function
    return function


def detached(kind: type[Any], **known: Any) -> Any:
    row = kind(**known)
    make_transient_to_detached(row)
    return row


@way
def update_all(session, mine, other):
    session.execute(update(Contact).values(name="x"))


@way
def update_by_id(session, mine, other):
    session.execute(update(Contact).where(Contact.id == other.contact).values(name="x"))


@way
def query_update(session, mine, other):
    session.query(Contact).filter_by(id=other.contact).update({"name": "x"})


@way
def update_jobs(session, mine, other):
    session.execute(update(Job).values(actor="x"))


@way
def update_by_key(session, mine, other):
    session.execute(update(Contact), [{"id": other.contact, "name": "x"}])


@way
def update_by_one_key(session, mine, other):
    session.execute(update(Contact), {"id": other.contact, "name": "x"})


@way
def update_of_the_bare_table(session, mine, other):
    session.execute(update(Contact.__table__).values(name="x"))


@way
def update_over_two_tables(session, mine, other):
    session.execute(update(Contact).where(Customer.id == other.customer).values(name=Customer.name))


@way
def give_mine_away_by_statement(session, mine, other):
    session.execute(update(Label).values(tenant_id=other.tenant))


@way
def give_mine_away_by_ordered_values(session, mine, other):
    session.execute(update(Label).ordered_values((Label.tenant_id, other.tenant)))


@way
def give_mine_away(session, mine, other):
    session.get(Label, mine.label).tenant_id = other.tenant
    session.flush()


@way
def delete_all(session, mine, other):
    session.execute(delete(Identity))


@way
def query_delete(session, mine, other):
    session.query(Identity).filter_by(id=other.identity).delete()


@way
def delete_of_the_bare_table(session, mine, other):
    session.execute(delete(contact_label))


@way
def delete_over_two_tables(session, mine, other):
    session.execute(delete(Identity).where(Customer.id == other.customer))


@way
def delete_a_forged_row(session, mine, other):
    session.delete(detached(Identity, id=other.identity, tenant_id=mine.tenant))
    session.flush()


@way
def change_a_forged_row(session, mine, other):
    row = detached(Contact, id=other.contact, tenant_id=mine.tenant)
    session.add(row)
    row.name = "x"
    session.flush()


@way
def merge_of_a_foreign_id(session, mine, other):
    session.merge(Contact(id=other.contact, name="x"))
    session.flush()


@way
def merge_without_loading(session, mine, other):
    row = session.merge(detached(Contact, id=other.contact, tenant_id=mine.tenant), load=False)
    row.name = "x"
    session.flush()


@way
def add_for_another(session, mine, other):
    session.add(Label(name="x", tenant_id=other.tenant))
    session.flush()


@way
def add_a_job_for_another(session, mine, other):
    session.add(Job(actor="x", tenant_id=other.tenant))
    session.flush()


@way
def add_with_a_chosen_id(session, mine, other):
    session.add(Label(id=other.label + 1, name="x"))
    session.flush()


@way
def foreign_key_of_another(session, mine, other):
    session.get(Card, mine.card).contact_id = other.contact
    session.flush()


@way
def new_row_with_a_key_of_another(session, mine, other):
    session.add(Card(title="x", module_id=mine.module, contact_id=other.contact))
    session.flush()


@way
def related_row_of_another(session, mine, other):
    with session.database.system(write=False) as system:
        theirs = system.get(Contact, other.contact)
        system.expunge(theirs)
    session.get(Card, mine.card).contact = theirs
    session.flush()


@way
def insert_statement(session, mine, other):
    session.execute(insert(Label).values(name="x", tenant_id=other.tenant))


@way
def insert_many(session, mine, other):
    session.execute(insert(Label), [{"name": "x", "tenant_id": other.tenant}])


@way
def insert_from_select(session, mine, other):
    session.execute(insert(Label).from_select(["tenant_id"], select(Label.tenant_id)))


@way
def insert_of_the_association(session, mine, other):
    row = {"tenant_id": other.tenant, "contact_id": other.contact, "label_id": mine.label}
    session.execute(insert(contact_label), [row])


@way
def bulk_save(session, mine, other):
    session.bulk_save_objects([Label(name="x", tenant_id=other.tenant)])


@way
def bulk_insert(session, mine, other):
    session.bulk_insert_mappings(Label, [{"name": "x", "tenant_id": other.tenant}])


@way
def bulk_update(session, mine, other):
    session.bulk_update_mappings(Contact, [{"id": other.contact, "name": "x"}])


@way
def textual(session, mine, other):
    session.execute(text("UPDATE contact SET name = 'x'"))


def of_another(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the other tenant has, over all tables."""
    with world.database.system(write=False) as session:
        return {
            table.name: sorted(
                map(
                    tuple,
                    session.execute(
                        select(table).where(table.c.tenant_id == world.other.tenant)
                    ).all(),
                ),
                key=str,
            )
            for table in mapped_tables(CORE)  # other tests put toys on the same metadata
            if "tenant_id" in table.c
        }


@pytest.mark.parametrize("name", WAYS)
def test_writing_leaves_another_tenant_alone(world: World, name: str) -> None:
    before = of_another(world)
    session = TenantSession(world.database, write=True, tenant_id=world.mine.tenant)
    refused = ""
    try:
        WAYS[name](session, world.mine, world.other)
        session.commit()
    except (UnsafeStatement, WrongTenant, InvalidRequestError, IntegrityError) as refusal:
        refused = str(refusal)
        session.rollback()
    finally:
        session.close()
    assert of_another(world) == before
    assert "syntax" not in refused


def test_writing_ones_own_works(world: World) -> None:
    """The refusals above mean something only where the same ways serve one's own rows."""
    with world.database.tenant(world.mine.tenant) as session:
        session.execute(update(Contact).values(name="mine"))
        session.merge(Contact(id=world.mine.contact, email="a@example.com"))
        session.add(Label(name="new"))
        session.execute(delete(Identity).where(Identity.id == world.mine.identity))
        session.add(Job(actor="own"))
    with world.database.tenant(world.mine.tenant, write=False) as session:
        contact = session.get_one(Contact, world.mine.contact)
        assert (contact.name, contact.email) == ("mine", "a@example.com")
        assert session.scalars(select(Identity)).all() == []
        assert session.scalars(select(Label.name).where(Label.name == "new")).all() == ["new"]
        assert session.scalars(select(Job.tenant_id).distinct()).all() == [world.mine.tenant]
