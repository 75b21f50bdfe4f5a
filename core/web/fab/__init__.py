"""FAB, tamed: every correction to Flask-AppBuilder 5.3, and what screens are built from.

Each file cures one flaw and says which; tests/web/fab shows that stock FAB still has it.
"""

from core.web.fab.access import has_access, may, protect
from core.web.fab.api import AdminApi
from core.web.fab.config import harden_config
from core.web.fab.csrf import init_csrf, machine_door
from core.web.fab.datamodel import SQLAInterface
from core.web.fab.export import csv_file
from core.web.fab.files import init_files, takes_file
from core.web.fab.handlers import register_error_handlers
from core.web.fab.page import Page
from core.web.fab.routes import action, expose, permission_name
from core.web.fab.security import SapaSecurityManager
from core.web.fab.sync import sync_permissions
from core.web.fab.view import AdminView

__all__ = [
    "AdminApi",
    "AdminView",
    "Page",
    "SQLAInterface",
    "SapaSecurityManager",
    "action",
    "csv_file",
    "expose",
    "harden_config",
    "has_access",
    "init_csrf",
    "init_files",
    "machine_door",
    "may",
    "permission_name",
    "protect",
    "register_error_handlers",
    "sync_permissions",
    "takes_file",
]
