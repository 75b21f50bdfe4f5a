"""The Flask application: FAB on our sessions, our screens, the plugins' behind their gates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, request
from flask_appbuilder import AppBuilder
from sqlalchemy.orm import scoped_session

from core.boot import derived_secret, open_desk
from core.config import Settings
from core.desk import Desk
from core.house import check_house
from core.tenancy.session import TenantSession
from core.web import request as cycle
from core.web.at_once import AtOnce
from core.web.fab import (
    SapaSecurityManager,
    harden_config,
    init_csrf,
    init_files,
    register_error_handlers,
)
from core.web.fab.lazy_rules import LazyFlask
from core.web.fab.routes import bound_keys
from core.web.fast_lane import init_fast_lane
from core.web.health import health
from core.web.language import catalogues_of, init_language, languages_for_fab
from core.web.metrics import metrics
from core.web.pages.home import HomeView
from core.web.pages.tenants import tenant_choices
from core.web.reader import init_reader
from core.web.readiness import Readiness
from core.web.register import register_core, register_plugins
from core.web.request_log import init_request_log
from core.web.theme import init_theme
from core.web.webhooks import webhooks

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def create_app(settings: Settings | None = None, builtin: Iterable[str] = ()) -> Flask:
    """The application of one installation; `app.extensions["sapa"]` is its desk.

    Nothing is started: `sapa run` starts the job engine in the process that serves.
    """
    check_house()
    desk = open_desk(settings, builtin)
    app = LazyFlask(__name__, template_folder="templates", static_folder="static")
    bound_keys(app)
    app.extensions["sapa"] = desk
    app.extensions["sapa_readiness"] = Readiness(desk)
    catalogues = catalogues_of(desk)
    _configure(app, desk)
    app.config["LANGUAGES"] = languages_for_fab(catalogues)
    init_request_log(app)
    session: scoped_session[TenantSession] = scoped_session(
        lambda: web_session(desk),  # type: ignore[arg-type]  # any callable serves, as documented
        _scope,
    )
    app.extensions["sapa_web_session"] = session
    init_files(app, desk.settings.max_file_bytes)
    csrf = init_csrf(app)
    init_theme(app)
    register_error_handlers(app)
    app.context_processor(lambda: {"tenants": tenant_choices()})
    with app.app_context():
        appbuilder = AppBuilder(
            app,
            session,
            indexview=HomeView,
            security_manager_class=SapaSecurityManager,
            update_perms=False,
        )
        _wire_security(appbuilder.sm, desk)
        init_language(app, catalogues)
        init_reader(app)
        cycle.init_request_cycle(app)
        csrf.exempt(webhooks)
        app.register_blueprint(webhooks)
        app.register_blueprint(health)
        app.register_blueprint(metrics)
        register_core(appbuilder)
        register_plugins(app, appbuilder, desk)
        session.remove()
    init_fast_lane(app, desk)
    app.wsgi_app = AtOnce(app.wsgi_app, desk.settings.web_threads)  # type: ignore[method-assign]  # Flask's own way
    return app


def web_session(desk: Desk) -> TenantSession:
    """A request's session. On SQLite one that may write takes the write lock with its first read.

    That is what keeps a read-then-write from failing: two of them can't begin on the same snapshot.
    """
    is_writing = not request or request.method not in SAFE_METHODS
    return TenantSession(desk.database, write=is_writing)


def _scope() -> int:
    from flask.globals import app_ctx

    return id(app_ctx._get_current_object())  # type: ignore[attr-defined]  # werkzeug's proxy


def _configure(app: Flask, desk: Desk) -> None:
    settings = desk.settings
    app.config.update(
        SECRET_KEY=derived_secret(settings, "cookies"),
        JWT_SECRET_KEY=derived_secret(settings, "tokens"),
        APP_NAME="Sapa",
        AUTH_TYPE=1,  # by database
        AUTH_ROLE_ADMIN="Operator",
        AUTH_ROLE_PUBLIC="Public",
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        FAB_API_SWAGGER_UI=True,
        TEMPLATES_AUTO_RELOAD=False,
    )
    harden_config(app, settings.public_url)
    app.config["FAB_SAFE_REDIRECT_HOSTS"] += list(settings.safe_redirect_hosts)


def _wire_security(sm: Any, desk: Desk) -> None:
    sm.roles_for = cycle.roles_for
    sm.roles_key = cycle.roles_key
    sm.is_view_open = desk.host.ownership.is_view_open
    sm.is_menu_open = desk.host.ownership.is_menu_open
    sm.sessions_ended = lambda user_id: desk.live.close(user_id=user_id)
    sm.user_from_token = cycle.user_from_token
    sm.is_in_scope = cycle.is_in_scope
