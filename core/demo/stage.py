"""Setting the demo up: its tenants and people once, its phones' addresses at every start."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from core.config import Settings
from core.demo import atelier, melati
from core.demo.people import PASSWORD, PEOPLE, Person
from core.demo.script import Shop
from core.demo.story import is_told, tell
from core.desk import Desk
from core.errors import Refused
from core.host.switches import SwitchRefused
from core.models import Channel, Tenant
from core.services import channels, profile, tenants
from core.tenancy.session import SystemSession, TenantSession
from core.words.catalogues import SOURCE_LOCALE

SHOPS = (melati.STORY, atelier.STORY)
ON = ("sync", "automation", "routing", "merge")


def set_up(desk: Desk) -> bool:
    """Make what is missing of the demo; True where its story was told now. Safe to repeat.

    Refused in an installation that serves others: the demo's passwords are known to everybody.
    """
    ids = _people_and_tenants(desk)
    is_new = False
    for shop in SHOPS:
        with desk.database.tenant(ids[shop.slug]) as session:
            if not is_told(session):
                tell(session, shop, secrets.token_urlsafe(24))
                _switch_on(desk, session)
                is_new = True
            for channel in session.scalars(select(Channel).where(Channel.kind == "simulator")):
                # the port may be another one today
                url = f"http://{own_host(desk.settings)}/simulator/phone/{channel.uuid}"
                channels.configure(session, channel, {"phone_url": url})
    return is_new


def own_host(settings: Settings) -> str:
    """`host:port` at which this server reaches itself, whatever SAPA_BASE_URL says to others."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # noqa: S104 - asks
    return f"{host}:{settings.port}"


def _people_and_tenants(desk: Desk) -> dict[str, int]:
    with desk.database.system() as session:
        _refuse_strangers(session)
        rows = {shop.slug: _tenant(session, shop) for shop in SHOPS}
        for person in PEOPLE:
            _person(session, person, rows)
        return {slug: row.id for slug, row in rows.items()}


def _refuse_strangers(session: SystemSession) -> None:
    ours = [shop.slug for shop in SHOPS]
    stranger = session.scalar(select(Tenant.slug).where(Tenant.slug.not_in(ours)).limit(1))
    if stranger is not None:
        raise Refused(
            f"This installation has a tenant of its own, {stranger}. The demo would add accounts "
            "whose password everybody knows: set SAPA_HOME to another folder for it."
        )


def _tenant(session: SystemSession, shop: Shop) -> Tenant:
    return tenants.find_tenant(session, shop.slug) or tenants.create_tenant(
        session,
        shop.slug,
        plan=shop.plan,
        name=shop.name,
        time_zone=shop.time_zone,
        default_region=shop.region,
        locale=shop.locale,
    )


def _person(session: SystemSession, person: Person, rows: dict[str, Tenant]) -> None:
    user = tenants.find_user(session, person.email)
    if user is not None:
        return  # what was changed since stays changed
    user = tenants.create_user(
        session,
        person.email,
        password=PASSWORD,
        first_name=person.first_name,
        last_name=person.last_name,
        is_operator=person.is_operator,
    )
    # the shops speak Indonesian and Romanian; who looks at the demo picks one in the top bar
    profile.choose_language(session, user.id, SOURCE_LOCALE)
    for slug, role in person.places.items():
        tenants.add_member(session, rows[slug], user, [role])


def _switch_on(desk: Desk, session: TenantSession) -> None:
    for name in ON:
        record = desk.host.record(name)
        if record is not None and record.is_active:
            try:
                desk.host.switches.enable(session, name)
            except SwitchRefused:
                continue  # the smaller plan of the second tenant
