"""A small FAB app to look at the face with: no part of Sapa but its templates is in it.

Stock FAB views on purpose: what FAB itself can show must look right, whatever ours add.
"""

from __future__ import annotations

import datetime as dt
import enum
from pathlib import Path
from typing import Any

from flask import Flask, flash, jsonify, redirect, render_template
from flask_appbuilder import (
    AppBuilder,
    BaseView,
    Model,
    ModelRestApi,
    ModelView,
    MultipleView,
    action,
    expose,
    has_access,
)
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.widgets import ListBlock
from flask_wtf import CSRFProtect
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    create_engine,
)
from sqlalchemy.orm import relationship, scoped_session, sessionmaker
from werkzeug.exceptions import HTTPException

from core.web.theme import init_theme

ROWS = 61
LONG = "Asked for the blue one in size M, and whether it ships to Cluj before Friday. " * 4
NAMES = ["Dewi Lestari", "Ștefan Țurcanu", "Budi Santoso", "Ioana Popescu", "Agus Wijaya"]


class State(enum.Enum):
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


person_label = Table(
    "toy_person_label",
    Model.metadata,
    Column("person_id", ForeignKey("toy_person.id"), primary_key=True),
    Column("label_id", ForeignKey("toy_label.id"), primary_key=True),
    extend_existing=True,
)


class Label(Model):  # type: ignore[misc]
    __tablename__ = "toy_label"
    id = Column(Integer, primary_key=True)
    name = Column(String(40), unique=True, nullable=False)

    def __str__(self) -> str:
        return str(self.name)


class Company(Model):  # type: ignore[misc]
    __tablename__ = "toy_company"
    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False)

    def __str__(self) -> str:
        return str(self.name)


class Person(Model):  # type: ignore[misc]
    __tablename__ = "toy_person"
    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False)
    email = Column(String(120))
    age = Column(Integer)
    balance = Column(Numeric(10, 2))
    state = Column(Enum(State), default=State.OPEN)
    is_vip = Column(Boolean, default=False)
    born_on = Column(Date)
    seen_at = Column(DateTime)
    notes = Column(Text)
    company_id = Column(Integer, ForeignKey("toy_company.id"))
    company = relationship(Company, backref="people")
    labels = relationship(Label, secondary=person_label)

    def __str__(self) -> str:
        return str(self.name)


class Nothing(Model):  # type: ignore[misc]
    __tablename__ = "toy_nothing"
    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False)


class PersonView(ModelView):  # type: ignore[misc]
    datamodel = SQLAInterface(Person)
    list_columns = ["name", "company", "state", "is_vip", "seen_at", "labels"]
    show_columns = [
        "name",
        "email",
        "company",
        "state",
        "is_vip",
        "born_on",
        "seen_at",
        "balance",
        "labels",
        "notes",
    ]
    add_columns = edit_columns = [
        "name",
        "email",
        "company",
        "state",
        "born_on",
        "seen_at",
        "age",
        "labels",
        "is_vip",
        "notes",
    ]
    search_columns = ["name", "company", "is_vip", "born_on", "seen_at", "age"]
    order_columns = ["name", "seen_at", "is_vip"]
    description_columns = {"email": "Where receipts are sent."}
    badges = {"state": {"open": "green", "waiting": "yellow", "closed": "secondary"}}
    page_size = 25

    @action("call", "Call back", "Put these people on the call list?", "fa-phone")
    def call(self, items: Any) -> Any:
        chosen = items if isinstance(items, list) else [items]
        flash(f"{len(chosen)} on the call list", "success")
        return redirect("/personview/list/")


class CompanyView(ModelView):  # type: ignore[misc]
    datamodel = SQLAInterface(Company)
    related_views = [PersonView]
    list_columns = ["name"]
    show_columns = ["name"]
    add_columns = edit_columns = ["name"]


class CascadeView(ModelView):  # type: ignore[misc]
    datamodel = SQLAInterface(Company)
    related_views = [PersonView]
    show_template = "appbuilder/general/model/show_cascade.html"
    edit_template = "appbuilder/general/model/edit_cascade.html"
    list_columns = show_columns = add_columns = edit_columns = ["name"]


class FieldsetView(ModelView):  # type: ignore[misc]
    datamodel = SQLAInterface(Person)
    list_columns = ["name"]
    add_fieldsets = edit_fieldsets = [
        ("Who", {"fields": ["name", "email"]}),
        ("More", {"fields": ["notes", "is_vip"], "expanded": False}),
    ]
    show_fieldsets = [("Who", {"fields": ["name", "email"]}), ("More", {"fields": ["notes"]})]


class BlockView(ModelView):  # type: ignore[misc]
    datamodel = SQLAInterface(Person)
    list_columns = ["name", "company", "state"]
    list_widget = ListBlock
    badges = PersonView.badges


class LabelView(ModelView):  # type: ignore[misc]
    datamodel = SQLAInterface(Label)
    list_columns = show_columns = add_columns = edit_columns = ["name"]


class BothView(MultipleView):  # type: ignore[misc]
    views = [CompanyView, LabelView]


class NothingView(ModelView):  # type: ignore[misc]
    datamodel = SQLAInterface(Nothing)
    list_columns = ["name"]
    empty_state = {
        "title": "No channels yet",
        "text": "Connect WhatsApp, and its chats come in here.",
        "action_label": "Connect a channel",
    }


