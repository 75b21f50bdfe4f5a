"""What people do with a broadcast: write one, start it, pause it, send what failed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from core.api import (
    Channel,
    Message,
    MessageState,
    NotFound,
    Refused,
    Template,
    TenantSession,
    current_actor,
    now,
    record,
    say,
    tell,
    templates,
)
from plugins.automation.broadcasts import audience, listing, pacing, saved, sending
from plugins.automation.broadcasts.models import (
    Broadcast,
    BroadcastState,
    Recipient,
    RecipientState,
)

LONGEST = 4096
OVER = (BroadcastState.DONE, BroadcastState.CANCELLED)


def get(session: TenantSession, broadcast_id: int) -> Broadcast:
    """One broadcast. Raises NotFound."""
    found = session.get(Broadcast, broadcast_id)
    if found is None:
        raise NotFound(say("There is no such broadcast."))
    return found


def create(
    session: TenantSession, wanted: Mapping[str, Any], content: bytes | None = None
) -> Broadcast:
    """Write a broadcast down and look at its audience. Nothing is sent before `start`.

    `wanted` has name, audience, template, text, channels, per_minute, and `save_as` where the
    filter is to be kept by that name; `content` is the file of the audience `file`. Refused, with
    the field.
    """
    name = str(wanted.get("name") or "").strip()
    if not name or len(name) > 120:
        raise Refused(say("Give it a name of up to 120 characters."), "name")
    broadcast = Broadcast(
        name=name,
        audience=audience.checked(session, wanted.get("audience") or {}),
        per_minute=_pace(wanted.get("per_minute")),
        channel_ids=_channels(session, wanted.get("channels") or ()),
        created_by=current_actor().name[:160],
        **_message(session, wanted),
    )
    session.add(broadcast)
    session.flush()
    if name := str(wanted.get("save_as") or "").strip():
        kept = saved.save(session, name, broadcast.audience)
        broadcast.audience = {**broadcast.audience, "name": kept.name}
    if broadcast.audience["kind"] == "file":
        if not content:
            raise Refused(say("Choose a file."), "file")
        audience.read_file(session, broadcast, content)
    record(session, "create", broadcast)
    listing.begin(session, broadcast)
    return broadcast


def start(session: TenantSession, broadcast: Broadcast) -> None:
    """Begin to send, or go on after a pause."""
    _lock(session, broadcast)
    if broadcast.state is BroadcastState.SENDING:
        return
    if broadcast.state is BroadcastState.LISTING:
        raise Refused(say("Who gets it is still being worked out: wait a moment."))
    if broadcast.state in OVER:
        raise Refused(say("This broadcast is over."))
    _send(session, broadcast, "start" if broadcast.started_at is None else "resume")


def pause(session: TenantSession, broadcast: Broadcast) -> None:
    """Queue no more. What is queued already leaves within seconds."""
    _lock(session, broadcast)
    if broadcast.state is BroadcastState.PAUSED:
        return
    if broadcast.state is not BroadcastState.SENDING:
        raise Refused(say("Only a broadcast that is being sent can be paused."))
    _move(session, broadcast, BroadcastState.PAUSED, "pause")


def cancel(session: TenantSession, broadcast: Broadcast) -> None:
    """Send nobody else anything. What was sent stays sent."""
    _lock(session, broadcast)
    if broadcast.state in OVER:
        raise Refused(say("This broadcast is over."))
    broadcast.finished_at = now()
    _move(session, broadcast, BroadcastState.CANCELLED, "cancel")


def retry_failed(session: TenantSession, broadcast: Broadcast) -> int:
    """Send to those again whose message failed, and to nobody else; how many.

    A message whose fate is unknown is left: they may have it.
    """
    _lock(session, broadcast)
    if broadcast.state in (BroadcastState.LISTING, BroadcastState.READY):
        raise Refused(say("Nothing of this broadcast was sent yet."))
    failed = select(Message.id).where(Message.state == MessageState.FAILED)
    changed: Any = session.execute(
        update(Recipient)
        .where(
            Recipient.broadcast_id == broadcast.id,
            Recipient.state == RecipientState.QUEUED,
            Recipient.message_id.in_(failed),
        )
        .values(state=RecipientState.WAITING, message_id=None, attempts=Recipient.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if not changed.rowcount:
        raise Refused(say("None of its messages failed."))
    _send(session, broadcast, "retry")
    return int(changed.rowcount)


def _send(session: TenantSession, broadcast: Broadcast, action: str) -> None:
    broadcast.started_at = broadcast.started_at or now()
    broadcast.finished_at = None
    _move(session, broadcast, BroadcastState.SENDING, action)
    sending.begin(session, broadcast)


def _move(session: TenantSession, broadcast: Broadcast, state: BroadcastState, action: str) -> None:
    before, broadcast.state, broadcast.reason = broadcast.state, state, ""
    broadcast.turn += 1  # the job of an earlier turn finds that it is over
    session.flush()
    record(session, action, broadcast, {"state": (before, state)})
    tell(session, "broadcast", broadcast=broadcast.id)


def _lock(session: TenantSession, broadcast: Broadcast) -> None:
    session.flush()
    session.refresh(broadcast, with_for_update={"of": Broadcast})


def _pace(value: Any) -> int:
    try:
        pace = int(value or 600)
    except (TypeError, ValueError):
        pace = 0
    if not pacing.SLOWEST <= pace <= pacing.FASTEST:
        raise Refused(
            say("Give a pace of 1 to %(most)s a minute.", most=pacing.FASTEST), "per_minute"
        )
    return pace


def _channels(session: TenantSession, chosen: Any) -> list[int]:
    wanted = {int(each) for each in chosen}
    living = select(Channel.id).where(Channel.id.in_(wanted), Channel.archived_at.is_(None))
    known = set(session.scalars(living)) if wanted else set()
    if wanted - known:
        raise Refused(say("One of these channels is gone: choose again."), "channels")
    return sorted(known)


def _message(session: TenantSession, wanted: Mapping[str, Any]) -> dict[str, Any]:
    if wanted.get("template"):
        template = session.get(Template, int(wanted["template"]))
        if template is None or template.archived_at is not None:
            raise Refused(say("This template is gone: choose another."), "template")
        if obstacle := templates.why_not(template):
            raise Refused(obstacle, "template")
        _check_names([*templates.variables_of(template.body), *template.variables], "template")
        return {"template_id": template.id}
    text = str(wanted.get("text") or "").replace("\r\n", "\n").strip()
    if not text:
        raise Refused(say("Choose a template, or write the message."), "text")
    if len(text) > LONGEST:
        raise Refused(say("Up to %(longest)s characters.", longest=LONGEST), "text")
    _check_names(templates.variables_of(text), "text")
    return {"text": text}


def _check_names(names: list[str], field: str) -> None:
    unknown = [name for name in dict.fromkeys(names) if name not in sending.VARIABLES]
    if unknown:
        raise Refused(
            say(
                "A broadcast can't fill %(unknown)s. It knows %(known)s.",
                unknown=", ".join(f"{{{name}}}" for name in unknown),
                known=", ".join(f"{{{name}}}" for name in sending.VARIABLES),
            ),
            field,
        )
