"""A plugin that is off answers 404 and is missing from OpenAPI, for that tenant alone (F4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, jsonify, request
from flask.testing import FlaskClient

from core.db import Database
from core.host.gate import blueprint_gate, openapi_filter
from core.host.host import PluginHost

OPENAPI = {
    "paths": {"/api/v1/waves/": {}, "/api/v1/waves/{pk}": {}, "/api/v1/wavesets/": {}},
    "components": {"schemas": {"WaveApi.get": {}, "OrderApi.get": {}}, "responses": {"404": {}}},
}


class WaveApi:
    class_permission_name = "Wave"


class ParcelView:
    """A screen of the core's."""


class WavesOfParcelView:
    class_permission_name = "ParcelView"


@pytest.fixture
def app(host: PluginHost, database: Database) -> Flask:
    """Two screens, the core's and the waver's, behind the gate. The tenant comes by header."""
    app = Flask(__name__)
    views: list[Any] = [ParcelView()]
    with host.ownership.claim("waver", app, views):
        mine = Blueprint("WaveApi", __name__, url_prefix="/api/v1/waves")
        mine.add_url_rule("/", view_func=lambda: "waves")
        app.register_blueprint(mine)
        views += [WaveApi(), WavesOfParcelView()]
    host.ownership.claim_menu("waver", "Waves")
    core = Blueprint("OpenApi", __name__)
    core.add_url_rule("/spec", "get", lambda: jsonify(OPENAPI))
    core.add_url_rule("/core", view_func=lambda: "core")
    app.register_blueprint(core)

    @app.before_request
    def pin() -> None:
        if tenant_id := request.headers.get("Tenant"):
            with database.tenant(int(tenant_id), write=False) as session:
                host.switches.pin(session)

    app.before_request(blueprint_gate(host.ownership))
    app.after_request(openapi_filter(host.ownership))
    app.teardown_request(lambda error: host.switches.unpin())
    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
    return app


@pytest.fixture
def get(app: Flask) -> Callable[..., Any]:
    client: FlaskClient = app.test_client()
    return lambda path, tenant=None: client.get(
        path, headers={"Tenant": str(tenant)} if tenant else {}
    )


def test_F4_screens_of_a_plugin_that_is_off_are_not_found(get: Callable[..., Any]) -> None:
    assert get("/api/v1/waves/", tenant=1).status_code == 200
    assert get("/api/v1/waves/", tenant=2).status_code == 404
    assert get("/core", tenant=2).status_code == 200


def test_F4_it_works_at_the_next_request(
    get: Callable[..., Any], host: PluginHost, database: Database
) -> None:
    with database.tenant(1) as session:
        host.switches.disable(session, "waver")
    assert get("/api/v1/waves/", tenant=1).status_code == 404


def test_F4_openapi_leaves_out_what_is_off(get: Callable[..., Any]) -> None:
    assert get("/spec", tenant=1).json == OPENAPI
    assert get("/spec", tenant=2).json == {
        "paths": {"/api/v1/wavesets/": {}},
        "components": {"schemas": {"OrderApi.get": {}}, "responses": {"404": {}}},
    }


def test_without_a_tenant_the_sign_in_decides_unless_the_plugin_is_broken(
    get: Callable[..., Any], host: PluginHost
) -> None:
    assert get("/api/v1/waves/").status_code == 200
    host.set_aside("waver", "Its screens can't be registered: correct the view.")
    assert get("/api/v1/waves/").status_code == 404
    assert get("/api/v1/waves/", tenant=1).status_code == 404


def test_F4_permissions_menu_and_webhooks_ask_the_same(
    app: Flask, load: Callable[..., PluginHost], host: PluginHost, database: Database
) -> None:
    owned = host.ownership
    for tenant_id, is_open in ((1, True), (2, False)):
        with database.tenant(tenant_id, write=False) as session, host.switches.pinned(session):
            assert owned.is_view_open("WaveApi") is is_open
            assert owned.is_view_open("Wave") is is_open
            assert owned.is_menu_open("Waves") is is_open
            assert owned.is_view_open("ContactView")
            assert owned.is_view_open("ParcelView")  # the core's own, whoever adds to it
            assert owned.is_view_open("WavesOfParcelView") is is_open
            assert owned.is_menu_open("Inbox")
    pigeons = load("tests.host.sample.pigeon")
    with database.tenant(1) as session:
        with pigeons.switches.pinned(session):
            assert not pigeons.ownership.is_kind_open("pigeon")
        pigeons.switches.enable(session, "pigeon")
        with pigeons.switches.pinned(session):
            assert pigeons.ownership.is_kind_open("pigeon")
            assert not pigeons.ownership.is_kind_open("raven")


def test_what_a_failed_registration_added_is_owned_too(host: PluginHost) -> None:
    app = Flask(__name__)
    half, taken = Blueprint("half", __name__), Blueprint("half", __name__)
    with pytest.raises(ValueError, match="already registered"):
        with host.ownership.claim("waver", app, []):
            _register(app, half, taken)
    assert host.ownership.owner_of_blueprint("half") == "waver"
    assert host.ownership.owner_of_blueprint("appbuilder") is None
    assert host.ownership.owner_of_blueprint(None) is None


def _register(app: Flask, *blueprints: Blueprint) -> None:
    for each in blueprints:
        app.register_blueprint(each)


def test_F4_a_plugin_that_is_off_closes_nothing_of_whose_permission_it_asks_for(
    host: PluginHost, database: Database
) -> None:
    class ChannelsView:
        class_permission_name = "Channel"

    class WaveChannels(ChannelsView):
        """A plugin's page, for those who may see channels."""

    views: list[Any] = [ChannelsView()]
    with host.ownership.claim("waver", Flask(__name__), views):
        views.append(WaveChannels())
    with database.tenant(2, write=False) as session, host.switches.pinned(session):
        assert not host.ownership.is_view_open("WaveChannels")
        assert host.ownership.is_view_open("Channel")
