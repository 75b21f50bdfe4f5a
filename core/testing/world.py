"""A ready world: an application on a database, with two tenants full of rows and people in them.

`mine` is the tenant that a test acts in, with a person for each role; `theirs` is another, whose
every text is a mark that must never be seen. For our contract tests and a plugin author's own:

    world = build_world(settings, builtin)
    page = world.browser("Agent").get("/customerview/list/")
    assert world.theirs.mark not in page.text
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import Table, insert, select
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from core.config import Settings
from core.desk import Desk
from core.models import ApiToken, Membership, Plan, PluginSwitch, Tenant, UserState
from core.secrets import digest_token, new_token
from core.services.tenants import TENANT_ROLES, RoleName
from core.tenancy.session import SystemSession
from core.testing.prepared import prepared
from core.testing.rows import KNOWN, Known, Owner, row_of
from core.testing.tables import tenant_tables
from core.web.app import create_app

PASSWORD = "a-long-word-7"  # a test's
MINE = Owner("OWN-A", 10_001, "own-a", "+6281110000001")
THEIRS = Owner("LEAK-B", 20_002, "leak-b-shop", "+6282220000002")
NOBODYS = Owner("NONE-C", 30_003, "none-c", "+6283330000003")
"""Keys, uuid and slug that no row has: what a stranger's must be indistinguishable from."""

