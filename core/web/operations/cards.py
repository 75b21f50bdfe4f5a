"""Operations on a card: move."""

from __future__ import annotations

from flask import Response
from flask_appbuilder.api import expose

from core.errors import Refused
from core.host.declarations import ApiDecl
from core.models import Card
from core.services.card_places import get_card, move_card
from core.web.fab import protect
from core.web.operations.base import Body, Operation, RowId, body_of, row_id
from core.web.request import web_session
from core.words import say


class MoveBody(Body):
    """The stage, and the card that this one is to stand above; without it, at the end."""

    stage: str
    before: RowId | None = None


class CardOperations(Operation):
    """`/api/v1/card/<id>/…`."""

    resource_name = "card"
    class_permission_name = "Card"

    @expose("/<pk>/move", methods=["POST"])
    @protect()
    def move(self, pk: str) -> Response:
        """Move the card.
        ---
        post:
          description: Put the card into a stage of its module, above another card or at the end
          responses:
            200: {description: The card's stage}
            409: {description: The other card is no longer in that stage}
            422: {description: The module has no such stage}
        """
        card, body = get_card(web_session(), row_id(pk)), body_of(MoveBody)
        move_card(web_session(), card, body.stage, before=_neighbour(body.before))
        return self.answer(id=card.id, stage=card.stage)


def _neighbour(card_id: int | None) -> Card | None:
    if card_id is None:
        return None
    found = web_session().get(Card, card_id)
    if found is None or found.archived_at is not None:
        raise Refused(say("There is no such card."), "before")
    return found


OPERATIONS = (ApiDecl(api=CardOperations),)
