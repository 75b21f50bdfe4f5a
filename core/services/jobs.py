"""The core's own kinds of background work."""

from __future__ import annotations

from core.jobs.spec import BULK, JobSpec
from core.services import conversations
from core.services.attachments import FetchCall
from core.services.inbox import process
from core.services.send import SendCall

CORE_JOBS = (
    JobSpec("core.process_inbox", run=process),
    JobSpec("core.wake", run=conversations.wake),
    JobSpec("core.send", call=SendCall()),
    JobSpec("core.fetch_media", call=FetchCall(), queue=BULK),
)
