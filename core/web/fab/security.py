"""FAB's security manager with few queries, one place for roles, and sessions that end.

Upstream: 41 queries of security for a list page; a copied cookie outlives logout and
password reset; the REST login has no rate limit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from flask import current_app, g, has_request_context, session
from flask_appbuilder.security.sqla.manager import (
    SecurityManager,
)
from flask_jwt_extended import current_user as jwt_user
from flask_login import (
    current_user,
    user_logged_in,
)
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.web.fab.access import permission_of
from core.web.fab.bearer import bearer_token, token_user
from core.web.fab.login import (
    LimitedSecurityApi,
    LoginView,
    OwnNameView,
    OwnPasswordView,
    json_unauthorized,
    login_limit,
)
from core.web.fab.operator import is_operator, needs_operator
from core.web.fab.permissions import Pairs, PermissionCache
from core.web.fab.stock_screens import ResetPasswordView, UserDBModelView
from core.web.fab.values import text_problem
from core.web.fab.versions import StoredVersions, Versions, watch_security

_STAMP = "_sv"  # the session version in cookie and JWT


class SapaSecurityManager(SecurityManager):
    """Set the callbacks below on `appbuilder.sm`; each has a default that lets through."""

    security_api = LimitedSecurityApi
    authdbview = LoginView
    userdbmodelview = UserDBModelView
    resetpasswordview = ResetPasswordView
    resetmypasswordview = OwnPasswordView
    userinfoeditview = OwnNameView

    versions: Versions = StoredVersions()
    token_prefix = "sapa_"  # noqa: S105  # the mark of our API tokens, no secret

    def __init__(self, appbuilder: Any) -> None:
        self.roles_for: Callable[[Any], list[Any]] = self._stored_roles
        self.roles_key: Callable[[], Hashable] = lambda: None
        self.is_view_open: Callable[[str], bool] = lambda _view: True
        self.is_menu_open: Callable[[str], bool] = lambda _name: True  # links without a view
        self.is_in_scope: Callable[[str, str], bool] = lambda _permission, _view: True
        self.user_from_token: Callable[[str], Any | None] = lambda _token: None
        self.sessions_ended: Callable[[int], None] = lambda _user_id: None
        self._cache = PermissionCache()
        watch_security(self.versions)
        super().__init__(appbuilder)
        user_logged_in.connect(self._stamp_session, current_app._get_current_object())  # type: ignore[attr-defined]  # werkzeug's proxy

    # -- who ------------------------------------------------------------------------------

    def load_user(self, pk: Any) -> Any | None:
        """The active user of this cookie, or None if the session has since been ended."""
        user, version = self._user_and_version(pk)
        return user if user is not None and session.get(_STAMP) == version else None

    def load_user_jwt(self, _header: Any, data: dict[str, Any]) -> Any | None:
        """The active user of this JWT, or None if the session has since been ended."""
        user, version = self._user_and_version(data["sub"])
        if user is None or data.get(_STAMP) != version:
            return None
        g.user = user
        return user

    def _user_and_version(self, pk: Any) -> tuple[Any | None, int]:
        security, own = self.versions.columns(self.user_model.id)
        wanted = (
            select(self.user_model, security, own)
            .where(self.user_model.id == int(pk))
            .options(joinedload(self.user_model.roles))
        )
        row = self.session.execute(wanted).unique().one_or_none()
        if row is None:
            return None, 0
        g._sapa_security_version = row[1]
        return (row[0] if row[0].is_active else None), row[2]

    def _stamp_session(self, _app: Any, user: Any) -> None:
        session[_STAMP] = self._session_version(user.id)

    def _session_version(self, user_id: int) -> int:
        own = self.versions.columns(user_id)[1]
        version: int = self.session.execute(select(own)).scalar_one()
        return version

    def create_jwt_manager(self, app: Any) -> Any:
        manager = super().create_jwt_manager(app)
        manager.additional_claims_loader(lambda uid: {_STAMP: self._session_version(int(uid))})
        json_unauthorized(manager)
        return manager

    def on_user_logout(self, user: Any) -> None:
        """End every session and JWT of this user, not only the cookie in this browser."""
        self.end_sessions(user.id)

    def reset_password(self, userid: int, password: str) -> None:
        super().reset_password(userid, password)
        self.end_sessions(int(userid))

    def end_sessions(self, user_id: int) -> None:
        """Log this user out everywhere."""
        self.versions.bump_session(self.session, user_id)
        self.session.commit()
        self.sessions_ended(user_id)

    def auth_user_db(self, username: Any, password: Any) -> Any | None:
        # upstream hands a null byte to the driver: a 500 on the login page
        if text_problem([username, password]):
            return None
        return super().auth_user_db(username, password)

    # -- may ------------------------------------------------------------------------------

    def get_user_roles(self, user: Any) -> list[Any]:
        """The one place that says which roles count now: `roles_for(user)`, once a request.

        `roles_key()` says what the answer depends on besides the user (the tenant).
        """
        if user is None or not user.is_authenticated:
            public = self.get_public_role()
            return [public] if public else []
        if not has_request_context():
            return self.roles_for(user)
        kept = g.setdefault("_sapa_roles", {})
        key = (user.id, self.roles_key())
        if key not in kept:
            kept[key] = self.roles_for(user)
        roles: list[Any] = kept[key]
        return roles

    def roles_named(self, names: Iterable[str]) -> list[Any]:
        """The roles with these names, by name; for their ids and names, in no session."""
        known = self._cache.roles(self.session, self._version())
        return [known[name] for name in sorted(names) if name in known]

    def _stored_roles(self, user: Any) -> list[Any]:
        roles: list[Any] = super().get_user_roles(user)
        return roles

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Whether whoever asks (API token, cookie, JWT or nobody) may do this now."""
        if not self.is_view_open(view_name):
            return False
        user = self.acting_user()
        if user is None:
            return self.is_item_public(permission_name, view_name)
        if not user.is_active or not self.is_in_scope(permission_name, view_name):
            return False
        return self._has_view_access(user, permission_name, view_name)

    def acting_user(self) -> Any | None:
        """Who asks. A bearer token counts before a cookie that came along with it."""
        token = token_user()
        if token is not None:
            return token
        if bearer_token():
            try:
                return jwt_user._get_current_object() if jwt_user else None
            except RuntimeError:  # nobody has verified a JWT in this request
                pass
        return current_user._get_current_object() if current_user.is_authenticated else None

    def _has_view_access(self, user: Any, permission_name: str, view_name: str) -> bool:
        roles = self.get_user_roles(user)
        if needs_operator(permission_name, view_name) and not is_operator(roles):
            return False
        if self._is_builtin(roles, permission_name, view_name):
            return True
        return (permission_name, view_name) in self._pairs(roles)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Whether nobody in particular may do this."""
        if not self.is_view_open(view_name) or needs_operator(permission_name, view_name):
            return False
        return (permission_name, view_name) in self._public_pairs()

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """The menu items, by name, that whoever asks may see and whose page they may open.

        Upstream asks for the entry's own permission only: it shows links that end in a 403.
        """
        user = self.acting_user()
        roles = self.get_user_roles(user) if user is not None else []
        pairs = self._pairs(roles) if user is not None else self._public_pairs()
        pages = self._pages_by_menu()
        return {
            name
            for name in menu_names or []
            if (("menu_access", name) in pairs or self._is_builtin(roles, "menu_access", name))
            and (not needs_operator("menu_access", name) or is_operator(roles))
            and (name not in pages or self.has_access(*pages[name]))
            and self.is_view_open(name)
            and self.is_menu_open(name)
        }

    def _pages_by_menu(self) -> dict[str, tuple[str, str]]:
        """The (permission, view) of the page behind each menu entry; links of ours have none."""
        items = list(self.appbuilder.menu.get_list())
        found = {}
        while items:
            item = items.pop()
            items.extend(item.childs)
            view = item.baseview
            method = view and getattr(view, view.default_view, None)
            if method is not None and hasattr(method, "_permission_name"):
                found[item.name] = (permission_of(view, method), view.class_permission_name)
        return found

    def _is_builtin(self, roles: list[Any], permission: str, view: str) -> bool:
        return any(
            role.name in self.builtin_roles
            and self._has_access_builtin_roles(role, permission, view)
            for role in roles
        )

    def _pairs(self, roles: list[Any]) -> Pairs:
        return self._cache.of_roles(self.session, self._version(), {r.id for r in roles})

    def _public_pairs(self) -> Pairs:
        version = self._version()
        public = self._cache.role_id(self.session, version, self.auth_role_public)
        return self._cache.of_roles(self.session, version, [public] if public else [])

    def _version(self) -> int:
        """The security version, read once a request (with the user, if there is one)."""
        if has_request_context() and "_sapa_security_version" in g:
            return int(g._sapa_security_version)
        version: int = self.session.execute(select(self.versions.columns(0)[0])).scalar_one()
        if has_request_context():
            g._sapa_security_version = version
        return version

    # -- screens --------------------------------------------------------------------------

    def register_views(self) -> None:
        """Signing in, one's own account, and the operator's screen of accounts.

        Not upstream's other screens: roles have our own page, groups are not used, charts load
        from a foreign host, and bare permissions are nobody's business.
        """
        self.appbuilder.add_api(self.security_api)
        for view in (self.userinfoeditview, self.resetpasswordview, self.resetmypasswordview):
            self.appbuilder.add_view_no_menu(view())
        self.user_view = self.userdbmodelview
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)
        # after the view is added: only then it has a blueprint
        limit = self.auth_rate_limit if self.is_auth_limited else login_limit
        self.limiter.limit(limit, methods=["POST"])(self.auth_view.blueprint)
        self.user_view = self.appbuilder.add_view(
            self.user_view,
            "List Users",
            icon="fa-user",
            label="Accounts",
            category="Security",
            category_icon="fa-cogs",
        )
