"""Labels on contacts: put on, taken off, read for many at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select

from core.audit import record
from core.errors import Refused
from core.events import LabelPut, publish
from core.models import Contact, Label, contact_label
from core.tenancy.session import TenantSession
from core.words import say

# the join table has no class: its statements bear the tenant's criterion themselves
_OWN_WALL = {"tenant_unsafe": True}
LONGEST_NAME = 40
COLORS = ("teal", "blue", "orange", "purple", "green", "pink", "yellow", "red", "azure")


def labels_of(session: TenantSession, contacts: Sequence[Contact]) -> dict[int, list[Label]]:
    """The labels of each contact, by its id, in the order of their names."""
    found: dict[int, list[Label]] = {contact.id: [] for contact in contacts}
    rows = session.execute(
        select(contact_label.c.contact_id, Label)
        .join(Label, Label.id == contact_label.c.label_id)
        .where(
            contact_label.c.tenant_id == session.tenant_id,
            contact_label.c.contact_id.in_(found),
            Label.tenant_id == session.tenant_id,
        )
        .order_by(Label.name),
        execution_options=_OWN_WALL,
    )
    for contact_id, label in rows:
        found[contact_id].append(label)
    return found


def find(session: TenantSession, name: str) -> Label | None:
    """The label of a name, however it is capitalised."""
    name = " ".join(name.split()).lower()
    return session.scalar(
        select(Label).where(func.lower(Label.name) == name).order_by(Label.id).limit(1)
    )


def named(session: TenantSession, name: str) -> Label:
    """The label of a name; a new one where there is none. Refused: no name, or too long."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refused(
            say("Name the label, with up to %(longest_name)s letters.", longest_name=LONGEST_NAME),
            "name",
        )
    found = find(session, name)
    if found is not None:
        return found
    count = session.scalar(select(func.count(Label.id))) or 0
    label = Label(name=name, color=COLORS[count % len(COLORS)])
    session.add(label)
    session.flush()
    record(session, "create", label)
    return label


def put_label(session: TenantSession, contact: Contact, label: Label) -> None:
    """Put a label on a contact; twice is once."""
    if label in labels_of(session, [contact])[contact.id]:
        return
    session.execute(
        insert(contact_label).values(
            tenant_id=session.tenant_id, contact_id=contact.id, label_id=label.id
        ),
        execution_options=_OWN_WALL,
    )
    record(session, "label", contact, {"label": ("", label.name)})
    publish(session, LabelPut(contact_id=contact.id, label_id=label.id))


def take_label(session: TenantSession, contact: Contact, label: Label) -> None:
    """Take a label off a contact; one that isn't there stays away."""
    if label not in labels_of(session, [contact])[contact.id]:
        return
    session.execute(
        delete(contact_label).where(
            contact_label.c.tenant_id == session.tenant_id,
            contact_label.c.contact_id == contact.id,
            contact_label.c.label_id == label.id,
        ),
        execution_options=_OWN_WALL,
    )
    record(session, "label", contact, {"label": (label.name, "")})
