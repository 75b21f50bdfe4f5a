"""`/webhooks/orders/<uuid>`: where a shop tells of its orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify, request
from sqlalchemy import select

from core.audit import Actor, acting_as
from core.errors import NotFound
from core.host.declarations import ViewDecl
from core.models import OrderSource, Tenant
from core.models.base import now
from core.services import order_feed
from core.web.fab import Page, expose, machine_door
from core.web.request import desk
from core.words import say

PROOF = "a shop's program: proven by the HMAC of its secret over the time and the raw body"


class OrderDoorView(Page):
    """Each event once, each answered by itself."""

    route_base = "/webhooks/orders"
    class_permission_name = "OrderSource"
    default_view = "take"

    @expose("/<uuid:source_uuid>", methods=["POST"])
    @machine_door(PROOF)
    def take(self, source_uuid: UUID) -> Any:
        """200 with `results`, one for each event; 422 where a single event came and was refused.

        400 unreadable, 401 unproven or too old, 404, 413 too large: nothing of it was done.
        """
        tenant_id, source_id, secret = _source(source_uuid)
        body = request.get_data()
        order_feed.prove(
            secret,
            request.headers.get(order_feed.TIMESTAMP, ""),
            request.headers.get(order_feed.SIGNATURE, ""),
            body,
            now(),
        )
        events, is_list = order_feed.told_in(body)
        with desk().database.tenant(tenant_id) as session:
            source = session.get_one(OrderSource, source_id)
            with acting_as(Actor(source.name)):
                results = order_feed.take(session, source, events)
        is_refused = not is_list and results[0]["status"] == "refused"
        return jsonify({"results": results}), 422 if is_refused else 200


def _source(source_uuid: UUID) -> tuple[int, int, str]:
    """Its tenant, its id and its secret. NotFound: unknown, archived, or its tenant is closed."""
    with desk().database.system(write=False) as system:
        source = system.scalar(
            select(OrderSource)
            .join(Tenant, Tenant.id == OrderSource.tenant_id)
            .where(
                OrderSource.uuid == source_uuid,
                OrderSource.archived_at.is_(None),
                Tenant.is_active.is_(True),
            )
        )
        if source is None:
            raise NotFound(say("No shop has this address."))
        return source.tenant_id, source.id, order_feed.secret_of(system, source)


PAGES = (ViewDecl(view=OrderDoorView),)