_CSRF = re.compile(r'name="csrf-token" content="([^"]+)"|name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Browser:
    """A person's browser, or a program: a client that sends the CSRF token, or its bearer."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.send("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.send("POST", path, **kwargs)

    def send(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)


@dataclass
class World:
    """An application with two tenants. Close it at the end: `world.close()`."""

    app: Flask
    desk: Desk
    mine: Owner
    theirs: Owner
    users: dict[str, int]
    token: str

    def browser(self, role: str = RoleName.ADMIN) -> Browser:
        """A person with this role in `mine`, signed in by cookie."""
        client = self.app.test_client()
        token = csrf_token(client.get("/login/"))
        form = {"username": address_of(role), "password": PASSWORD, "csrf_token": token}
        answer = client.post("/login/", data=form)
        assert answer.status_code == 302, f"{role} can't sign in: {answer.status_code}"
        page = client.get("/users/userinfo/")
        return Browser(client, {"X-CSRFToken": csrf_token(page)})

    def nobody(self) -> Browser:
        """Nobody, with a CSRF token of their own: it is not what keeps them out."""
        client = self.app.test_client()
        return Browser(client, {"X-CSRFToken": csrf_token(client.get("/login/"))})

    def person_over_rest(self, role: str = RoleName.ADMIN, tenant: str = "") -> Browser:
        """A person with a JWT, in the tenant of this slug."""
        client = self.app.test_client()
        asked = {"username": address_of(role), "password": PASSWORD, "provider": "db"}
        jwt = client.post("/api/v1/security/login", json=asked).get_json()["access_token"]
        chosen = {"X-Tenant": tenant or self.mine.slug}
        return Browser(client, {"Authorization": f"Bearer {jwt}", **chosen})

    def program(self, *scopes: str) -> Browser:
        """A program with a token of `mine`: everything, or these scopes."""
        token = self.token if not scopes else self._new_token(scopes)
        return Browser(self.app.test_client(), {"Authorization": f"Bearer {token}"})

    def _new_token(self, scopes: Iterable[str]) -> str:
        plain, digest = new_token()
        with self.desk.database.system() as session:
            session.add(
                ApiToken(
                    tenant_id=self.mine.key,
                    name="test",
                    digest=digest,
                    hint=plain[-4:],
                    scopes=list(scopes),
                    created_by_id=self.mine.key,
                )
            )
        return plain

    def dump(self, owner: Owner) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of a tenant, its people's accounts too, by table: compare before and after."""
        with self.desk.database.system(write=False) as session:
            return {
                table.name: sorted(map(tuple, session.execute(_rows_of(table, owner))), key=repr)
                for table in (*tenant_tables(self.desk), *_PEOPLE, Tenant.__table__)
            }

    def close(self) -> None:
        self.desk.database.dispose()


_PEOPLE: tuple[Any, ...] = (User.__table__, UserState.__table__)


def _rows_of(table: Table, owner: Owner) -> Any:
    column = next(table.c[n] for n in ("tenant_id", "user_id", "id") if n in table.c)
    return select(table).where(column == owner.key)


def build_world(
    settings: Settings,
    builtin: Iterable[str] = (),
    *,
    known: Known | None = None,
    channel: Mapping[str, Any] | None = None,
) -> World:
    """Two tenants in the database of `settings`, whose tables may be there already.

    `known` says what rows of a plugin's tables hold where the type doesn't; `channel` gives `kind`,
    `settings` and `secrets` of the one channel each tenant has (`{mark}` in texts is whose it is).
    """
    builtin = tuple(builtin)
    prepared(settings, builtin)
    app = create_app(settings, builtin)
    app.config["AUTH_RATE_LIMIT"] = "100000 per minute"  # tests sign in more often than people
    desk: Desk = app.extensions["sapa"]
    plain, digest = new_token()
    seed = channel or SIMULATOR
    with desk.database.system() as session:
        for owner in (MINE, THEIRS):
            _insert(session, desk, owner, {**KNOWN, **_channel(desk, seed), **(known or {})})
        users = {role.value: _person(session, MINE, role) for role in RoleName}
        token = session.get_one(ApiToken, MINE.key)
        token.digest, token.scopes = digest, ["*"]
        session.get_one(ApiToken, THEIRS.key).digest = digest_token("sapa_nobody-has-it")
    return World(app, desk, MINE, THEIRS, users, plain)


SIMULATOR: Mapping[str, Any] = {
    "kind": "simulator",
    "settings": {"phone_url": "http://127.0.0.1:9/{mark}"},
    "secrets": {"secret": "{mark}-channel-secret"},
}


def _channel(desk: Desk, seed: Mapping[str, Any]) -> Known:
    def marked(values: Mapping[str, str], owner: Owner) -> dict[str, str]:
        return {name: text.replace("{mark}", owner.mark) for name, text in values.items()}

    def sealed(owner: Owner) -> str:
        secrets = marked(seed["secrets"], owner)
        return desk.box.seal(secrets, context=f"channel:{owner.uuid}")

    return {
        "channel.kind": lambda _: seed["kind"],
        "channel.own_address": lambda owner: owner.phone,
        "channel.settings": lambda owner: marked(seed["settings"], owner),
        "channel.sealed": sealed,
        "order_source.sealed": lambda owner: desk.box.seal(
            {"secret": f"{owner.mark}-shop-secret"}, context=f"order_source:{owner.uuid}"
        ),
        "attachment.sha256": lambda o: desk.media.put(o.key, f"{o.mark}-attachment-bytes".encode()),
    }


def _insert(session: SystemSession, desk: Desk, owner: Owner, known: Known) -> None:
    plan = session.scalars(select(Plan).where(Plan.name == "enterprise")).one()
    session.add(Tenant(id=owner.key, slug=owner.slug, name=f"{owner.mark}-name", plan_id=plan.id))
    _account(session, owner.key, owner.email, owner.mark)
    session.flush()
    for table in tenant_tables(desk):
        session.execute(insert(table).values(row_of(table, owner, known)))
    switched = select(PluginSwitch.plugin).where(PluginSwitch.tenant_id == owner.key)
    for name in sorted(set(desk.host.active) - set(session.scalars(switched))):
        session.add(PluginSwitch(tenant_id=owner.key, plugin=name, is_enabled=True, settings={}))
    session.flush()


def _account(session: SystemSession, key: int, email: str, name: str) -> User:
    user = User(
        id=key,
        username=email,
        email=email,
        first_name=f"{name}-first",
        last_name=f"{name}-last",
        active=True,
        password=generate_password_hash(PASSWORD, "pbkdf2:sha256:1"),
    )
    session.add(user)
    session.flush()
    session.add(UserState(user_id=key))
    return user


def _person(session: SystemSession, owner: Owner, role: RoleName) -> int:
    """The account of the one with this role: the first is the tenant's admin, made already."""
    if role is RoleName.ADMIN:
        return owner.key
    key = owner.key + 1 + list(RoleName).index(role)
    user = _account(session, key, address_of(role), role.value)
    if role in TENANT_ROLES:
        session.add(Membership(id=key, tenant_id=owner.key, user_id=key, roles=[role.value]))
    else:
        user.roles = [session.scalars(select(Role).where(Role.name == role)).one()]
    session.flush()
    return key


def address_of(role: str) -> str:
    """What the person with this role signs in with."""
    if role == RoleName.ADMIN:
        return MINE.email
    return f"{role.lower().replace(' ', '-')}@example.com"


def csrf_token(page: TestResponse) -> str:
    """The token that a page carries for its forms."""
    found = _CSRF.search(page.get_data(as_text=True))
    return (found[1] or found[2]) if found else ""
