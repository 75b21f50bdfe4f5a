"""Suggestions over REST: `/api/v1/customer/<id>/suggestions`, `/not_same`, `/maybe_same`."""

from __future__ import annotations

from flask import Response
from flask_appbuilder.api import expose

from core.api import (
    ApiDecl,
    Body,
    Customer,
    Operation,
    RowId,
    body_of,
    groups,
    protect,
    row_id,
    web_session,
)
from plugins.merge.matching import deciding, queue
from plugins.merge.matching.jobs import start_rebuild
from plugins.merge.matching.suggesting import suggestions


class OtherBody(Body):
    """The other customer."""

    customer_id: RowId


class NothingBody(Body):
    """Nothing is needed."""


class SuggestionOperations(Operation):
    """`/api/v1/customer/<id>/suggestions`, `/not_same`, `/maybe_same`."""

    resource_name = "customer"
    class_permission_name = "Merge"
    method_permission_name = {
        "suggestions": "get",
        "not_same": "merge",
        "maybe_same": "merge",
    }

    @expose("/<pk>/suggestions", methods=["GET"])
    @protect()
    def suggestions(self, pk: str) -> Response:
        """Who else this customer may be.
        ---
        get:
          description: Up to five customers, the likeliest first, with what speaks for each
          responses:
            200: {description: The suggestions}
            404: {description: No such customer}
        """
        customer = _living(row_id(pk))
        found = suggestions(web_session(), customer)
        answer: Response = self.response(
            200, customer_id=customer.id, result=[each.as_json() for each in found]
        )
        return answer

    @expose("/<pk>/not_same", methods=["POST"])
    @protect()
    def not_same(self, pk: str) -> Response:
        """Say that two customers are two persons.
        ---
        post:
          description: Remembered with its evidence; the machine neither merges nor suggests them
          responses:
            200: {description: Remembered}
            422: {description: They are one customer}
        """
        customer = _living(row_id(pk))
        other = _living(body_of(OtherBody).customer_id)
        one, another = customer.contacts[0].id, other.contacts[0].id
        deciding.not_same(web_session(), one, another)
        return self.answer(message="OK")

    @expose("/<pk>/maybe_same", methods=["POST"])
    @protect()
    def maybe_same(self, pk: str) -> Response:
        """Revoke that two customers are two persons.
        ---
        post:
          description: They may be suggested again; answers how many pairs of contacts that was
          responses:
            200: {description: Revoked}
        """
        customer = _living(row_id(pk))
        other = _living(body_of(OtherBody).customer_id)
        return self.answer(revoked=deciding.revoke_between(web_session(), customer, other))


class ReviewOperations(Operation):
    """`/api/v1/suggestion/`: the review queue, and comparing everybody anew."""

    resource_name = "suggestion"
    class_permission_name = "Merge"
    method_permission_name = {"waiting": "get", "rebuild": "rule"}

    @expose("/", methods=["GET"])
    @protect()
    def waiting(self) -> Response:
        """The pairs that wait for a decision.
        ---
        get:
          description: Up to a hundred pairs, the likeliest first
          responses:
            200: {description: The pairs}
        """
        session = web_session()
        answer: Response = self.response(
            200,
            count=queue.length(session),
            result=[
                {
                    "contact_id": each.one.id,
                    "other_contact_id": each.other.id,
                    "customer_id": each.one.customer_id,
                    "other_customer_id": each.other.customer_id,
                    "evidence": each.pair.evidence,
                }
                for each in queue.waiting(session, 100)
            ],
        )
        return answer

    @expose("/rebuild", methods=["POST"])
    @protect()
    def rebuild(self) -> Response:
        """Compare all customers anew.
        ---
        post:
          description: In the background; safe at any time
          responses:
            202: {description: Begun}
        """
        body_of(NothingBody)
        start_rebuild(web_session())
        return self.answer(202, message="OK")


def _living(customer_id: int) -> Customer:
    session = web_session()
    return session.get_one(Customer, groups.living_ids(session, [customer_id])[customer_id])


APIS = (ApiDecl(api=SuggestionOperations), ApiDecl(api=ReviewOperations))
