"""Who works here, and in which divisions."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import SelectMultipleField

from core.errors import Refused
from core.host.declarations import ApiDecl, ViewDecl
from core.models import Division, Membership
from core.services import team
from core.services.tenants import TENANT_ROLES
from core.web.fab import AdminApi, SQLAInterface
from core.web.nouns.base import LIVING, NounView, commit
from core.web.nouns.writes import Archives
from core.web.request import web_session
from core.web.theme import role_words
from core.words import say


class DivisionView(Archives, NounView):
    """Groups of agents that conversations are handed to."""

    datamodel = SQLAInterface(Division)
    class_permission_name = "Division"
    list_title, show_title = _("Divisions"), _("Division")
    add_title, edit_title = _("New division"), _("Edit division")
    empty_state = {
        "title": _("No divisions yet"),
        "text": _(
            "A division is a group of agents, like Sales or Support. Conversations can be "
            "handed to it."
        ),
        "action_label": _("New division"),
        "icon": "sitemap",
    }
    list_columns = ["name", "created_at"]
    show_columns = ["name", "created_at"]
    add_columns = edit_columns = ["name"]
    search_columns = ["name"]
    base_filters = LIVING


class MembershipWrites:
    """Roles are checked, and the last tenant admin can't be sent away."""

    def perform_edit(self, item: Membership, data: dict[str, Any]) -> Membership:
        roles = data.get("roles", item.roles)
        if not isinstance(roles, list):
            raise Refused(say("Give the roles as a list."), "roles")
        team.change_member(
            web_session(), item, roles=roles, is_active=data.get("is_active", item.is_active)
        )
        commit()
        return item


class MembershipView(MembershipWrites, NounView):
    """The people of this tenant and their roles. Inviting by e-mail comes with the team screens."""

    datamodel = SQLAInterface(Membership)
    class_permission_name = "Membership"
    exclude_route_methods = {"add", "delete"}
    list_title, show_title, edit_title = _("People"), _("Person"), _("Edit person")
    list_columns = ["name", "user.email", "roles", "is_active"]
    show_columns = ["name", "user.email", "roles", "is_active", "created_at"]
    edit_columns = ["roles", "is_active"]
    search_columns = ["is_active", "created_at"]
    formatters_columns = {"roles": role_words}
    edit_form_extra_fields = {
        "roles": SelectMultipleField(
            _("Roles"), choices=[(role.value, say(role.value)) for role in TENANT_ROLES]
        )
    }
    label_columns = {"user.email": _("E-mail"), "created_at": _("Since")}
    empty_state = {
        "title": _("Nobody here"),
        "text": _("Clear the filters to see your team."),
        "icon": "users-group",
    }


class DivisionApi(Archives, AdminApi):
    """`/api/v1/division/`."""

    resource_name = "division"
    datamodel = SQLAInterface(Division)
    class_permission_name = "Division"
    list_columns = ["id", "name"]
    add_columns = edit_columns = ["name"]
    search_columns = ["name"]
    base_filters = LIVING


class MembershipApi(MembershipWrites, AdminApi):
    """`/api/v1/membership/`: the ids that `assign` takes."""

    resource_name = "membership"
    datamodel = SQLAInterface(Membership)
    class_permission_name = "Membership"
    exclude_route_methods = {"post", "delete"}
    list_columns = ["id", "user.first_name", "user.last_name", "roles", "is_active"]
    show_columns = list_columns
    edit_columns = ["roles", "is_active"]
    search_columns = ["is_active"]


MENU = "Team"
NOUNS = (
    ViewDecl(
        view=MembershipView,
        name="People",
        icon="users-group",
        category=MENU,
        category_icon="users-group",
    ),
    ViewDecl(view=DivisionView, name="Divisions", icon="sitemap", category=MENU),
    ApiDecl(api=DivisionApi),
    ApiDecl(api=MembershipApi),
)
