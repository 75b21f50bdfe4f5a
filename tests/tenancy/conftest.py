"""Two tenants with the same things in them. What is Budi's must never be seen by Ani."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import insert

from core.config import Settings
from core.db import Database
from core.inbound import IdentityKind
from core.models import (
    Card,
    Contact,
    Customer,
    Identity,
    Job,
    Label,
    Membership,
    Module,
    Plan,
    RawInbox,
    Tenant,
    contact_label,
)
from core.testing.databases import PostgresServer

SECRET = "Budi's secret"


@dataclass(frozen=True)
class Ids:
    """One tenant's rows."""

    tenant: int
    customer: int
    contact: int
    identity: int
    label: int
    module: int
    card: int
    membership: int
    job: int
    raw: int


@dataclass(frozen=True)
class World:
    """A database where Ani (`mine`) attacks Budi (`other`)."""

    database: Database
    mine: Ids
    other: Ids


def furnish(database: Database) -> World:
    with database.system() as session:
        plan = Plan(name="free", title="Free")
        session.add(plan)
        session.flush()
    return World(database, _tenant(database, "ani", "Ani's"), _tenant(database, "budi", SECRET))


def _tenant(database: Database, slug: str, name: str) -> Ids:
    with database.system() as session:
        tenant = Tenant(slug=slug, name=slug, plan_id=1)
        user = User(first_name=slug, last_name="", username=slug, email=f"{slug}@example.com")
        session.add_all([tenant, user])
        session.flush()
        of = {"tenant_id": tenant.id}
        customer = Customer(**of)
        label = Label(name=name, **of)
        module = Module(name=name, **of)
        member = Membership(user_id=user.id, roles=[name], **of)
        job = Job(actor=name, **of)
        raw = RawInbox(channel_id=1, digest=name, body=name.encode(), **of)
        session.add_all([customer, label, module, member, job, raw])
        session.flush()
        contact = Contact(name=name, customer_id=customer.id, home_id=customer.id, **of)
        session.add(contact)
        session.flush()
        identity = Identity(contact_id=contact.id, kind=IdentityKind.PHONE, address=name, **of)
        card = Card(title=name, module_id=module.id, contact_id=contact.id, **of)
        session.add_all([identity, card])
        session.flush()
        session.execute(
            insert(contact_label).values(contact_id=contact.id, label_id=label.id, **of)
        )
        return Ids(
            tenant=tenant.id,
            customer=customer.id,
            contact=contact.id,
            identity=identity.id,
            label=label.id,
            module=module.id,
            card=card.id,
            membership=member.id,
            job=job.id,
            raw=raw.id,
        )


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One furnished database for a module: a wall that holds leaves it as it was."""
    home = tmp_path_factory.mktemp("world")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, home / "sapa.db")
        settings = Settings(home=home)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create(request.getfixturevalue("postgres_template"))
        settings = server.settings(name, home)
    database = Database(settings)
    yield furnish(database)
    database.dispose()
