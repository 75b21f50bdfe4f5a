"""The peer: Flask-AppBuilder as it comes, with one table of people and as many views as Sapa has.

`STOCK_ROWS` people are written when it starts; `admin` with `STOCK_PASSWORD` may see all.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from pathlib import Path

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelRestApi, ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import Column, DateTime, Integer, String, create_engine, insert
from sqlalchemy.orm import scoped_session, sessionmaker

ROWS = int(os.environ.get("STOCK_ROWS", "1000"))
VIEWS = 40  # what Sapa's admin has in the menu, and a few that aren't in it
COLUMNS = ["name", "phone", "email", "created_at"]
NAMES = ("admin", "A", "B", "admin@example.com")
BEGAN = dt.datetime(2026, 1, 1)
PIECE = 10_000


class Person(Model):  # type: ignore[misc]
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(120), nullable=False)
    phone = Column(String(40), index=True)
    email = Column(String(200))
    created_at = Column(DateTime, nullable=False)


def _view(number: int) -> type[ModelView]:
    options = {
        "datamodel": SQLAInterface(Person),
        "list_columns": COLUMNS,
        "search_columns": COLUMNS,
        "base_order": ("id", "desc"),
    }
    return type(f"People{number}View", (ModelView,), options)


class PeopleApi(ModelRestApi):  # type: ignore[misc]
    datamodel = SQLAInterface(Person)
    resource_name = "people"
    list_columns = ["id", *COLUMNS]


def _made() -> Flask:
    made = Flask(__name__)
    folder = Path(tempfile.mkdtemp(prefix="sapa-stock-"))
    made.config.update(
        SECRET_KEY=os.environ["STOCK_PASSWORD"],
        WTF_CSRF_ENABLED=False,
    )
    session = scoped_session(sessionmaker(create_engine(f"sqlite:///{folder}/stock.db")))
    made.teardown_appcontext(lambda _error: session.remove())
    with made.app_context():
        builder = AppBuilder(made, session)
        for number in range(VIEWS):
            builder.add_view(_view(number), f"People {number}", category=f"Menu {number // 8}")
        builder.add_api(PeopleApi)
        security = builder.sm
        role = security.find_role("Admin")
        security.add_user(*NAMES, role, os.environ["STOCK_PASSWORD"])
        for first in range(0, ROWS, PIECE):
            session.execute(insert(Person), [_row(n) for n in range(first, first + PIECE)])
        session.commit()
    return made


def _row(number: int) -> dict[str, object]:
    return {
        "name": f"Customer {number}",
        "phone": f"+62812{number:08}",
        "email": f"{number}@example.com",
        "created_at": BEGAN + dt.timedelta(minutes=number),
    }


app = _made()
