"""Whose screen, address and menu entry something is; and what is open for the tenant at hand.

Every view is a blueprint, so a plugin owns the blueprints that its registration added. What nobody
owns is the core's, and always open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from core.host.host import PluginHost


class Ownership:
    """Filled while the core registers declarations, read at each request."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self._blueprints: dict[str, str] = {}
        self._views: dict[str, str] = {}
        self._menu: dict[str, str] = {}
        self._paths: dict[str, str] = {}

    @contextmanager
    def claim(self, plugin: str, app: Flask, views: Sequence[Any]) -> Iterator[None]:
        """Everything that the block registers with `app` is `plugin`'s, also when it fails.

        `views` is the list that grows with each registered view: `appbuilder.baseviews`.
        """
        before = set(app.blueprints)
        known = len(views)
        taken = {_permissions_of(view) for view in views}
        try:
            yield
        finally:
            for name in app.blueprints.keys() - before:
                self._blueprints[name] = plugin
                if prefix := app.blueprints[name].url_prefix:
                    self._paths[prefix.rstrip("/")] = plugin
            for view in views[known:]:
                self.claim_view(plugin, view, taken)

    def claim_view(self, plugin: str, view: Any, taken: Collection[str] = ()) -> None:
        """A view answers under its class's name and under the name that its permissions bear.

        Not under one of `taken`: a plugin may ask for the core's permission to see a channel, and
        switching that plugin off must not close the core's own screens of channels.
        """
        self._views[type(view).__name__] = plugin
        if _permissions_of(view) not in taken:
            self._views[_permissions_of(view)] = plugin

    def claim_menu(self, plugin: str, name: str) -> None:
        """A menu entry, by the name it has in the menu."""
        self._menu[name] = plugin

    def owner_of_blueprint(self, name: str | None) -> str | None:
        """The plugin that owns a blueprint; None: the core."""
        return self._blueprints.get(name or "")

    def owner_of_view(self, name: str) -> str | None:
        """The plugin that owns a view class or permission name; None: the core."""
        return self._views.get(name)

    def owner_of_menu(self, name: str) -> str | None:
        """The plugin that owns a menu entry; None: the core."""
        return self._menu.get(name)

    # what is open now

    def is_open(self, plugin: str | None) -> bool:
        """False for a plugin that is off for this tenant, or that doesn't run at all.

        Where no tenant is known yet (nobody has signed in) an active plugin counts as open: its
        screens then lead to the sign-in, and without a tenant there is no tenant's data to show.
        """
        if plugin is None:
            return True
        if plugin not in self._host.active:
            return False
        enabled = self._host.switches.current_or_none()
        return enabled is None or plugin in enabled

    def is_blueprint_open(self, name: str | None) -> bool:
        return self.is_open(self.owner_of_blueprint(name))

    def is_view_open(self, name: str) -> bool:
        return self.is_open(self.owner_of_view(name))

    def is_menu_open(self, name: str) -> bool:
        return self.is_open(self.owner_of_menu(name))

    def is_kind_open(self, kind: str) -> bool:
        """Whether channels of this kind work: the kind is known, and its plugin is on."""
        owner = self._host.owner_of_kind(kind)
        return owner is not None and self.is_open(owner)

    def closed_paths(self) -> frozenset[str]:
        """URL prefixes of what is closed now."""
        return frozenset(path for path, owner in self._paths.items() if not self.is_open(owner))

    def closed_views(self) -> frozenset[str]:
        """View class names of what is closed now."""
        return frozenset(name for name, owner in self._views.items() if not self.is_open(owner))


def _permissions_of(view: Any) -> str:
    """The name that a view's permissions bear."""
    return str(getattr(view, "class_permission_name", None) or type(view).__name__)
