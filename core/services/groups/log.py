"""The log of who belongs together: written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Sequence

from core.audit import current_actor
from core.models import Customer, MergedContact, MergeEvent, MergeKind
from core.services.groups.picture import Picture, picture_of
from core.tenancy.bulk import insert_unnamed
from core.tenancy.session import TenantSession


def log_event(
    session: TenantSession,
    kind: MergeKind,
    customer: Customer,
    before: Picture,
    *,
    customer_ids: Sequence[int] = (),
    is_automatic: bool = False,
    reason: str = "",
    evidence: Sequence[str] = (),
    undoes: MergeEvent | None = None,
    idempotency_key: str | None = None,
    request: str = "",
) -> MergeEvent:
    """Write what was done to all that `before` shows, with how it stands now.

    `customer_ids` are customers that `before` could not show yet: a group that is new. `evidence`
    holds codes, never a value of a person's.
    """
    touched = {*map(int, before["customers"]), customer.id, *customer_ids}
    contacts = sorted(map(int, before["contacts"]))
    actor = current_actor()
    event = MergeEvent(
        user_id=actor.user_id,
        actor=actor.name[:80],
        kind=kind,
        customer_id=customer.id,
        is_automatic=is_automatic,
        reason=" ".join(reason.split())[:300],
        evidence=list(evidence),
        before=before,
        after=picture_of(session, touched, contacts),
        undoes_id=undoes.id if undoes else None,
        idempotency_key=idempotency_key,
        request=request,
    )
    session.add(event)
    session.flush()
    insert_unnamed(
        session,
        MergedContact,
        [{"event_id": event.id, "contact_id": contact_id} for contact_id in contacts],
    )
    return event
