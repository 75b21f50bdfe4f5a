"""Templates that a provider keeps: fetched whole, followed by its webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import select

from core.audit import record
from core.events import ChannelReported, publish
from core.inbound import TemplateChanged
from core.listed_templates import ListedTemplate, TemplateState
from core.models import Channel, NoticeLevel, Template
from core.services import notices
from core.services.templates import STATES, renamed
from core.tenancy.session import TenantSession
from core.words import say

BAD_NEWS = frozenset({TemplateState.REJECTED, TemplateState.PAUSED, TemplateState.DISABLED})


def take_listed(session: TenantSession, channel: Channel, listed: Iterable[ListedTemplate]) -> None:
    """Make the channel's templates what the provider lists, all of it.

    One that it no longer lists is *gone*. What people named differently keeps those names while
    the provider's words stay the same; one that a person archived stays archived.
    """
    known = {row.provider_id: row for row in _known(session, channel)}
    seen = set()
    for one in listed:
        seen.add(one.provider_id)
        row = known.get(one.provider_id)
        if row is None:
            row = _new(session, channel, one)
            known[one.provider_id] = row
        _write(row, one)
        session.flush()
        _settle_notice(session, row)
    for provider_id, row in known.items():
        if provider_id not in seen and row.state is not TemplateState.GONE:
            _move(session, row, TemplateState.GONE, "")
    session.flush()


def take_changed(session: TenantSession, channel: Channel, item: TemplateChanged) -> bool:
    """Apply a provider's decision. False for a template that isn't known here yet: fetch them."""
    row = session.scalar(
        select(Template).where(
            Template.channel_id == channel.id, Template.provider_id == item.provider_id
        )
    )
    if row is None:
        return False
    row.category = (item.category or row.category)[:20]
    row.quality = (item.quality or row.quality)[:20]
    if item.state is not None:
        _move(session, row, item.state, item.reason)
        publish(
            session,
            ChannelReported(
                channel_id=channel.id, what="template", reason=f"{row.name}: {item.state}"
            ),
        )
    session.flush()
    return True


def rename_variables(template: Template, body: str) -> list[str] | None:
    """The variables in the provider's order after a person renamed them in `body`.

    None where more than names changed.
    """
    names = renamed(template.body, body)
    if names is None:
        return None
    return [names.get(name, name) for name in template.variables]


def _known(session: TenantSession, channel: Channel) -> Iterable[Template]:
    return session.scalars(
        select(Template).where(Template.channel_id == channel.id, Template.provider_id.is_not(None))
    )


def _new(session: TenantSession, channel: Channel, one: ListedTemplate) -> Template:
    row = Template(
        name=_free_name(session, channel, one),
        body="",
        channel_id=channel.id,
        provider_id=one.provider_id[:64],
    )
    session.add(row)
    return row


def _free_name(session: TenantSession, channel: Channel, one: ListedTemplate) -> str:
    """The provider's name, with the language and the channel where that is taken."""
    candidates = (
        one.name,
        f"{one.name} ({one.language})",
        f"{one.name} ({one.language}, {channel.name})",
        f"{one.name} ({one.provider_id})",
    )
    for name in (candidate[:80] for candidate in candidates):
        if session.scalar(select(Template.id).where(Template.name == name)) is None:
            return name
    return one.provider_id[:80]


def _write(row: Template, one: ListedTemplate) -> None:
    """The provider's words and what it says of them."""
    if not row.body or renamed(one.body, row.body) is None or not _fits(row, one):
        row.body, row.variables = one.body, list(one.variables)
    row.slots = [asdict(slot) for slot in one.slots]
    row.provider_name, row.language = one.name[:120], one.language[:12]
    row.category, row.quality = one.category[:20], one.quality[:20]
    row.state = one.state
    row.reason = _reason(one.state, one.obstacle or one.reason)


def _fits(row: Template, one: ListedTemplate) -> bool:
    """Whether the names that people gave still belong to the same variables."""
    names = renamed(one.body, row.body) or {}
    return row.variables == [names.get(name, name) for name in one.variables]


def _reason(state: TemplateState, said: str) -> str:
    if state is TemplateState.APPROVED:
        return said[:500]
    return f"{STATES[state]} {said}".strip()[:500]


def _move(session: TenantSession, row: Template, state: TemplateState, said: str) -> None:
    if state is row.state and state is not TemplateState.APPROVED:
        row.reason = _reason(state, said)
        return
    is_obstructed = row.state is TemplateState.APPROVED and state is TemplateState.APPROVED
    record(session, "provider decided", row, {"state": (row.state, state)})
    row.state = state
    if not is_obstructed:
        row.reason = _reason(state, said)
    session.flush()
    _settle_notice(session, row)


def _settle_notice(session: TenantSession, row: Template) -> None:
    """Tell the administrators of bad news, once; close the notice when it is over."""
    key = f"template:{row.id}"
    if row.state in BAD_NEWS and row.archived_at is None:
        notices.notify(
            session,
            key,
            say("The template “%(template)s” can't be sent", template=row.name),
            row.reason,
            href=f"/templateview/show/{row.id}",
            level=NoticeLevel.WARNING,
        )
    else:
        notices.settle(session, key)