class PersonApi(ModelRestApi):  # type: ignore[misc]
    resource_name = "person"
    datamodel = SQLAInterface(Person)


class PartsView(BaseView):  # type: ignore[misc]
    """Every macro once, as a page by hand uses them."""

    route_base = "/parts"
    default_view = "parts"

    @expose("/")
    @has_access
    def parts(self) -> str:
        return str(self.render_template("parts.html"))


PARTS = """
{% extends "sapa/base.html" %}
{% block title %}Parts{% endblock %}
{% block page_header %}{% call ui.page_header("Parts", "Each macro once", "Kit", back="/") %}
<button class="btn btn-primary" data-bs-toggle="modal" data-bs-target="#ask">Ask</button>
{% endcall %}{% endblock %}
{% block content %}
<p>{{ ui.badge("Open", "green", dot=true) }} {{ ui.avatar("Dewi Lestari") }}
{{ ui.post_button("/parts/", "Send", "btn", "send", "Send it?") }}</p>
{% call ui.card_table(["Name", ("Sum", "text-end")], title="People", caption="People and sums") %}
<tr data-href="/"><td data-label="Name">Dewi</td><td data-label="Sum" class="text-end">12</td></tr>
{% endcall %}
{{ ui.empty_state("Nothing", "Add one.", "Add", "/", "mail") }}
{{ ui.toast("Saved", "success") }}
<button type="button" class="btn" hx-get="/fragment" hx-target="#swap"
  hx-confirm="Fetch it?">Fetch</button>
<div id="swap"></div>
{{ ui.confirm_dialog("ask", "Really?", "It goes out at once.", "/parts/", "Send") }}
{% endblock %}
{% block scripts %}
<script nonce="{{ csp_nonce() }}">document.body.dataset.ran = "yes";</script>
{% endblock %}
"""


def create_toy_app(folder: Path) -> Flask:
    """An app on its own SQLite file in `folder`; log in as admin / admin."""
    app = Flask("core.web")
    app.config.update(
        SECRET_KEY="toy",
        TESTING=True,
        APP_NAME="Sapa",
        FAB_API_SWAGGER_UI=True,
        FAB_ADD_SECURITY_VIEWS=True,
        WTF_CSRF_ENABLED=True,
        LANGUAGES={
            "en": {"flag": "gb", "name": "English"},
            "id": {"flag": "id", "name": "Bahasa Indonesia"},
        },
    )
    (folder / "parts.html").write_text(PARTS)
    from jinja2 import ChoiceLoader, FileSystemLoader

    app.jinja_loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(folder)])  # type: ignore[list-item]
    CSRFProtect(app)
    init_theme(app)
    engine = create_engine(f"sqlite:///{folder / 'toy.db'}")
    session = scoped_session(sessionmaker(engine))
    app.teardown_appcontext(lambda _error: session.remove())
    with app.app_context():
        builder = AppBuilder(app, session)
        Model.metadata.create_all(engine)
        builder.add_view(
            PersonView, "People", icon="fa-user", category="Desk", category_icon="fa-comments"
        )
        builder.add_view(CompanyView, "Companies", icon="fa-table", category="Desk")
        builder.add_view(LabelView, "Labels", icon="ti-tags", category="Desk")
        builder.add_view(NothingView, "Channels", icon="ti-plug-connected")
        builder.add_view(BlockView, "Blocks", category="More", category_icon="ti-stack-2")
        builder.add_view(CascadeView, "Cascade", category="More")
        builder.add_view(FieldsetView, "Fieldsets", category="More")
        builder.add_view(BothView, "Both", category="More")
        builder.add_view(PartsView, "Parts", icon="ti-puzzle")
        builder.menu.add_category("Hollow", icon="fa-cogs")
        builder.add_api(PersonApi)
        builder.sm.add_user(
            "admin", "Rani", "Kusuma", "admin@example.org", builder.sm.find_role("Admin"), "admin"
        )
        fill(session)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int]:
        return render_template("sapa/error.html", code=error.code), error.code or 500

    @app.get("/fragment")
    def fragment() -> str:
        return "<b id='fetched'>fetched</b>"

    @app.get("/boom/<int:code>")
    def boom(code: int) -> tuple[str, int]:
        return render_template("sapa/error.html", code=code, message="The order was paid."), code

    @app.get("/json")
    def data() -> Any:
        return jsonify(fine=True)

    return app


def fill(session: Any) -> None:
    """Companies, labels and people: enough for three pages."""
    companies = [Company(name=name) for name in ("Toko Melati", "Carpathia Foods", "Kopi Senja")]
    labels = [Label(name=name) for name in ("wholesale", "returns", "friend")]
    session.add_all([*companies, *labels])
    for number in range(ROWS):
        session.add(
            Person(
                name=f"{NAMES[number % 5]} {number + 1}",
                email=f"person{number}@example.org",
                age=20 + number,
                balance=number * 10,
                state=list(State)[number % 3],
                is_vip=number % 4 == 0,
                born_on=dt.date(1990, 1, 1 + number % 28),
                seen_at=dt.datetime(2026, 3, 1 + number % 28, 9, 30),
                notes=LONG if number % 2 else None,
                company=companies[number % 3] if number % 7 else None,
                labels=labels[: number % 3],
            )
        )
    session.commit()
