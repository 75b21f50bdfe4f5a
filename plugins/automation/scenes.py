"""The scene of a run, out of its subject; and whether what it waited for still stands."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from core.api import (
    Contact,
    Conversation,
    ConversationState,
    Message,
    Order,
    OrderStatus,
    Scene,
    TenantSession,
    say,
)
from plugins.automation import triggers
from plugins.automation.models import Run


def scene_of(session: TenantSession, run: Run) -> Scene | None:
    """What the run's rule looks at; None where it is gone, or was erased."""
    return build(session, run.contact_id, run.subject, run.given, run_id=run.id)


def build(
    session: TenantSession,
    contact_id: int,
    subject: str,
    given: Mapping[str, str] | None = None,
    *,
    run_id: int = 0,
) -> Scene | None:
    """The scene of a subject such as `order:12`, freshly read."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.archived_at is not None:
        return None
    kind, _colon, row = subject.partition(":")
    row_id = int(row.partition("/")[0]) if row.partition("/")[0].isdigit() else 0
    scene = Scene(session, contact, variables=dict(given or {}), run_id=run_id)
    if kind == "order":
        scene.order = session.get(Order, row_id)
    elif kind == "message":
        scene.message = session.get(Message, row_id)
        scene.conversation = scene.message.conversation if scene.message else None
    elif kind == "conversation":
        scene.conversation = session.get(Conversation, row_id)
    is_whole = {"order": scene.order, "message": scene.message, "conversation": scene.conversation}
    return scene if is_whole.get(kind, scene) is not None else None


def last_conversation(session: TenantSession, contact: Contact) -> Conversation | None:
    """The conversation of the person that was last alive."""
    members = select(Contact.id).where(Contact.customer_id == contact.customer_id)
    return session.scalar(
        select(Conversation)
        .where(Conversation.contact_id.in_(members))
        .order_by(Conversation.last_at.desc(), Conversation.id.desc())
        .limit(1)
    )


def why_over(run: Run, scene: Scene) -> str:
    """Why what the run waited for isn't so any more; "" where it still is."""
    talk, order = scene.conversation, scene.order
    if order is not None and order.status is OrderStatus.CANCELLED:
        return "" if run.trigger == "order_cancelled" else say("The order was cancelled.")
    if order is not None and order.archived_at is not None:
        return say("The order was archived.")
    if run.trigger == triggers.FOLLOW_UP and order is not None and order.estimated_date is None:
        return say("The date was taken away.")
    if talk is None:
        return ""
    if run.trigger == triggers.WAITING and stamp(talk.waiting_since) != run.episode:
        return say("Somebody has answered meanwhile.")
    if run.trigger == triggers.SILENCE and stamp(talk.last_inbound_at) != run.episode:
        return say("The customer has written meanwhile.")
    if run.trigger == "conversation_closed" and talk.state is not ConversationState.CLOSED:
        return say("The conversation was opened again.")
    return ""


def stamp(moment: object) -> str:
    """A moment as an episode: the same one gives the same words."""
    return moment.isoformat() if moment is not None else ""  # type: ignore[attr-defined]
