"""Base of a screen of our own: routes, permissions and templates, no model."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from flask_appbuilder import BaseView


class Page(BaseView):
    """A screen with `@expose`d and `@has_access`ed methods; see AdminView for models.

    Templates and static files lie in `templates/` and `static/` beside the module of the class;
    `url_for(".static", filename=…)` names the latter. Raise core.errors.Refused to answer a
    person with a sentence.
    """

    default_view = "index"

    def create_blueprint(
        self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None
    ) -> Any:
        """Upstream looks for both folders in FAB's own package."""
        here = Path(inspect.getfile(type(self))).parent
        self.template_folder = str(here / "templates")
        if static_folder is None and (here / "static").is_dir():
            static_folder = str(here / "static")
        return super().create_blueprint(appbuilder, endpoint, static_folder)
