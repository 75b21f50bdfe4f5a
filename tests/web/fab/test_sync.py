"""Permissions in bulk, once; a normal boot touches nothing."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import PermissionView, Role

from core.web.fab import sync_permissions
from tests.web.fab.toy import StockToyView, Toys


def names(toys: Toys, role: str) -> set[str]:
    found = toys.session.query(Role).filter_by(name=role).one()
    return {f"{p.permission.name} on {p.view_menu.name}" for p in found.permissions}


def test_a_first_sync_takes_few_statements(toys: Toys) -> None:
    with toys.app.app_context():
        connection = toys.session.connection()
        for table in (
            "ab_permission_view_role",
            "ab_permission_view",
            "ab_permission",
            "ab_view_menu",
        ):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        toys.session.commit()
        with toys.counted() as seen:
            added, removed = sync_permissions(toys.appbuilder)
    assert added > 40
    assert removed == 0
    assert len(seen) <= 20, "\n".join(seen)
    assert "can_list on ToyView" in names(toys, "Admin")


def test_a_second_sync_changes_nothing(toys: Toys) -> None:
    with toys.app.app_context(), toys.counted() as seen:
        assert sync_permissions(toys.appbuilder) == (0, 0)
    assert not [s for s in seen if s.split()[0] in ("INSERT", "UPDATE", "DELETE")]


def test_stock_needs_a_hundred_for_each_view(stock: Toys) -> None:
    again = [type(f"Again{n}", (StockToyView,), {}) for n in range(5)]
    stock.appbuilder.update_perms = True
    with stock.counted() as seen, stock.app.app_context():
        stock.app._got_first_request = False
        for view in again:
            stock.appbuilder.add_view(view, view.__name__)
    assert len(seen) > 400


def test_what_a_person_took_from_a_role_stays_taken(toys: Toys) -> None:
    rule = {"Reader": lambda p, v: p in ("can_list", "can_show")}
    with toys.app.app_context():
        sm = toys.appbuilder.sm
        sm.del_permission_role(
            sm.find_role("Reader"), sm.find_permission_view_menu("can_list", "ToyView")
        )
        sync_permissions(toys.appbuilder, rule)
        held = names(toys, "Reader")
    assert "can_list on ToyView" not in held
    assert "can_show on ToyView" in held


def test_a_permission_that_a_view_lost_goes_and_a_missing_plugins_stays(toys: Toys) -> None:
    with toys.app.app_context():
        sm = toys.appbuilder.sm
        sm.add_permission_view_menu("can_fly", "ToyView")
        sm.add_permission_view_menu("can_list", "ViewOfAPluginNotLoadedNow")
        assert sync_permissions(toys.appbuilder)[1] == 1
        kept = {str(p) for p in toys.session.query(PermissionView)}
    assert "can fly on ToyView" not in kept
    assert "can list on ViewOfAPluginNotLoadedNow" in kept


def test_a_normal_boot_asks_the_database_nothing(toys: Toys) -> None:
    from flask_appbuilder import AppBuilder

    from core.web.fab import SapaSecurityManager, harden_config, init_csrf
    from tests.web.fab.toy import OURS

    app = toys._base({})
    harden_config(app, "https://desk.test")
    init_csrf(app)
    with toys.counted() as seen, app.app_context():
        builder = AppBuilder(app, toys.session, security_manager_class=SapaSecurityManager)
        for view in OURS:
            builder.add_view(view, view.__name__, category="Toys")
    assert seen == []
    assert app.config["SESSION_COOKIE_SECURE"] is True
