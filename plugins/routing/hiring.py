"""Adding agents: somebody who works here, or somebody new with an account of their own."""

from __future__ import annotations

import secrets

from flask_babel import gettext as _

from core.api import (
    Membership,
    NotFound,
    Refused,
    RoleName,
    Tenant,
    TenantSession,
    add_member,
    create_user,
    find_user,
)
from plugins.routing import agents


def promote(session: TenantSession, member_id: int) -> int:
    """A colleague becomes an agent; their id."""
    member = session.get(Membership, member_id)
    if member is None:
        raise NotFound(_("There is no such person. Reload the page."))
    agents.make_agent(session, member)
    return member.id


def hire(session: TenantSession, name: str, email: str) -> tuple[int, str]:
    """Somebody new: their membership's id, and the password, which is kept nowhere.

    Committed when this returns: accounts are the system's to write, in a transaction of its own, so
    the session must have written nothing. Refused, with the field.
    """
    tenant_id = session.tenant_id
    session.rollback()
    password = secrets.token_urlsafe(9)
    with session.database.system() as system:
        tenant = system.get_one(Tenant, tenant_id)
        if find_user(system, email.strip().lower()) is not None:
            raise Refused(_("This address has an account: ask an operator."), "email")
        user = create_user(system, email.strip(), password=password, first_name=name.strip()[:64])
        return add_member(system, tenant, user, [RoleName.AGENT]).id, password
