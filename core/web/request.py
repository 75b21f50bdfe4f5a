"""One request: who asks, for which tenant, with which plugins; and the tidying up after it."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, g, request, session
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from core.audit import SYSTEM, Actor, set_actor
from core.desk import Desk
from core.errors import Refused
from core.models import Membership, Tenant
from core.services.tenants import RoleName
from core.tenancy.context import current_tenant, set_tenant

TENANT_COOKIE_KEY = "tenant"

# served without a tenant, and so without asking who it is for
_OPEN_BLUEPRINTS = frozenset({"static", "appbuilder", "webhooks", "health"})


def init_request_cycle(app: Flask) -> None:
    """Wire the cycle. Must come after FAB's own `before_request`, which sets `g.user`."""
    app.before_request(_open)
    app.teardown_request(_tidy)


def desk() -> Desk:
    """The running installation, inside a request."""
    found: Desk = current_app.extensions["sapa"]
    return found


def memberships() -> list[Membership]:
    """The asker's places of work, by tenant name; each has its tenant loaded as `.tenant`."""
    found: list[Membership] = g.get("_sapa_memberships", [])
    return found


def membership() -> Membership | None:
    """The asker in the current tenant; None for a token, an operator elsewhere, or nobody."""
    found: Membership | None = g.get("_sapa_membership")
    return found


def tenant() -> Tenant | None:
    """The current tenant's row."""
    found: Tenant | None = g.get("_sapa_tenant")
    return found


def _open() -> None:
    set_tenant(None)
    set_actor(SYSTEM)
    if request.blueprint in _OPEN_BLUEPRINTS or request.endpoint == "static":
        return
    token = g.get("_sapa_token")
    if token is not None:
        _enter(token.tenant, None, Actor(f"token {token.name}"))
    else:
        _enter_as_person()
    desk().host.open_request(request.blueprint)


def _enter_as_person() -> None:
    user = current_app.appbuilder.sm.acting_user()  # type: ignore[attr-defined]  # FAB sets it
    if user is None:
        return
    places = _places_of(user.id)
    g._sapa_memberships = [place for place, _ in places]
    chosen = _choose(places)
    if chosen is None:
        set_actor(Actor(user.username, user.id))
        return
    member, where = chosen
    _enter(where, member, Actor(member.name, user.id, member.id))


def _enter(where: Tenant, member: Membership | None, actor: Actor) -> None:
    g._sapa_tenant = where
    g._sapa_membership = member
    set_tenant(where.id)
    set_actor(actor)


def _places_of(user_id: int) -> list[tuple[Membership, Tenant]]:
    with desk().database.system(write=False) as system:
        rows = system.execute(
            select(Membership, Tenant)
            .join(Tenant, Tenant.id == Membership.tenant_id)
            .where(
                Membership.user_id == user_id,
                Membership.is_active.is_(True),
                Tenant.is_active.is_(True),
            )
            .order_by(Tenant.name)
        ).all()
        system.expunge_all()
        return [(row[0], row[1]) for row in rows]


def _choose(places: list[tuple[Membership, Tenant]]) -> tuple[Membership, Tenant] | None:
    """By the X-Tenant header, else by the cookie, else the first. A foreign slug is a 404."""
    wanted = request.headers.get("X-Tenant")
    if wanted is not None:
        for member, where in places:
            if where.slug == wanted:
                return member, where
        raise Refused(f"You don't work in a tenant “{wanted[:40]}”.", status=404)
    kept = session.get(TENANT_COOKIE_KEY)
    for member, where in places:
        if where.id == kept:
            return member, where
    return places[0] if places else None


def roles_for(user: Any) -> list[Role]:
    """The roles that count now: the membership's in this tenant, and *Operator* everywhere."""
    names = set()
    if g.get("_sapa_token_user") is not None and g._sapa_token_user is user:
        names.add(RoleName.ADMIN.value)  # narrowed by the token's scopes at each call
    member = membership()
    if member is not None and member.user_id == user.id:
        names.update(member.roles)
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB sets it
    known = {role.name: role for role in _all_roles(sm)}
    found = [known[name] for name in sorted(names) if name in known]
    found += [role for role in getattr(user, "roles", []) if role.name == RoleName.OPERATOR]
    return found


def _all_roles(sm: Any) -> list[Role]:
    roles: list[Role] = sm.session.scalars(select(Role)).all()
    return roles


def roles_key() -> tuple[int | None, Any]:
    """What `roles_for` depends on besides the user."""
    return current_tenant(), g.get("_sapa_token_user") is not None


def need_tenant() -> Tenant:
    """The current tenant, or 403: a page of tenant data has nothing to show without one."""
    found = tenant()
    if found is None:
        abort(403)
    return found


def _tidy(error: BaseException | None) -> None:
    web_session = current_app.extensions.get("sapa_web_session")
    if web_session is not None:
        web_session.remove()
    set_tenant(None)
    set_actor(SYSTEM)
