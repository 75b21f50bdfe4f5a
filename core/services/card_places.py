"""Where a card stands on the board: its stage, and its place among the cards there."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.sql.elements import ColumnElement

from core.audit import record
from core.errors import NotFound, Refused, Stale
from core.events import CardMoved, publish
from core.live import tell
from core.models import Card, Module
from core.models.pipeline import newest_place
from core.tenancy.bulk import update_rows
from core.tenancy.session import TenantSession
from core.words import say

GAP = 1_000_000
"""Between two cards that are spread out: as far as two that came a second apart."""


def get_card(session: TenantSession, card_id: int) -> Card:
    """A card in use. Raises NotFound."""
    card = session.get(Card, card_id)
    if card is None or card.archived_at is not None:
        raise NotFound(say("There is no such card."))
    return card


def move_card(
    session: TenantSession,
    card: Card,
    stage: str,
    *,
    before: Card | None = None,
    after: Card | None = None,
) -> None:
    """Put a card into a stage of its module: above `before`, below `after`, else at the end.

    Refused, with the field: a stage that the module hasn't. Stale: the neighbour is no longer
    there. Only a change of the stage counts as news of the card: its order among the others says
    nothing about which was worked on last (D8).
    """
    stages = card.module.stages or ["New"]
    if stage not in stages:
        raise Refused(
            say(
                "%(module)s has these stages: %(stages)s.",
                module=card.module.name,
                stages=", ".join(stages),
            ),
            "stage",
        )
    neighbour = before or after
    if neighbour is card:
        raise Refused(say("A card can't stand beside itself."), "before" if before else "after")
    if neighbour is not None and (neighbour.module_id, neighbour.stage) != (card.module_id, stage):
        raise Stale(
            say(
                "The card “%(card)s” is no longer there: look at the board, then move again.",
                card=str(neighbour),
            ),
            "before" if before else "after",
        )
    place = _room(session, card, stage, before, after)
    if place is None:
        _spread(session, card.module_id, stage)
        place = _room(session, card, stage, before, after)
    update_rows(session, Card, [{"id": card.id, "place": place, "updated_at": card.updated_at}])
    session.refresh(card)
    if card.stage != stage:
        was, card.stage = card.stage, stage
        session.flush()
        record(session, "move", card, {"stage": (was, stage)})
        moved(session, card, was)
    else:
        tell_board(session, card)


def moved(session: TenantSession, card: Card, was: str) -> None:
    """A card has changed its stage, by whichever door: tell who asked to hear of it."""
    publish(
        session,
        CardMoved(card_id=card.id, contact_id=card.contact_id, before=was, after=card.stage),
    )
    tell_board(session, card)


def tell_board(session: TenantSession, card: Card) -> None:
    """Tell open boards to look at the card."""
    tell(session, "card", card=card.id, module=card.module_id)


def _room(
    session: TenantSession, card: Card, stage: str, before: Card | None, after: Card | None
) -> int | None:
    """A free place there; None where two cards stand too close for a third."""
    above, below = Card.place.desc(), Card.place
    if before is not None:
        upper = _next(session, card, stage, _is_above(before), above, Card.id.desc())
        lower = before.place
        if upper is None:
            return min(newest_place(), lower - 1)
    elif after is not None:
        upper = after.place
        found = _next(session, card, stage, _is_below(after), below, Card.id)
        if found is None:
            return upper + GAP
        lower = found
    else:
        last = _next(session, card, stage, Card.id.is_not(None), above, Card.id.desc())
        return newest_place() if last is None else last + GAP
    return (upper + lower) // 2 if lower - upper > 1 else None


def _next(
    session: TenantSession, card: Card, stage: str, side: ColumnElement[bool], *order: object
) -> int | None:
    return session.scalar(
        select(Card.place)
        .where(
            Card.module_id == card.module_id,
            Card.stage == stage,
            Card.id != card.id,
            Card.archived_at.is_(None),
            side,
        )
        .order_by(*order)  # type: ignore[arg-type]  # columns and their directions
        .limit(1)
    )


def _is_above(card: Card) -> ColumnElement[bool]:
    return or_(Card.place < card.place, (Card.place == card.place) & (Card.id < card.id))


def _is_below(card: Card) -> ColumnElement[bool]:
    return or_(Card.place > card.place, (Card.place == card.place) & (Card.id > card.id))


def _spread(session: TenantSession, module_id: int, stage: str) -> None:
    """Give the cards of a stage room between them, in the order in which they stand."""
    # one at a time: two that spread the same cards would lock them crosswise
    session.scalar(select(Module.id).where(Module.id == module_id).with_for_update())
    of_stage = (Card.module_id == module_id, Card.stage == stage)
    rows = session.execute(
        select(Card.id, Card.updated_at).where(*of_stage).order_by(Card.place, Card.id)
    ).all()
    top = newest_place()
    update_rows(
        session,
        Card,
        [
            {"id": row.id, "place": top + at * GAP, "updated_at": row.updated_at}
            for at, row in enumerate(rows)
        ],
    )
    session.expire_all()
