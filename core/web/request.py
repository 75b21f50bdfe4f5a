"""One request: who asks, for which tenant, with which plugins; and the tidying up after it."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, g, request, session
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from core.audit import SYSTEM, Actor, set_actor
from core.desk import Desk
from core.errors import Refused
from core.models import Membership, Tenant
from core.services.sight import channels_of, is_limited
from core.services.tenants import RoleName
from core.services.tokens import allows, find_token, saw_token, was_seen_lately
from core.tenancy.context import current_tenant, set_tenant
from core.tenancy.session import TenantSession
from core.web.fab.bearer import use_bearer
from core.web.fab.csrf import is_machine_door
from core.web.grants import READING
from core.web.scopes import is_never_a_tokens, scope_noun
from core.words import say

TENANT_COOKIE_KEY = "tenant"

# served without a tenant, and so without asking who it is for
_OPEN_BLUEPRINTS = frozenset({"static", "appbuilder", "webhooks", "health", "metrics"})


def init_request_cycle(app: Flask) -> None:
    """Wire the cycle. Must come after FAB's own `before_request`, which sets `g.user`."""
    app.before_request(_open)
    app.teardown_request(_tidy)


def desk() -> Desk:
    """The running installation, inside a request."""
    found: Desk = current_app.extensions["sapa"]
    return found


def web_session() -> TenantSession:
    """This request's session, the same that FAB's screens use."""
    found: TenantSession = current_app.extensions["sapa_web_session"]()
    return found


def places() -> list[tuple[Membership, Tenant]]:
    """Where the asker works, by tenant name."""
    found: list[tuple[Membership, Tenant]] = g.get("_sapa_places", [])
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
    if is_machine_door(request.endpoint):
        return
    use_bearer()
    if "_sapa_token" not in g:
        _enter_as_person()
    if (here := tenant()) is not None:
        desk().host.switches.pin(web_session(), here)
        if (member := membership()) is not None and is_limited(here, member):
            web_session().sight = channels_of(web_session(), member)


def user_from_token(plain: str) -> User | None:
    """Act for a token of ours: enter its tenant, with what its scopes leave of an admin's rights.

    The user is the person who made the token; None refuses it.
    """
    if "_sapa_token" in g:
        return g.get("_sapa_token_owner")
    with desk().database.system(write=False) as system:
        found = find_token(system, plain)
        system.expunge_all()
    if found is None:
        return None
    token, where, owner = found
    if not was_seen_lately(token):
        with desk().database.system() as system:
            saw_token(system, token.id)
    g._sapa_token = token
    g._sapa_token_owner = owner
    _enter(where, None, Actor(f"token {token.name}", owner.id))
    return owner


def is_in_scope(permission: str, view: str) -> bool:
    """Whether the token of this request, if there is one, reaches this far."""
    token = g.get("_sapa_token")
    if token is None:
        return True
    if is_never_a_tokens(view):
        return False
    return allows(token.scopes, scope_noun(view), write=permission not in READING)


def _enter_as_person() -> None:
    user = current_app.appbuilder.sm.acting_user()  # type: ignore[attr-defined]  # FAB sets it
    if user is None:
        return
    g._sapa_places = _places_of(user.id)
    chosen = _choose(g._sapa_places)
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
        raise Refused(
            say("You don't work in a tenant “%(wanted)s”.", wanted=wanted[:40]), status=404
        )
    kept = session.get(TENANT_COOKIE_KEY)
    for member, where in places:
        if where.id == kept:
            return member, where
    return places[0] if places else None


def roles_for(user: Any) -> list[Role]:
    """The roles that count now: the membership's in this tenant, and *Operator* everywhere."""
    names = set()
    if g.get("_sapa_token") is not None:
        names.add(RoleName.ADMIN.value)  # narrowed by the token's scopes at each call
    member = membership()
    if member is not None and member.user_id == user.id:
        names.update(member.roles)
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB sets it
    found: list[Role] = sm.roles_named(names)
    if g.get("_sapa_token") is None:  # a token is its tenant's, whoever made it
        found += [role for role in getattr(user, "roles", []) if role.name == RoleName.OPERATOR]
    return found


def roles_key() -> tuple[int | None, Any]:
    """What `roles_for` depends on besides the user."""
    return current_tenant(), "_sapa_token" in g


def need_tenant() -> Tenant:
    """The current tenant, or 403: a page of tenant data has nothing to show without one."""
    found = tenant()
    if found is None:
        abort(403)
    return found


def _tidy(error: BaseException | None) -> None:
    current_app.extensions["sapa_web_session"].remove()
    desk().host.switches.unpin()
    set_tenant(None)
    set_actor(SYSTEM)
