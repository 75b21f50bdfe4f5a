"""The migrations that the plugins of an installation bring."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from core.migrations.plugin import MigrationFailed, PluginMigrations

if TYPE_CHECKING:
    from core.host.host import PluginHost


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
