"""`sapa migrate`: all that must be true of a database before a process serves from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from core.config import Settings
from core.host.host import PluginHost
from core.migrations.plugin import MigrationFailed, PluginMigrations
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


def plugin_migrations(host: PluginHost) -> list[PluginMigrations]:
    """The migrations that active plugins bring, dependencies first."""
    return [
        PluginMigrations(manifest.name, f"{manifest.name}_", _folder(manifest.migrations))
        for manifest in host.manifests.values()
        if manifest.migrations
    ]


def _folder(package: str) -> Path:
    """The folder of a package that may have nothing to import in it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MigrationFailed(f"The package {package} with a plugin's migrations can't be found.")
    return Path(next(iter(spec.submodule_search_locations)))
