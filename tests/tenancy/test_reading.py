"""Every way of reading through the session finds one's own rows only, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    CTE,
    String,
    and_,
    column,
    exists,
    func,
    inspect,
    join,
    lambda_stmt,
    lateral,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
    union_all,
    update,
    values,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import (
    Bundle,
    aliased,
    contains_eager,
    joinedload,
    load_only,
    make_transient_to_detached,
    selectinload,
    subqueryload,
    undefer,
    with_loader_criteria,
    with_parent,
)
from sqlalchemy.orm import join as orm_join_of

from core.models import (
    Card,
    Contact,
    Customer,
    Identity,
    Job,
    Label,
    Membership,
    RawInbox,
    Tenant,
    contact_label,
)
from core.tenancy.context import WrongTenant, use_tenant
from core.tenancy.session import TenantSession, UnsafeStatement
from tests.tenancy.conftest import SECRET, Ids, World

Way = Callable[[TenantSession, Ids, Ids], Any]
WAYS: dict[str, Way] = {}


def way(function: Way) -> Way:
    """Collect a way of reading: `(session, mine, other)` → whatever it finds."""
    WAYS[function.__name__] = function
    return function


def detached(kind: type[Any], **known: Any) -> Any:
    """An object that claims to have been loaded: what a forged form or a pickle could make."""
    row = kind(**known)
    make_transient_to_detached(row)
    return row


@way
def query(session, mine, other):
    return session.query(Contact).all()


@way
def query_with_the_id(session, mine, other):
    return session.query(Contact).filter(Contact.id == other.contact).all()


@way
def query_with_or(session, mine, other):
    return session.query(Contact).filter(or_(Contact.id == other.contact, true())).all()


@way
def filter_by(session, mine, other):
    return session.query(Contact).filter_by(tenant_id=other.tenant).all()


@way
def legacy_get(session, mine, other):
    return session.query(Contact).get(other.contact)


@way
def get(session, mine, other):
    return session.get(Contact, other.contact)


@way
def get_job(session, mine, other):
    return session.get(Job, other.job)


@way
def all_jobs(session, mine, other):
    return session.scalars(select(Job)).all()


@way
def all_raw_bodies(session, mine, other):
    return session.scalars(select(RawInbox)).all()


@way
def get_one(session, mine, other):
    return session.get_one(Contact, other.contact)


@way
def get_populating(session, mine, other):
    return session.get(Contact, other.contact, populate_existing=True, with_for_update=True)


@way
def refresh_a_forged_row(session, mine, other):
    row = detached(Contact, id=other.contact)
    session.add(row)
    session.refresh(row)
    return row


@way
def read_an_expired_attribute_of_a_forged_row(session, mine, other):
    row = detached(Contact, id=other.contact, tenant_id=mine.tenant)
    session.add(row)
    return row.name


@way
def lazy_load_from_a_forged_row(session, mine, other):
    row = detached(Card, id=other.card, tenant_id=mine.tenant, contact_id=other.contact)
    session.add(row)
    return row.contact


@way
def lazy_load_a_collection_of_a_forged_row(session, mine, other):
    row = detached(Customer, id=other.customer, tenant_id=mine.tenant)
    session.add(row)
    return list(row.contacts)


@way
def lazy_load_after_changing_the_foreign_key(session, mine, other):
    card = session.get(Card, mine.card)
    with session.no_autoflush:
        card.contact_id = other.contact
        session.expire(card, ["contact"])
        found = card.contact
    session.expire(card)
    return found


@way
def enable_relationship_loading(session, mine, other):
    card = Card(contact_id=other.contact)
    session.enable_relationship_loading(card)
    return card.contact


@way
def merge(session, mine, other):
    return session.merge(Contact(id=other.contact)).name


@way
def merge_without_loading(session, mine, other):
    return session.merge(detached(Contact, id=other.contact), load=False).name


@way
def eager_selectin(session, mine, other):
    customers = session.scalars(select(Customer).options(selectinload(Customer.contacts))).all()
    return [customer.contacts for customer in customers]


@way
def eager_joined(session, mine, other):
    customers = session.scalars(select(Customer).options(joinedload(Customer.contacts)))
    return [customer.contacts for customer in customers.unique()]


@way
def eager_subquery(session, mine, other):
    customers = session.scalars(select(Customer).options(subqueryload(Customer.contacts))).all()
    return [customer.contacts for customer in customers]


@way
def eager_two_steps(session, mine, other):
    cards = session.scalars(
        select(Card).options(joinedload(Card.contact).selectinload(Contact.identities))
    ).all()
    return [card.contact.identities for card in cards]


@way
def contains_eager_over_any_join(session, mine, other):
    found = session.scalars(
        select(Customer)
        .join(Contact, true())
        .options(contains_eager(Customer.contacts))
        .execution_options(populate_existing=True)
    )
    return [customer.contacts for customer in found.unique()]


@way
def with_parent_forged(session, mine, other):
    forged = detached(Customer, id=other.customer, tenant_id=mine.tenant)
    return session.scalars(select(Contact).where(with_parent(forged, Customer.contacts))).all()


@way
def deferred_columns(session, mine, other):
    rows = session.scalars(select(Contact).options(load_only(Contact.id))).all()
    return [row.name for row in rows]


@way
def undeferred_columns(session, mine, other):
    return session.scalars(select(Contact).options(undefer(Contact.name))).all()


@way
def columns_only(session, mine, other):
    return session.execute(select(Contact.name)).all()


@way
def one_column_in_a_function(session, mine, other):
    return session.scalar(select(func.max(Contact.name).filter(Contact.id == other.contact)))


@way
def bundle(session, mine, other):
    return session.execute(select(Bundle("b", Contact.name, Contact.id))).all()


@way
def with_entities(session, mine, other):
    return session.query(Customer).with_entities(Contact.name).all()


@way
def cross_join(session, mine, other):
    return session.execute(select(Label.name, Contact.name)).all()


@way
def plain_join_on_anything(session, mine, other):
    return session.execute(select(Contact.name).select_from(Customer).join(Contact, true())).all()


@way
def outer_join_on_anything(session, mine, other):
    return session.execute(
        select(Contact.name).select_from(Customer).outerjoin(Contact, true())
    ).all()


@way
def join_from_a_system_table(session, mine, other):
    from flask_appbuilder.security.sqla.models import User

    return session.execute(
        select(Membership.roles).select_from(User).join(Membership, true())
    ).all()


@way
def alias(session, mine, other):
    return session.execute(select(aliased(Contact).name)).all()


@way
def alias_as_an_entity(session, mine, other):
    return session.scalars(select(aliased(Contact))).all()


@way
def alias_as_an_entity_of_a_query(session, mine, other):
    return session.query(aliased(Contact)).all()


@way
def alias_in_a_join_only(session, mine, other):
    twin = aliased(Contact)
    found = session.scalars(select(Label.id).join(twin, twin.name == SECRET)).all()
    return SECRET if found else None


@way
def exists_of_an_alias(session, mine, other):
    twin = aliased(Contact)
    found = session.scalars(select(Label.id).where(exists(select(twin)))).all()
    return SECRET if len(found) > 1 else None


@way
def a_system_row_whose_loader_meets_mine(session, mine, other):
    state = session.scalars(select(Tenant).where(Tenant.id == other.tenant)).one()
    return session.scalars(select(Contact).where(Contact.tenant_id == state.id)).all()


@way
def alias_joined(session, mine, other):
    twin = aliased(Contact)
    return session.execute(select(twin.name).select_from(Contact).join(twin, true())).all()


@way
def alias_flat_of_a_subquery(session, mine, other):
    twin = aliased(Contact, select(Contact).subquery())
    return session.scalars(select(twin)).all()


@way
def alias_of_a_bare_table(session, mine, other):
    twin = aliased(Contact, Contact.__table__.alias())
    return session.scalars(select(twin)).all()


@way
def alias_of_a_bare_subquery(session, mine, other):
    twin = aliased(Contact, select(Contact.__table__).subquery())
    return session.scalars(select(twin)).all()


@way
def subquery(session, mine, other):
    inner = select(Contact.name).subquery()
    return session.execute(select(inner.c.name)).all()


@way
def subquery_in_a_query(session, mine, other):
    inner = session.query(Contact).subquery()
    return session.query(inner.c.name).all()


@way
def subquery_of_a_subquery(session, mine, other):
    inner = select(select(Contact.name).subquery().c.name).subquery()
    return session.execute(select(Label.id, inner.c.name)).all()


@way
def scalar_subquery(session, mine, other):
    inner = select(Contact.name).where(Contact.id == other.contact).scalar_subquery()
    return session.scalar(select(inner))


@way
def scalar_subquery_beside_mine(session, mine, other):
    inner = select(Contact.name).where(Contact.id == other.contact).scalar_subquery()
    return session.execute(select(Label.id, inner)).all()


@way
def exists_in_where(session, mine, other):
    found = session.scalars(select(Label).where(exists().where(Contact.id == other.contact))).all()
    return SECRET if found else None


@way
def exists_alone(session, mine, other):
    found = session.scalar(select(exists().where(Contact.id == other.contact)))
    return SECRET if found else None


@way
def query_exists(session, mine, other):
    inner = session.query(Contact).filter(Contact.id == other.contact)
    return SECRET if session.query(inner.exists()).scalar() else None


@way
def has_and_any(session, mine, other):
    found = session.scalars(
        select(Customer).where(Customer.contacts.any(Contact.id == other.contact))
    ).all()
    return SECRET if found else None


@way
def in_subquery(session, mine, other):
    inner = select(Contact.customer_id).where(Contact.name == SECRET)
    found = session.scalars(select(Label).where(literal(other.customer).in_(inner))).all()
    return SECRET if found else None


@way
def in_bare_subquery(session, mine, other):
    bare = Contact.__table__
    inner = select(bare.c.customer_id).where(bare.c.name == SECRET)
    found = session.scalars(select(Label).where(literal(other.customer).in_(inner))).all()
    return SECRET if found else None


@way
def bare_column_beside_mine(session, mine, other):
    return session.execute(select(Label.id, Contact.__table__.c.name)).all()


@way
def bare_column_in_where(session, mine, other):
    found = session.execute(select(Label.id).where(Contact.__table__.c.name == SECRET)).all()
    return SECRET if found else None


@way
def bare_table_joined(session, mine, other):
    bare = Contact.__table__
    return session.execute(select(bare.c.name).select_from(Label).join(bare, true())).all()


@way
def bare_alias_joined(session, mine, other):
    bare = Contact.__table__.alias()
    return session.execute(select(Label.id, bare.c.name).join(bare, true())).all()


@way
def bare_table(session, mine, other):
    return session.execute(select(Contact.__table__)).all()


@way
def bare_subquery_named(session, mine, other):
    return session.execute(select(Label.id, select(Contact.__table__).subquery().c.name)).all()


@way
def lightweight_table(session, mine, other):
    loose = table("contact", column("name"))
    return session.execute(select(loose.c.name)).all()


@way
def lightweight_table_beside_mine(session, mine, other):
    loose = table("contact", column("name", String))
    return session.execute(select(Label.id, loose.c.name)).all()


@way
def association_rows(session, mine, other):
    found = session.execute(select(contact_label)).all()
    return SECRET if (other.tenant, other.contact, other.label) in map(tuple, found) else None


@way
def association_rows_joined(session, mine, other):
    found = session.execute(
        select(Label.id, contact_label.c.contact_id).join(contact_label, true())
    ).all()
    return SECRET if other.contact in [row[1] for row in found] else None


@way
def union_of_selects(session, mine, other):
    return session.execute(select(Contact.name).union(select(Label.name))).all()


@way
def union_all_of_selects(session, mine, other):
    return session.execute(union_all(select(Contact.name), select(Identity.address))).all()


@way
def union_in_a_subquery(session, mine, other):
    inner = union_all(select(Contact.name), select(Label.name)).subquery()
    return session.execute(select(inner.c.name)).all()


@way
def union_as_an_entity(session, mine, other):
    both = union_all(select(Contact), select(Contact)).subquery()
    return session.scalars(select(aliased(Contact, both))).all()


@way
def query_union(session, mine, other):
    return session.query(Contact).union(session.query(Contact)).all()


@way
def from_statement_of_a_select(session, mine, other):
    return session.scalars(select(Contact).from_statement(select(Contact))).all()


@way
def from_statement_of_a_union(session, mine, other):
    both = union_all(select(Contact), select(Contact))
    return session.scalars(select(Contact).from_statement(both)).all()


@way
def from_statement_of_a_bare_table(session, mine, other):
    return session.scalars(select(Contact).from_statement(select(Contact.__table__))).all()


@way
def from_statement_of_text(session, mine, other):
    return session.scalars(select(Contact).from_statement(text("SELECT * FROM contact"))).all()


@way
def query_from_statement(session, mine, other):
    return session.query(Contact).from_statement(text("SELECT * FROM contact")).all()


@way
def common_table(session, mine, other):
    inner: CTE = select(Contact.name).cte()
    return session.execute(select(inner.c.name)).all()


@way
def common_table_beside_mine(session, mine, other):
    inner = select(Contact.name).cte()
    return session.execute(select(Label.id, inner.c.name).join(inner, true())).all()


@way
def recursive_common_table(session, mine, other):
    inner = select(Contact.id, Contact.name).cte(recursive=True)
    inner = inner.union(select(Contact.id, Contact.name).join(inner, Contact.id > inner.c.id))
    return session.execute(select(inner.c.name)).all()


@way
def added_common_table(session, mine, other):
    inner = select(Contact.name).cte("loose")
    return session.execute(
        select(literal_column("loose.name"), Label.id).add_cte(inner).select_from(Label, inner)
    ).all()


@way
def lateral_subquery(session, mine, other):
    if session.get_bind().dialect.name == "sqlite":
        return None  # SQLite has no LATERAL
    inner = lateral(select(Contact.name))
    return session.execute(select(Label.id, inner.c.name).join(inner, true())).all()


@way
def lambda_statement(session, mine, other):
    return session.execute(lambda_stmt(lambda: select(Contact.name))).all()


@way
def textual(session, mine, other):
    return session.execute(text("SELECT name FROM contact")).all()


@way
def textual_with_columns(session, mine, other):
    return session.execute(text("SELECT name FROM contact").columns(column("name"))).all()


@way
def textual_subquery(session, mine, other):
    inner = text("SELECT name FROM contact").columns(column("name")).subquery()
    return session.execute(select(Label.id, inner.c.name)).all()


@way
def textual_condition(session, mine, other):
    return session.scalars(select(Contact).where(text("1 = 1 OR 1 = 1"))).all()


@way
def textual_condition_first(session, mine, other):
    return session.query(Contact).filter(text("1 = 1 OR 1 = 1"), Contact.id > 0).all()


@way
def literal_column_condition(session, mine, other):
    return session.scalars(select(Contact).where(literal_column("1 = 1 OR 1 = 1"))).all()


@way
def literal_column_query(session, mine, other):
    loose = literal_column("(SELECT max(name) FROM contact WHERE name LIKE 'Budi%')")
    return session.execute(select(Label.id, loose)).all()


@way
def own_operator(session, mine, other):
    return session.scalars(select(Contact).where(Contact.id.op("= -1 OR contact.id >")(0))).all()


@way
def query_count_of_a_subquery(session, mine, other):
    found = session.query(session.query(Contact).subquery()).count()
    return SECRET if found > session.query(Contact).count() else None


@way
def query_count_of_a_union(session, mine, other):
    found = session.query(Contact.id).union(session.query(Contact.id)).count()
    return SECRET if found > session.query(Contact).count() else None


@way
def count_of_a_subquery(session, mine, other):
    inner = select(Contact).limit(1001).subquery()
    found = session.scalar(select(func.count()).select_from(inner))
    return SECRET if found > session.query(Contact).count() else None


@way
def streaming(session, mine, other):
    return list(session.scalars(select(Contact).execution_options(yield_per=1)))


@way
def streaming_partitions(session, mine, other):
    found = session.execute(select(Contact.name).execution_options(yield_per=2))
    return [row for part in found.partitions() for row in part]


@way
def slices(session, mine, other):
    return session.query(Contact).order_by(Contact.id.desc())[0:5]


@way
def distinct_and_grouped(session, mine, other):
    return session.execute(
        select(Contact.name, func.count()).group_by(Contact.name).having(func.count() > 0)
    ).all()


@way
def correlated_to_anything(session, mine, other):
    inner = select(func.max(Contact.name)).where(Contact.id >= Label.id).scalar_subquery()
    return session.execute(select(Label.id, inner)).all()


@way
def ordered_by_a_subquery(session, mine, other):
    bare = Contact.__table__
    return (
        session.execute(
            select(Label.id).order_by(select(func.count(bare.c.id)).scalar_subquery())
        ).all()
        and None
    )


@way
def window_function(session, mine, other):
    return session.execute(
        select(func.first_value(Contact.name).over(order_by=Contact.id.desc()))
    ).all()


@way
def relationship_comparison(session, mine, other):
    forged = detached(Contact, id=other.contact, tenant_id=mine.tenant)
    return session.scalars(select(Card).where(Card.contact == forged)).all()


@way
def and_of_nothing(session, mine, other):
    return session.scalars(select(Contact).where(and_(true(), true()))).all()


@way
def core_join(session, mine, other):
    both = join(Contact, Label, true())
    return session.execute(select(Label.name).select_from(both)).all()


@way
def orm_join(session, mine, other):
    both = orm_join_of(Contact, Label, true())
    return session.execute(select(Label.name).select_from(both)).all()


@way
def named_only_in_where(session, mine, other):
    found = session.scalars(select(Label.id).where(Contact.name == SECRET)).all()
    return SECRET if found else None


@way
def text_in_a_loader_option(session, mine, other):
    loose = joinedload(Customer.contacts.and_(text("1 = 1 OR 1 = 1")))
    found = session.scalars(select(Customer).options(loose))
    return [customer.contacts for customer in found.unique()]


@way
def text_in_a_loader_criterion(session, mine, other):
    loose = with_loader_criteria(Contact, text("1 = 1 OR 1 = 1"))
    return session.scalars(select(Contact).options(loose)).all()


@way
def text_in_a_loader_of_its_own_statement(session, mine, other):
    loose = selectinload(Customer.contacts.and_(text("1 = 1 OR 1 = 1")))
    found = session.scalars(select(Customer).options(loose)).all()
    return [customer.contacts for customer in found]


@way
def write_inside_a_select(session, mine, other):
    inner = update(Contact).values(name="x").returning(Contact.name).cte()
    return session.execute(select(inner.c.name)).all()


@way
def context_of_another(session, mine, other):
    session.get(Contact, mine.contact)
    with use_tenant(other.tenant):
        session.get(Contact, mine.contact)
    return SECRET  # a row at hand must not be shown in another's context


@way
def values_joined(session, mine, other):
    if session.get_bind().dialect.name == "sqlite":
        return None  # SQLite has no names for the columns of VALUES
    ids = values(column("id", Contact.id.type), name="ids").data([(other.contact,)])
    return session.execute(select(Contact.name).join(ids, ids.c.id == Contact.id)).all()


@pytest.mark.parametrize("name", WAYS)
def test_reading_finds_only_ones_own(world: World, name: str) -> None:
    session = TenantSession(world.database, write=True, tenant_id=world.mine.tenant)
    try:
        found = WAYS[name](session, world.mine, world.other)
        text_found = spell(found)
    except (UnsafeStatement, WrongTenant, InvalidRequestError):
        text_found = ""
    finally:
        session.rollback()
        session.close()
    assert SECRET not in text_found


def spell(found: Any) -> str:
    """All loaded values of what was found, at any depth of lists, tuples and rows."""
    if isinstance(found, str | bytes | int | float | type(None)):
        return str(found)
    state = inspect(found, raiseerr=False)
    if state is not None and hasattr(state, "dict"):
        return str({key: str(value) for key, value in state.dict.items() if key[0] != "_"})
    return " ".join(spell(item) for item in found)
