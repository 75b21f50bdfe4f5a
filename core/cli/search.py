"""The words that the inbox searches."""

from __future__ import annotations

import click
from sqlalchemy import select

from core.cli.answer import Answer, SapaGroup, Surroundings
from core.cli.people import found_tenant


@click.group(cls=SapaGroup)
def search() -> None:
    """What the inbox searches."""


@search.command("rebuild")
@click.option("--tenant", "slug", default="", help="For this one; left out, for all.")
@click.pass_obj
def rebuild(surroundings: Surroundings, slug: str) -> Answer:
    """Index messages and contacts anew. Safe to repeat, and to run while Sapa works."""
    from core.models import Tenant
    from core.services import search_index

    done = []
    with surroundings.open() as desk:
        with desk.database.system(write=False) as system:
            found = [found_tenant(system, slug)] if slug else list(system.scalars(select(Tenant)))
            tenants = [(tenant.id, tenant.slug) for tenant in found]
        for tenant_id, name in tenants:
            with desk.database.tenant(tenant_id) as session:
                messages, contacts = search_index.rebuild(session)
            done.append({"tenant": name, "messages": messages, "contacts": contacts})
    lines = [f"{o['tenant']}: {o['messages']} messages, {o['contacts']} contacts" for o in done]
    return Answer({"tenants": done}, "\n".join(lines) or "There is no tenant.")
