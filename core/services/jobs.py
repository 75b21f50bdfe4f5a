"""The core's own kinds of background work."""

from __future__ import annotations

from datetime import timedelta

from core.jobs.queues import BULK
from core.jobs.spec import JobSpec
from core.services import attachments, conversations, inbox, receipts, send

CORE_JOBS = (
    JobSpec("core.process_inbox", run=inbox.process, plugin_of=inbox.plugin_of),
    JobSpec("core.wake", run=conversations.wake),
    JobSpec(
        "core.send",
        call=send.SendCall(),
        plugin_of=send.plugin_of,
        on_dead=send.give_up,
        on_stale=send.end_as_stale,
        stale_after=timedelta(hours=24),
    ),
    JobSpec(
        "core.fetch_media",
        call=attachments.FetchCall(),
        queue=BULK,
        plugin_of=attachments.plugin_of,
        on_dead=attachments.give_up,
    ),
    JobSpec("core.look_again", run=receipts.look_again, queue=BULK),
)
