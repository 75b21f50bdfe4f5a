"""Registering screens: the core's own, then what the plugins declared, each behind its gate."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask

from core.desk import Desk
from core.host.declarations import ApiDecl, MenuLink, ViewDecl
from core.host.gate import blueprint_gate, openapi_filter
from core.web.nouns import NOUNS
from core.web.operations import OPERATIONS
from core.web.pages import PAGES, SETTINGS_PAGES
from core.words.derived import note

log = logging.getLogger(__name__)


def register_core(appbuilder: Any) -> None:
    """The screens and REST resources of the nouns, and the core's own pages."""
    for declaration in (*PAGES, *NOUNS, *SETTINGS_PAGES, *OPERATIONS):
        add(appbuilder, declaration)


def register_plugins(app: Flask, appbuilder: Any, desk: Desk) -> None:
    """What plugins declared. One that fails here is set aside and named; the rest go on."""
    ownership = desk.host.ownership
    for name, record in sorted(desk.host.active.items()):
        declared = record.declared
        try:
            with ownership.claim(name, app, appbuilder.baseviews):
                for declaration in (*declared.views, *declared.apis, *declared.menu_links):
                    entry = getattr(declaration, "name", "")
                    if entry and appbuilder.menu.find(entry):
                        # claimed twice, it would close the other owner's entry with this plugin
                        raise ValueError(f"There is a menu entry “{entry}” already.")
                    add(appbuilder, declaration)
                    if entry:
                        ownership.claim_menu(name, entry)
        except Exception as error:
            log.exception("plugin %s: its screens could not be registered", name)
            desk.host.set_aside(name, f"Its screens could not be registered: {error}")
    app.before_request(blueprint_gate(ownership))
    app.after_request(openapi_filter(ownership))


def add(appbuilder: Any, declaration: Any) -> None:
    """Hand one ViewDecl, ApiDecl or MenuLink to FAB."""
    if isinstance(declaration, ApiDecl):
        appbuilder.add_api(declaration.api)
    elif isinstance(declaration, MenuLink):
        appbuilder.add_link(declaration.name, href=declaration.href, **_in_menu(declaration))
    elif declaration.name:
        appbuilder.add_view(declaration.view, declaration.name, **_in_menu(declaration))
    else:
        appbuilder.add_view_no_menu(declaration.view)


def _in_menu(declaration: ViewDecl | MenuLink) -> dict[str, Any]:
    """How an entry looks. FAB's menu translates labels itself, so they stay English here."""
    category = declaration.category
    labels = {
        "label": str(declaration.label or declaration.name),
        "category_label": str(declaration.category_label or category),
    }
    module = declaration.view.__module__ if isinstance(declaration, ViewDecl) else __name__
    for label in labels.values():
        note(label, module)
    icons = {"icon": declaration.icon, "category_icon": declaration.category_icon}
    return {"category": category, **labels, **icons}
