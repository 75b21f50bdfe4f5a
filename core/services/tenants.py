"""Tenants, the people in them and their roles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from zoneinfo import available_timezones

import phonenumbers
from babel.localedata import locale_identifiers
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from core.errors import Conflict, Refused
from core.live import hang_up
from core.models import Membership, NumberStyle, Plan, Tenant, UserState
from core.services.mail_addresses import checked_email
from core.tenancy.session import BaseSession, SystemSession, TenantSession
from core.words import say

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class RoleName(StrEnum):
    """The six roles (F9). Operators run the installation; the rest are given per tenant."""

    OPERATOR = "Operator"
    ADMIN = "Tenant admin"
    SUPERVISOR = "Supervisor"
    AGENT = "Agent"
    WAREHOUSE = "Warehouse"
    VIEWER = "Viewer"


TENANT_ROLES = tuple(role for role in RoleName if role is not RoleName.OPERATOR)


def tenant_of(session: TenantSession) -> Tenant:
    """The tenant that a session serves."""
    return session.get_one(Tenant, session.tenant_id)


def find_tenant(session: Session, slug: str) -> Tenant | None:
    return session.scalar(select(Tenant).where(Tenant.slug == slug))


def create_tenant(
    session: SystemSession,
    slug: str,
    *,
    plan: str,
    name: str = "",
    time_zone: str = "Asia/Jakarta",
    default_region: str = "ID",
    locale: str = "en",
) -> Tenant:
    """A new tenant on a plan. Refused, with the field, or Conflict where the slug is taken."""
    if not _SLUG.fullmatch(slug):
        raise Refused(say("Use up to 40 of a-z, 0-9 and hyphens, for example “toko-rina”."), "slug")
    if find_tenant(session, slug) is not None:
        raise Conflict(say("A tenant “%(slug)s” exists already.", slug=slug), "slug")
    chosen = session.scalar(select(Plan).where(Plan.name == plan))
    if chosen is None:
        known = ", ".join(session.scalars(select(Plan.name).order_by(Plan.rank)))
        raise Refused(
            say("There is no plan “%(plan)s”. Choose one of: %(known)s.", plan=plan, known=known),
            "plan",
        )
    _check_place(time_zone, default_region, locale)
    tenant = Tenant(
        slug=slug,
        name=name or slug,
        plan_id=chosen.id,
        time_zone=time_zone,
        default_region=default_region,
        locale=locale,
    )
    session.add(tenant)
    session.flush()
    return tenant


def change_tenant(
    session: SystemSession,
    tenant: Tenant,
    *,
    name: str,
    plan: str,
    time_zone: str,
    default_region: str,
    locale: str,
    number_style: str,
    is_active: bool,
) -> None:
    """What an operator may change of a tenant; its slug stays. Refused, with the field."""
    name = name.strip()
    if not 1 <= len(name) <= 120:
        raise Refused(say("Give the business's name, with at most 120 characters."), "name")
    chosen = session.scalar(select(Plan).where(Plan.name == plan))
    if chosen is None:
        raise Refused(say("Choose one of the plans."), "plan")
    _check_place(time_zone, default_region, locale)
    if number_style not in set(NumberStyle):
        raise Refused(say("Choose how numbers are shown."), "number_style")
    tenant.name, tenant.plan_id, tenant.is_active = name, chosen.id, is_active
    tenant.time_zone, tenant.default_region, tenant.locale = time_zone, default_region, locale
    tenant.number_style = NumberStyle(number_style)
    session.flush()
    if not is_active:
        hang_up(session, tenant.id)


def _check_place(time_zone: str, default_region: str, locale: str) -> None:
    if time_zone not in available_timezones():
        raise Refused(say("Name a time zone like Asia/Jakarta or Europe/Bucharest."), "time_zone")
    if default_region not in phonenumbers.SUPPORTED_REGIONS:
        raise Refused(say("Give the country as two letters, like ID or RO."), "default_region")
    if locale.replace("-", "_") not in locale_identifiers():
        raise Refused(say("Name a language like en, id, ro or pt_BR."), "locale")


def create_user(
    session: SystemSession,
    email: str,
    *,
    password: str,
    first_name: str = "",
    last_name: str = "",
    is_operator: bool = False,
) -> User:
    """A person who can sign in with their e-mail address. Conflict where they exist."""
    email = checked_email(email)
    if not email:
        raise Refused(say("Give the person's e-mail address."), "email")
    if len(password) < 8:
        raise Refused(say("Use a password of at least 8 characters."), "password")
    if find_user(session, email) is not None:
        raise Conflict(say("%(email)s has an account already.", email=email), "email")
    user = User(
        username=email,
        email=email,
        first_name=first_name or email.partition("@")[0],
        last_name=last_name,
        active=True,
        password=generate_password_hash(password),
    )
    if is_operator:
        user.roles = [session.scalars(select(Role).where(Role.name == RoleName.OPERATOR)).one()]
    session.add(user)
    session.flush()
    session.add(UserState(user_id=user.id))
    session.flush()
    return user


def find_user(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.username == email))


def add_member(
    session: SystemSession, tenant: Tenant, user: User, roles: Sequence[str]
) -> Membership:
    """Let a person into a tenant with these roles, or change their roles there."""
    for role in roles:
        if role not in TENANT_ROLES:
            known = ", ".join(TENANT_ROLES)
            raise Refused(
                say(
                    "There is no role “%(role)s”. Choose one of: %(known)s.", role=role, known=known
                ),
                "role",
            )
    member = session.scalar(
        select(Membership).where(Membership.tenant_id == tenant.id, Membership.user_id == user.id)
    )
    if member is None:
        member = Membership(tenant_id=tenant.id, user_id=user.id)
        session.add(member)
    member.roles = list(roles)
    member.is_active = True
    session.flush()
    return member


def end_sessions(session: BaseSession, user_id: int) -> None:
    """Sign a person out everywhere: cookies and tokens carry the version that this raises."""
    state = session.get(UserState, user_id)
    if state is None:
        session.add(UserState(user_id=user_id, session_version=2))
    else:
        state.session_version += 1
    session.flush()
    hang_up(session, user_id=user_id)
