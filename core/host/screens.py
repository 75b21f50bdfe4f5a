"""Registers the screens, resources and menu links that plugins declared, one plugin at a time."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask

from core.host.declarations import ApiDecl, MenuLink, ViewDecl
from core.host.host import PluginHost
from core.host.models import first_line

_log = logging.getLogger(__name__)


class MenuNameTaken(ValueError):
    """Two menu entries of one name: FAB keys both the entry and its permission by it."""


def register_screens(host: PluginHost, app: Flask, appbuilder: Any) -> None:
    """Register what active plugins declared with FAB. A plugin that fails is set aside and named.

    Flask can't take a blueprint back; those of a plugin set aside answer 404.
    """
    for record in list(host.active.values()):
        if not record.is_active:  # set aside with one that it requires
            continue
        declared = record.declared
        try:
            with host.ownership.claim(record.name, app, appbuilder.baseviews):
                for api in declared.apis:
                    _add_api(appbuilder, api)
                for view in declared.views:
                    _add_view(host, record.name, appbuilder, view)
                for link in declared.menu_links:
                    _add_link(host, record.name, appbuilder, link)
        except Exception as error:
            _log.exception("Registering the screens of plugin %s", record.name)
            host.set_aside(
                record.name,
                f"Its screens can't be registered ({first_line(error)}): correct the view, or "
                "install another version.",
            )


def _add_api(appbuilder: Any, decl: ApiDecl) -> None:
    appbuilder.add_api(decl.api)


def _add_view(host: PluginHost, plugin: str, appbuilder: Any, decl: ViewDecl) -> None:
    if not decl.name:
        appbuilder.add_view_no_menu(decl.view)
        return
    _take_menu_name(host, plugin, appbuilder, decl.name)
    appbuilder.add_view(
        decl.view,
        decl.name,
        icon=decl.icon,
        label=decl.label,
        category=decl.category,
        category_icon=decl.category_icon,
        category_label=decl.category_label,
    )


def _add_link(host: PluginHost, plugin: str, appbuilder: Any, decl: MenuLink) -> None:
    _take_menu_name(host, plugin, appbuilder, decl.name)
    appbuilder.add_link(
        decl.name,
        href=decl.href,
        icon=decl.icon,
        label=decl.label,
        category=decl.category,
        category_icon=decl.category_icon,
        category_label=decl.category_label,
    )


def _take_menu_name(host: PluginHost, plugin: str, appbuilder: Any, name: str) -> None:
    if appbuilder.menu.find(name) is not None:
        raise MenuNameTaken(f"the menu has an entry {name} already")
    host.ownership.claim_menu(plugin, name)
