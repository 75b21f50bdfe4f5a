"""FAB's own screen of accounts, without what breaks on a wrong address.

Upstream answers an action that doesn't exist with a 500, for nobody too, runs one for rows
that aren't there, and serves files by name from a folder that we don't have.
"""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security import views as stock
from flask_babel import lazy_gettext as _
from wtforms import PasswordField, validators

from core.services.profile import FEWEST_CHARACTERS, MOST_CHARACTERS
from core.web.fab.access import has_access, is_allowed, to_login
from core.web.fab.routes import expose

_PASSWORD_RULE = _("At least %(count)d characters.", count=FEWEST_CHARACTERS)


class CheckedActions:
    """Actions and deletion by POST, on rows that exist."""

    exclude_route_methods = {"download"}

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self: Any, pk: str) -> Any:
        if not pk.isdecimal() or not self.datamodel.get(pk):
            abort(404)
        return super().delete(pk)  # type: ignore[misc]  # a mixin before ModelView

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self: Any, name: str, pk: str) -> Any:
        if refusal := self._refused(name, [pk]):
            return refusal
        return super().action(name, pk)  # type: ignore[misc]  # a mixin before ModelView

    @expose("/action_post", methods=["POST"])
    def action_post(self: Any) -> Any:
        if refusal := self._refused(request.form.get("action", ""), request.form.getlist("rowid")):
            return refusal
        return super().action_post()  # type: ignore[misc]  # a mixin before ModelView

    def _refused(self: Any, name: str, keys: list[str]) -> Any:
        """The login page for nobody; 404 for no such action or row, 403 without permission."""
        if self.appbuilder.sm.acting_user() is None:
            return to_login()
        if name not in self.actions:
            abort(404)
        if not is_allowed(self, self.get_action_permission_name(name)):
            abort(403)
        if not keys or any(not key.isdecimal() or not self.datamodel.get(key) for key in keys):
            abort(404)
        return None


# what upstream's pages of accounts say besides
_THEIRS = (_("Reset Password"), _("Audit Info"), _("User info"), _("Personal Info"))


# named as upstream's: addresses and permissions are made of the class's name
class UserDBModelView(CheckedActions, stock.UserDBModelView):
    """People's accounts, for the operator; a person's own page is on it too.

    Who signs in does so with the e-mail address: the user name is the same.
    """

    list_title = _("Accounts")
    show_title = _("Account")
    add_title = _("New account")
    edit_title = _("Change the account")
    label_columns = {
        "get_full_name": _("Name"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "username": _("Signs in as"),
        "email": _("E-mail address"),
        "active": _("Active"),
        "roles": _("Role in the installation"),
        "last_login": _("Last sign-in"),
        "login_count": _("Sign-ins"),
        "fail_login_count": _("Failed since"),
        "created_on": _("Made"),
        "changed_on": _("Changed"),
        "created_by": _("Made by"),
        "changed_by": _("Changed by"),
    }
    description_columns = {
        "email": _("Signs in with it."),
        "active": _("Switched off, they cannot sign in. Nothing of what they wrote is lost."),
        "roles": _("Operator, for who runs the installation. A tenant's roles are given there."),
    }
    list_columns = ["first_name", "last_name", "email", "last_login", "active"]
    search_columns = ["first_name", "last_name", "email", "active", "last_login"]
    add_columns = [
        "first_name",
        "last_name",
        "email",
        "roles",
        "password",
        "conf_password",
        "active",
    ]
    edit_columns = ["first_name", "last_name", "email", "roles", "active"]
    # an account's user name holds 64 characters
    validators_columns = {"email": [validators.Email(), validators.Length(max=64)]}
    add_form_extra_fields = {
        "password": PasswordField(
            _("Password"),
            description=_PASSWORD_RULE,
            validators=[
                validators.DataRequired(),
                validators.Length(FEWEST_CHARACTERS, MOST_CHARACTERS),
            ],
        ),
        "conf_password": PasswordField(
            _("Password again"),
            validators=[
                validators.DataRequired(),
                validators.EqualTo("password", _("The two don't match.")),
            ],
        ),
    }

    def pre_add(self, item: Any) -> None:
        item.username = item.email
        super().pre_add(item)

    def pre_update(self, item: Any) -> None:
        item.username = item.email
        super().pre_update(item)


class ResetPasswordForm(DynamicForm):
    """A new password for somebody."""

    password = PasswordField(
        _("New password"),
        description=_PASSWORD_RULE,
        validators=[
            validators.DataRequired(),
            validators.Length(FEWEST_CHARACTERS, MOST_CHARACTERS),
        ],
    )
    conf_password = PasswordField(
        _("New password again"),
        validators=[
            validators.DataRequired(),
            validators.EqualTo("password", _("The two don't match.")),
        ],
    )


class ResetPasswordView(stock.ResetPasswordView):
    """The operator sets a person's password, which ends their sessions."""

    form = ResetPasswordForm
    form_title = _("A new password")
    message = _("The password is changed. They have to sign in again.")
