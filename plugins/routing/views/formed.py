"""Pages that make and change one kind of thing by a form of their own."""

from __future__ import annotations

from typing import Any

from core.api import Page, expose, has_access


class FormedPage(Page):
    """`/new`, `/create`, `/<pk>/edit` and `/<pk>/save`, for those who manage the distribution.

    A page gives `_form(pk, errors)`, which shows the form (pk None: an empty one) with what was
    typed and the errors by field, and `_save(pk)`, which reads it.
    """

    class_permission_name = "Distribution"
    method_permission_name = dict.fromkeys(
        ("index", "new", "create", "edit", "save", "archive", "remove", "code"), "manage"
    )

    @expose("/new")
    @has_access
    def new(self) -> Any:
        """An empty form."""
        return self._form(None, {})

    @expose("/create", methods=["POST"])
    @has_access
    def create(self) -> Any:
        """Make one."""
        return self._save(None)

    @expose("/<int:pk>/edit")
    @has_access
    def edit(self, pk: int) -> Any:
        """The form of one."""
        return self._form(pk, {})

    @expose("/<int:pk>/save", methods=["POST"])
    @has_access
    def save(self, pk: int) -> Any:
        """Change one."""
        return self._save(pk)

    def _form(self, pk: int | None, errors: dict[str, list[str]]) -> Any:
        raise TypeError(f"{type(self).__name__} has no _form")

    def _save(self, pk: int | None) -> Any:
        raise TypeError(f"{type(self).__name__} has no _save")
