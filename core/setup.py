"""`sapa migrate`: all that must be true of a database before a process serves from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.config import Settings
from core.host.host import PluginHost
from core.migrations.of_plugins import plugin_migrations
from core.migrations.runner import Report, migrate
from core.services.plans import ensure_plans
from core.web.app import create_app
from core.web.fab import sync_permissions
from core.web.grants import GRANTS


@dataclass
class Prepared:
    """What a run did."""

    migrations: Report
    plans: list[str] = field(default_factory=list)
    permissions_added: int = 0
    permissions_removed: int = 0


def prepare(settings: Settings, builtin: Iterable[str] = ()) -> Prepared:
    """Tables, row-level security, plans, roles and permissions; safe to repeat."""
    builtin = tuple(builtin)
    done = Prepared(migrate(settings, plugin_migrations(PluginHost.load(builtin))))
    app = create_app(settings, builtin)
    database = app.extensions["sapa"].database
    with database.system() as session:
        done.plans = ensure_plans(session)
    with app.app_context():
        done.permissions_added, done.permissions_removed = sync_permissions(
            app.appbuilder,  # type: ignore[attr-defined]  # FAB sets it
            GRANTS,
        )
        app.extensions["sapa_web_session"].remove()
    database.dispose()
    return done
