"""Tenants, the people in them and their programs' tokens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from core.cli.answer import Answer, SapaGroup, Surroundings
from core.errors import NotFound, Refused

if TYPE_CHECKING:
    from core.models import Membership, Tenant
    from core.tenancy.session import SystemSession


@click.group(cls=SapaGroup)
def tenant() -> None:
    """Businesses that use this installation."""


@tenant.command("create")
@click.argument("slug")
@click.option("--plan", required=True, help="The plan's name, for example enterprise.")
@click.option("--name", default="", help="What people call it. Default: the slug.")
@click.option("--time-zone", default="Asia/Jakarta", show_default=True, help="Where it works.")
@click.option("--region", default="ID", show_default=True, help="Country of local numbers.")
@click.option("--locale", default="en", show_default=True, help="Language: en, id or ro.")
@click.pass_obj
def create_tenant(
    surroundings: Surroundings,
    slug: str,
    plan: str,
    name: str,
    time_zone: str,
    region: str,
    locale: str,
) -> Answer:
    """Add a tenant. SLUG is its short name in addresses: a-z, 0-9 and hyphens."""
    from core.services import tenants

    with surroundings.open() as desk, desk.database.system() as session:
        made = tenants.create_tenant(
            session,
            slug,
            plan=plan,
            name=name,
            time_zone=time_zone,
            default_region=region.upper(),
            locale=locale,
        )
        return Answer(
            _tenant_data(made),
            f"The tenant {made.slug} is there. Next: "
            f"sapa user create EMAIL --tenant {made.slug} --role admin --password-stdin",
        )


@tenant.command("list")
@click.pass_obj
def list_tenants(surroundings: Surroundings) -> Answer:
    """Show all tenants."""
    from sqlalchemy import select

    from core.models import Tenant

    with surroundings.open() as desk, desk.database.system(write=False) as session:
        found = [_tenant_data(row) for row in session.scalars(select(Tenant).order_by(Tenant.slug))]
    lines = [
        f"{row['slug']:<24} {row['plan']:<16} {row['time_zone']:<20} {row['name']}" for row in found
    ]
    return Answer({"tenants": found}, "\n".join(lines) or "There is no tenant yet.")


@click.group(cls=SapaGroup)
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.argument("email")
@click.option("--tenant", "slug", default="", help="Where the person works.")
@click.option("--role", "roles", multiple=True, help="Their role there; may be repeated.")
@click.option("--operator", is_flag=True, help="Also runs this installation.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--first-name", default="", help="What colleagues call them.")
@click.option("--last-name", default="", help="And their family name.")
@click.pass_obj
def create_user(
    surroundings: Surroundings,
    email: str,
    slug: str,
    roles: tuple[str, ...],
    operator: bool,
    password_stdin: bool,
    first_name: str,
    last_name: str,
) -> Answer:
    """Add a person, or give one who has an account a place in another tenant.

    A password is never taken from the command line, where other users of the machine see it.
    """
    from core.services import tenants

    if not operator and not (slug and roles):
        raise Refused("Say where the person works with --tenant and --role, or use --operator.")
    if bool(slug) != bool(roles):
        raise Refused("--tenant and --role belong together.", "role")
    names = [role_named(role) for role in roles]
    password = _password() if password_stdin else None
    with surroundings.open() as desk, desk.database.system() as session:
        where = found_tenant(session, slug) if slug else None
        person = None if operator else tenants.find_user(session, email.strip().lower())
        is_new = person is None
        if person is None:
            if password is None:
                raise Refused("Pass the password on standard input, with --password-stdin.")
            person = tenants.create_user(
                session,
                email,
                password=password,
                first_name=first_name,
                last_name=last_name,
                is_operator=operator,
            )
        if where is not None:
            tenants.add_member(session, where, person, names)
        data = {
            "email": person.email,
            "tenant": slug or None,
            "roles": names,
            "operator": operator,
            "created": is_new,
        }
    verb = "may sign in now" if is_new else "had an account: its password stays as it was"
    place = f", as {', '.join(names)} of {slug}" if slug else ""
    return Answer(data, f"{data['email']} {verb}{place}.")


@click.group(cls=SapaGroup)
def token() -> None:
    """Programs that use a tenant's REST interface."""


@token.command("create")
@click.option("--tenant", "slug", required=True, help="Whose data the token opens.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="NOUN:read, NOUN:write or *; repeat."
)
@click.option("--name", default="command line", show_default=True, help="The program's name.")
@click.option("--owner", default="", help="The admin it acts for, by e-mail. Default: the first.")
@click.pass_obj
def create_token(
    surroundings: Surroundings, slug: str, scopes: tuple[str, ...], name: str, owner: str
) -> Answer:
    """Make a token and show it, this once. It dies with its owner's account."""
    from core.audit import Actor, acting_as
    from core.services import tokens
    from core.web.app import create_app
    from core.web.scopes import known_scopes

    with surroundings.open() as desk:
        with desk.database.system(write=False) as system:
            tenant_id = found_tenant(system, slug).id
            member = _admin(system, tenant_id, owner)
        with create_app(desk.settings, surroundings.builtin).app_context():
            known = known_scopes()
        with (
            acting_as(Actor("sapa token create", member.user_id, member.id)),
            desk.database.tenant(tenant_id) as session,
        ):
            made, plain = tokens.create_token(session, name, scopes, known)
            data = {"token": plain, "name": made.name, "tenant": slug, "scopes": made.scopes}
    return Answer(data, f"{plain}\nKeep it now: it can't be shown again.")


def _admin(session: SystemSession, tenant_id: int, email: str) -> Membership:
    """The tenant's first admin, or the one with this address. Raises NotFound."""
    from sqlalchemy import select

    from core.models import Membership
    from core.services.tenants import RoleName

    members = session.scalars(
        select(Membership)
        .where(Membership.tenant_id == tenant_id, Membership.is_active.is_(True))
        .order_by(Membership.id)
    )
    for member in members:
        if RoleName.ADMIN in member.roles and email.lower() in ("", member.user.email.lower()):
            return member
    who = f"{email} is no admin of this tenant" if email else "This tenant has no admin yet"
    raise NotFound(f"{who}: a token acts for one. See `sapa user create --help`.", "owner")


def found_tenant(session: SystemSession, slug: str) -> Tenant:
    """The tenant called `slug`. Raises NotFound."""
    from core.services.tenants import find_tenant

    row = find_tenant(session, slug)
    if row is None:
        raise NotFound(f"There is no tenant “{slug}”: `sapa tenant list` shows them.", "tenant")
    return row


def role_named(text: str) -> str:
    """A role by its name, in any case, or by a short word: admin for Tenant admin. Refused."""
    from core.services.tenants import TENANT_ROLES

    wanted = text.strip().lower().replace("-", " ").replace("_", " ")
    for role in TENANT_ROLES:
        if wanted in (role.value.lower(), role.name.lower()):
            return role.value
    known = ", ".join(role.name.lower() for role in TENANT_ROLES)
    raise Refused(f"There is no role “{text}”. Choose one of: {known}.", "role")


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _tenant_data(row: Tenant) -> dict[str, str | int]:
    return {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "plan": row.plan.name,
        "time_zone": row.time_zone,
        "region": row.default_region,
        "locale": row.locale,
    }
