"""A small shop to try the corrections on: the same models under our bases and under stock FAB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelRestApi, ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface as StockInterface
from flask_appbuilder.security.sqla.manager import SecurityManager
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    insert,
)
from sqlalchemy.orm import relationship, scoped_session, sessionmaker
from werkzeug.security import generate_password_hash

from core.errors import Refused
from core.web.fab import (
    AdminApi,
    AdminView,
    Page,
    SapaSecurityManager,
    SQLAInterface,
    action,
    expose,
    harden_config,
    has_access,
    init_csrf,
    register_error_handlers,
    sync_permissions,
)

PASSWORD = "correct horse"


class ToyShop(Model):
    __tablename__ = "toy_shop"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), nullable=False)

    def __repr__(self) -> str:
        return str(self.name)


class ToyMaker(Model):
    __tablename__ = "toy_maker"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), nullable=False, unique=True)
    secret = Column(String(50), default="hush")

    def __repr__(self) -> str:
        return str(self.name)


class Toy(Model):
    __tablename__ = "toy"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("price >= 0", name="price_is_positive"),
    )
    id = Column(Integer, primary_key=True)
    tenant_id = Column(Integer, nullable=False, default=1)
    name = Column(String(50), nullable=False)
    code = Column(String(20))
    price = Column(Integer, nullable=False, default=0)
    weight = Column(BigInteger)
    notes = Column(Text)
    state = Column(
        String(10), nullable=False, default="new", info={"choices": ["new", "used", "broken"]}
    )
    is_sold = Column(Boolean, nullable=False, default=False)
    made_on = Column(Date)
    sold_at = Column(DateTime)
    secret = Column(String(20), default="s")
    shop_id = Column(Integer, ForeignKey("toy_shop.id"), nullable=False)
    maker_id = Column(Integer, ForeignKey("toy_maker.id"))
    parent_id = Column(Integer, ForeignKey("toy.id"))
    shop = relationship(ToyShop, backref="toys")
    maker = relationship(ToyMaker)
    parent = relationship("Toy", remote_side=[id])

    def __repr__(self) -> str:
        return str(self.name)


COLUMNS = ["name", "code", "price", "state", "is_sold", "shop", "maker"]


class ToyView(AdminView):
    datamodel = SQLAInterface(Toy)
    list_columns = COLUMNS
    readonly_columns = ["secret"]

    @action("sell", "Sell", confirmation="Really?", multiple=True, single=False)
    def sell(self, toys: list[Toy]) -> str:
        if any(t.name == "unsellable" for t in toys):
            raise Refused("This one is not for sale.")
        for toy in toys:
            toy.is_sold = True
        self.datamodel.session.commit()
        return f"sold {len(toys)}"


class NarrowView(AdminView):
    """One column: the cheapest page that still lists and searches."""

    datamodel = SQLAInterface(Toy)
    list_columns = ["name"]
    search_columns = ["name"]
    read_only = True


class ShopView(AdminView):
    datamodel = SQLAInterface(ToyShop)
    list_columns = ["name"]
    related_views = [ToyView]


class ReadOnlyView(AdminView):
    datamodel = SQLAInterface(ToyMaker)
    read_only = True
    list_columns = ["name"]


class RuledView(AdminView):
    """Writes through a service that has opinions."""

    datamodel = SQLAInterface(ToyMaker)
    list_columns = ["name"]

    def perform_add(self, data: dict[str, Any]) -> Any:
        if data["name"] == "forbidden":
            raise Refused("That name is kept for us. Choose another.", "name")
        return super().perform_add(data)


class ToyApi(AdminApi):
    resource_name = "toy"
    datamodel = SQLAInterface(Toy)
    list_columns = ["id", *COLUMNS]
    readonly_columns = ["secret"]


class ReadOnlyApi(AdminApi):
    resource_name = "maker"
    datamodel = SQLAInterface(ToyMaker)
    read_only = True


class HelloPage(Page):
    route_base = "/hello"

    @expose("/")
    @has_access
    def index(self) -> str:
        return "hello"


class StockToyView(ModelView):
    datamodel = StockInterface(Toy)
    list_columns = COLUMNS


class StockToyApi(ModelRestApi):
    resource_name = "stocktoy"
    datamodel = StockInterface(Toy)
    list_columns = ["id", *COLUMNS]
    allow_browser_login = True


OURS = (ToyView, NarrowView, ShopView, ReadOnlyView, RuledView, HelloPage)
OUR_APIS = (ToyApi, ReadOnlyApi)


class Toys:
    """One running toy application and the engine below it."""

    def __init__(
        self,
        folder: Path,
        tamed: bool,
        rows: int = 30,
        url: str = "",
        filled: bool = False,
        **config: Any,
    ) -> None:
        self.engine = create_engine(url or f"sqlite:///{folder / 'toys.db'}")
        if not url:
            event.listen(self.engine, "connect", _pragmas)
        self.session = scoped_session(sessionmaker(self.engine))
        if not filled:
            Model.metadata.create_all(self.engine)
            self._fill(rows)
        self.app = self._tamed(config) if tamed else self._stock(config)
        if not filled:
            with self.app.app_context():
                self._users()

    def _fill(self, rows: int) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(ToyShop), [{"name": f"shop {n}"} for n in range(1, 4)])
            connection.execute(insert(ToyMaker), [{"name": f"maker {n}"} for n in range(1, 4)])
            for start in range(0, rows, 5000):
                connection.execute(
                    insert(Toy),
                    [
                        {
                            "name": f"toy {n}",
                            "code": f"c{n}",
                            "shop_id": n % 3 + 1,
                            "maker_id": n % 3 + 1,
                        }
                        for n in range(start + 1, min(rows, start + 5000) + 1)
                    ],
                )

    def _base(self, config: dict[str, Any]) -> Flask:
        app = Flask(__name__)
        app.config.update(SECRET_KEY="k" * 40, TESTING=True, FAB_API_MAX_PAGE_SIZE=100)
        app.config.update(config)
        app.teardown_appcontext(lambda _: self.session.remove())
        return app

    def _tamed(self, config: dict[str, Any]) -> Flask:
        app = self._base({"AUTH_RATE_LIMIT": "1000 per minute", **config})
        harden_config(app, "http://localhost")
        app.config.update(config)
        init_csrf(app)
        register_error_handlers(app)
        with app.app_context():
            self.appbuilder = AppBuilder(
                app, self.session, security_manager_class=SapaSecurityManager
            )
            for view in OURS:
                self.appbuilder.add_view(view, view.__name__, category="Toys")
            for api in OUR_APIS:
                self.appbuilder.add_api(api)
            sync_permissions(
                self.appbuilder,
                {
                    "Operator": lambda p, v: True,
                    "Reader": lambda p, v: p in ("can_list", "can_show") and v != "ShopView",
                    "ShopOnly": lambda p, v: v == "ShopView",
                },
            )
        return app

    def _stock(self, config: dict[str, Any]) -> Flask:
        app = self._base({"WTF_CSRF_ENABLED": False, **config})
        with app.app_context():
            self.appbuilder = AppBuilder(app, self.session, security_manager_class=SecurityManager)
            self.appbuilder.add_view(StockToyView, "Toys")
            self.appbuilder.add_api(StockToyApi)
        return app

    def _users(self) -> None:
        sm = self.appbuilder.sm
        for name, role in (
            ("admin", "Admin"),
            ("operator", "Operator"),
            ("reader", "Reader"),
            ("shopper", "ShopOnly"),
        ):
            found = sm.find_role(role)
            if found:
                sm.add_user(
                    name,
                    name,
                    name,
                    f"{name}@x.test",
                    found,
                    hashed_password=generate_password_hash(PASSWORD, "pbkdf2:sha256:1"),
                )
        self.session.remove()

    def client(self, user: str | None = "admin") -> Any:
        """A browser, logged in as `user` through the login form."""
        client = self.app.test_client()
        if user:
            client.get("/login/")
            data = {"username": user, "password": PASSWORD, **self.token(client)}
            assert client.post("/login/", data=data).status_code == 302
        return client

    def token(self, client: Any) -> dict[str, str]:
        """The CSRF field that a form of this browser would send."""
        from flask_wtf.csrf import generate_csrf

        with client.session_transaction() as kept:
            before = dict(kept)
        with self.app.test_request_context():
            from flask import session

            session.update(before)
            value = generate_csrf()
            after = dict(session)
        with client.session_transaction() as kept:
            kept.update(after)
        return {"csrf_token": value}

    def post(self, client: Any, url: str, data: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """Submit a form as this browser, token included."""
        return client.post(url, data={**(data or {}), **self.token(client)}, **kwargs)

    def bearer(self, user: str = "admin") -> dict[str, str]:
        """The header of a REST caller who logged in as `user`."""
        asked = {"username": user, "password": PASSWORD, "provider": "db"}
        answer = self.app.test_client().post("/api/v1/security/login", json=asked)
        return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The statements that run inside the block."""
        seen: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(self.engine, "before_cursor_execute", note)


def _pragmas(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug on a toy


def toy_form(**changes: Any) -> dict[str, Any]:
    """What a browser sends for a complete toy."""
    form = {"name": "bear", "code": "b1", "price": "3", "state": "new", "shop": "1", "maker": "1"}
    return {k: v for k, v in {**form, **changes}.items() if v is not None}


def toy_json(**changes: Any) -> dict[str, Any]:
    """What a program sends for a complete toy."""
    full = {"name": "bear", "code": "b1", "price": 3, "shop": 1}
    return {**full, **changes}


NOW = dt.datetime(2026, 1, 2, 3, 4, 5)
