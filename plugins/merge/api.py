"""Merging over REST: `/api/v1/customer/<id>/…` and `/api/v1/merge_event/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_appbuilder.api import expose
from pydantic import Field

from core.api import (
    AdminApi,
    ApiDecl,
    Body,
    Contact,
    Customer,
    Malformed,
    MergeEvent,
    Operation,
    RowId,
    SQLAInterface,
    body_of,
    groups,
    main_channels,
    profiles,
    protect,
    row_id,
    timeline,
    web_session,
)
from plugins.merge import services
from plugins.merge.services.limits import MOST_MEMBERS

PAGE = 50
MOST_AT_ONCE = 200


class MergeBody(Body):
    """Whom to merge into the customer of the path. `version`: a preview's, or the customer's."""

    with_: list[RowId] = Field(alias="with", min_length=1, max_length=100)
    version: str | int | None = None
    reason: str = ""
    idempotency_key: str | None = None


class MemberBody(Body):
    """A contact of the customer."""

    contact_id: RowId
    version: str | int | None = None
    reason: str = ""
    idempotency_key: str | None = None


class MainChannelBody(Body):
    """A contact of the customer, and which of its channels; without one, the last it wrote on."""

    contact_id: RowId
    channel_id: RowId | None = None
    version: str | int | None = None


class PinBody(Body):
    """The contact whose value a field shows; null lets the rules choose again."""

    field: str
    contact_id: RowId | None
    version: str | int | None = None


class UndoBody(Body):
    """Nothing is needed."""

    reason: str = ""
    idempotency_key: str | None = None


class MergeOperations(Operation):
    """`/api/v1/customer/<id>/`: merge, unmerge, main_channel, pin, members, timeline."""

    resource_name = "customer"
    class_permission_name = "Merge"
    method_permission_name = {"members": "get", "timeline": "get", "preview": "get"}

    @expose("/<pk>/merge", methods=["POST"])
    @protect()
    def merge(self, pk: str) -> Response:
        """Merge customers into this one.
        ---
        post:
          description: Merge; `Idempotency-Key` as a header or in the body makes it repeatable
          responses:
            200: {description: The customer that they are now, and the event}
            409: {description: Stale; the answer has a fresh preview}
            410: {description: Erased, or its merge was undone}
            422: {description: Refused, with the field}
        """
        body = body_of(MergeBody)
        return self._done(
            lambda: services.merge(
                web_session(),
                row_id(pk),
                body.with_,
                version=body.version,
                reason=body.reason,
                idempotency_key=_key(body.idempotency_key),
            )
        )

    @expose("/<pk>/merge/preview", methods=["POST"])
    @protect()
    def preview(self, pk: str) -> Response:
        """What merging would make.
        ---
        post:
          description: The profile, the members, the consent and what it saves; changes nothing
          responses:
            200: {description: The preview, with the version to merge by}
        """
        found = services.preview(web_session(), row_id(pk), body_of(MergeBody).with_)
        answer: Response = self.response(200, **found.as_json())
        return answer

    @expose("/<pk>/unmerge", methods=["POST"])
    @protect()
    def unmerge(self, pk: str) -> Response:
        """Take one contact out.
        ---
        post:
          description: The contact goes home, with all that it ever had
          responses:
            200: {description: The customer that the others are now, and the event}
            422: {description: Not a member, with the field}
        """
        body = body_of(MemberBody)
        return self._done(
            lambda: services.unmerge(
                web_session(),
                row_id(pk),
                body.contact_id,
                version=body.version,
                reason=body.reason,
                idempotency_key=_key(body.idempotency_key),
            )
        )

    @expose("/<pk>/main_channel", methods=["POST"])
    @protect()
    def main_channel(self, pk: str) -> Response:
        """Set the main channel.
        ---
        post:
          description: New and automated messages go to this contact from now on
          responses:
            200: {description: Set}
            422: {description: Not a member, or not reached there; with the field}
        """
        body = body_of(MainChannelBody)
        return self._done(
            lambda: services.set_main_channel(
                web_session(),
                row_id(pk),
                body.contact_id,
                body.channel_id,
                version=body.version,
            )
        )

    @expose("/<pk>/pin", methods=["POST"])
    @protect()
    def pin(self, pk: str) -> Response:
        """Pin a field of the profile to a member.
        ---
        post:
          description: Show this member's value whatever the rules say; null lets them choose
          responses:
            200: {description: Pinned}
            422: {description: No such field, not a member, or no value; with the field}
        """
        body = body_of(PinBody)
        return self._done(
            lambda: services.pin(
                web_session(), row_id(pk), body.field, body.contact_id, version=body.version
            )
        )

    @expose("/<pk>/members", methods=["GET"])
    @protect()
    def members(self, pk: str) -> Response:
        """The contacts of a customer.
        ---
        get:
          description: Each contact with its channels, and where each value of the profile is from
          responses:
            200: {description: The members}
        """
        session = web_session()
        customer = _living(row_id(pk))
        members = groups.members_of(session, customer.id)
        chosen = main_channels.choose(session, customer)
        found = main_channels.ways(session, members)
        main = main_channels.pick(found, chosen)
        shown = profiles.profile_of(session, customer, members)
        answer: Response = self.response(
            200,
            customer_id=customer.id,
            is_merged=customer.is_group,
            version=customer.version,
            most=MOST_MEMBERS,
            main_channel={
                "contact_id": main.contact.id if main else chosen.contact_id,
                "channel_id": main.channel.id if main else None,
            },
            profile={
                field: {"value": each.value, "contact_id": each.contact_id, "why": each.why}
                for field, each in shown.items()
            },
            result=[
                _member(each, [way for way in found if way.contact is each]) for each in members
            ],
        )
        return answer

    @expose("/<pk>/timeline", methods=["GET"])
    @protect()
    def timeline(self, pk: str) -> Response:
        """Everything that was said with this customer.
        ---
        get:
          description: Messages of all members, newest first; `before` (an id) and `limit` page
          responses:
            200: {description: The messages}
        """
        session = web_session()
        customer = _living(row_id(pk))
        limit = min(_number("limit", PAGE), MOST_AT_ONCE)
        contact_ids = [each.id for each in groups.members_of(session, customer.id)]
        before = _number("before", 0) or None
        found = timeline(session, contact_ids, before=before, limit=limit + 1)
        page = found[:limit]
        answer: Response = self.response(
            200,
            customer_id=customer.id,
            result=[_message(each) for each in page],
            next={"before": page[-1].id} if len(found) > limit else None,
        )
        return answer

    def _done(self, act: Callable[[], MergeEvent]) -> Response:
        """What `act` made of the customers; 409 where it was decided on an old picture."""
        try:
            event = act()
        except services.StalePreview as stale:
            return self._stale(stale)
        living = groups.living_ids(web_session(), [event.customer_id])
        return self.answer(customer_id=living[event.customer_id], event_id=event.id)

    def _stale(self, stale: services.StalePreview) -> Response:
        """409, with what is there now to decide on again."""
        web_session().rollback()
        main, *others = stale.ids
        values: dict[str, Any] = {"message": stale.message, "errors": {}}
        if others:
            values["preview"] = services.preview(web_session(), main, others).as_json()
        else:
            values["version"] = _living(main).version
        answer: Response = self.response(stale.status, **values)
        return answer


class MergeEventOperations(Operation):
    """`/api/v1/merge_event/<id>/undo`."""

    resource_name = "merge_event"
    class_permission_name = "Merge"

    @expose("/<pk>/undo", methods=["POST"])
    @protect()
    def undo(self, pk: str) -> Response:
        """Undo a merge or an unmerge.
        ---
        post:
          description: Members, main channels and pins stand again as they stood before
          responses:
            200: {description: Undone; the new event}
            409: {description: Undone already, or something involved has moved since}
        """
        body = body_of(UndoBody) if request.data else UndoBody()
        event = services.undo(
            web_session(),
            row_id(pk),
            reason=body.reason,
            idempotency_key=_key(body.idempotency_key),
        )
        customers = sorted(set(event.after["contacts"].values()))
        return self.answer(event_id=event.id, customer_ids=customers)


class MergeEventApi(AdminApi):
    """`/api/v1/merge_event/`, to read: the log of who belongs together."""

    resource_name = "merge_event"
    datamodel = SQLAInterface(MergeEvent)
    class_permission_name = "MergeEvent"
    read_only = True
    list_columns = [
        "id",
        "uuid",
        "at",
        "actor",
        "kind",
        "customer_id",
        "is_automatic",
        "reason",
        "evidence",
        "undoes_id",
    ]
    show_columns = [*list_columns, "before", "after"]
    search_columns = ["at", "actor", "kind", "is_automatic"]
    base_order = ("id", "desc")


def _key(given: str | None) -> str | None:
    """The idempotency key: of the body, else of the header."""
    return given or request.headers.get("Idempotency-Key") or None


def _living(customer_id: int) -> Customer:
    session = web_session()
    return session.get_one(Customer, groups.living_ids(session, [customer_id])[customer_id])


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) < 2**31:
        raise Malformed(f"{name} must be a whole number above 0.")
    return int(text)


def _member(contact: Contact, ways: list[main_channels.Way]) -> dict[str, Any]:
    return {
        "contact_id": contact.id,
        "home_id": contact.home_id,
        "name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
        "consent": contact.consent.value,
        "channels": [
            {"channel_id": way.channel.id, "name": way.channel.name, "kind": way.channel.kind}
            for way in ways
        ],
    }


def _message(message: Any) -> dict[str, Any]:
    return {
        "id": message.id,
        "at": message.sent_at.isoformat(),
        "contact_id": message.contact_id,
        "conversation_id": message.conversation_id,
        "channel": {
            "id": message.channel_id,
            "name": message.channel.name,
            "kind": message.channel.kind,
        },
        "direction": message.direction.value,
        "sender": message.sender.value,
        "kind": message.kind.value,
        "state": message.state.value,
        "body": message.body,
    }


APIS = (
    ApiDecl(api=MergeOperations),
    ApiDecl(api=MergeEventOperations),
    ApiDecl(api=MergeEventApi),
)
