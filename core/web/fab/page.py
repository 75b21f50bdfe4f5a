"""Base of a screen of our own: routes, permissions and templates, no model."""

from __future__ import annotations

from flask_appbuilder import BaseView


class Page(BaseView):
    """A screen with `@expose`d and `@has_access`ed methods; see AdminView for models.

    Raise core.errors.Refused to answer a person with a sentence.
    """

    default_view = "index"
