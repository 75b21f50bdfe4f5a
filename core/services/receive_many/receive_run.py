"""One run of common items, as one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.inbound import Counted, InboundMessage, InboundStatus, Item
from core.models import Channel, ChannelFilter
from core.models.base import now
from core.services import channels
from core.services.channel_accounts import fetches_names
from core.services.consent_words import start_words, stop_words
from core.services.receive_many.look_up import look_up, spellings
from core.services.receive_many.messages import take_message
from core.services.receive_many.receipts import take_status
from core.services.receive_many.run import Line, Run, Unusual
from core.services.receive_many.write import write
from core.tenancy.session import TenantSession


def is_common(item: Item) -> bool:
    """Whether items of this type go together; which of them don't shows in a run."""
    return type(item) in _TAKERS


def receive_run(session: TenantSession, channel: Channel, items: Sequence[Item]) -> tuple[int, Run]:
    """Apply `items` up to the first unusual one; how many those are.

    Raises whatever the database does: then nothing of the run is in it, in a savepoint of the
    caller's.
    """
    line = _line(session, channel)
    run = Run(line, look_up(session, channel, line, items), now())
    done = 0
    for item in items:
        try:
            _TAKERS[type(item)](run, item)
        except Unusual:
            break
        done += 1
    write(session, channel, run)
    return done, run


def _line(session: TenantSession, channel: Channel) -> Line:
    is_listing = channel.filter is ChannelFilter.EXCEPT
    module = channel.module
    if module is not None and module.archived_at is not None:
        module = None
    return Line(
        channel_id=channel.id,
        filter=channel.filter,
        listed=spellings(channel.filter_numbers) if is_listing else frozenset(),
        window=channels.adapter_of(session, channel).capabilities.window,
        fetches_names=fetches_names(session, channel),
        module_id=module.id if module else None,
        first_stage=module.stages[0] if module and module.stages else "New",
        stop_words=stop_words(session),
        start_words=start_words(session),
    )


def _take_count(run: Run, item: Counted) -> None:
    run.counts[item.what[:40]] += 1


_TAKERS: dict[type, Callable[[Run, Any], None]] = {
    InboundMessage: take_message,
    InboundStatus: take_status,
    Counted: _take_count,
}
