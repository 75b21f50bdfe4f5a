"""Audiences that are kept by a name, and what any audience is called on a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.api import Label, NotFound, Refused, TenantSession, record, say, say_many
from plugins.automation.broadcasts.models import SavedAudience

DAYS = ("wrote_within", "silent_for", "ordered_within")


def all_of(session: TenantSession) -> Sequence[SavedAudience]:
    """Every saved audience, by name."""
    return session.scalars(select(SavedAudience).order_by(SavedAudience.name)).all()


def of(session: TenantSession, audience_id: Any) -> dict[str, Any]:
    """The filter that was saved, as a broadcast stores it. Refused, field `saved`: it is gone."""
    is_id = isinstance(audience_id, int) or str(audience_id).isdecimal()
    found = session.get(SavedAudience, int(audience_id)) if is_id else None
    if found is None:
        raise Refused(say("Choose one of the saved filters."), "saved")
    return {**found.audience, "name": found.name}


def save(session: TenantSession, name: str, audience: Mapping[str, Any]) -> SavedAudience:
    """Keep a filter by a name; one of the same name is written anew. Refused, field `save_as`."""
    name = " ".join(name.split())
    if audience.get("kind") != "filter":
        raise Refused(say("Only a filter can be saved: choose “Some of them”."), "save_as")
    if not name or len(name) > 80:
        raise Refused(say("Give the filter a name of up to 80 characters."), "save_as")
    kept = {key: value for key, value in audience.items() if key != "name"}
    found = session.scalar(select(SavedAudience).where(SavedAudience.name == name))
    if found is None:
        found = SavedAudience(name=name, audience=kept)
        session.add(found)
        session.flush()
        record(session, "create", found)
    elif found.audience != kept:
        found.audience = kept
        session.flush()
        record(session, "edit", found)
    return found


def forget(session: TenantSession, audience_id: int) -> None:
    """Drop a saved filter; broadcasts that used it keep theirs. Raises NotFound."""
    found = session.get(SavedAudience, audience_id)
    if found is None:
        raise NotFound(say("There is no such saved filter."))
    record(session, "delete", found)
    session.delete(found)
    session.flush()


def in_words(session: TenantSession, audience: Mapping[str, Any]) -> list[str]:
    """What an audience is, piece by piece, for a person: its name first, where it has one."""
    kind, name = audience.get("kind"), str(audience.get("name") or "")
    if kind == "file":
        return [say("A file"), *([name] if name else [])]
    if kind != "filter":
        return [say("All customers")]
    pieces: list[str] = [name] if name else []
    if ids := audience.get("labels"):
        known = session.scalars(select(Label.name).where(Label.id.in_(ids)).order_by(Label.name))
        labels = ", ".join(known)
        if labels:
            pieces.append(say("Labelled %(labels)s", labels=labels))
        else:
            pieces.append(say("With a label that is gone"))
    for field in DAYS:
        if days := audience.get(field):
            pieces.append(_days(field, int(days)))
    return pieces


def _days(field: str, days: int) -> str:
    if field == "wrote_within":
        return say_many("Wrote in the last day", "Wrote in the last %(num)d days", days)
    if field == "silent_for":
        return say_many("Silent for a day", "Silent for %(num)d days", days)
    return say_many("Ordered in the last day", "Ordered in the last %(num)d days", days)
