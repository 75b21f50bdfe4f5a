"""E-mail: a mailbox read by IMAP and answered by SMTP."""

from collections.abc import Sequence
from typing import Any

from core.api import (
    Adapter,
    JobSpec,
    Manifest,
    Message,
    MessageNote,
    Periodic,
    ViewDecl,
    hookimpl,
)
from plugins.channels.email import notes
from plugins.channels.email.adapter import EmailAdapter
from plugins.channels.email.models import MailFolder
from plugins.channels.email.poll import JOBS
from plugins.channels.email.views import OriginalView

manifest = Manifest(
    name="email",
    title="E-mail",
    version="0.1.0",
    family="channels",
    summary="A mailbox in the inbox: threads, files, bounces, and HTML that can do no harm.",
    default_enabled=True,
    migrations="plugins.channels.email.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return [MailFolder]


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [EmailAdapter()]


@hookimpl
def jobs() -> Sequence[JobSpec | Periodic]:
    return JOBS


@hookimpl
def views() -> Sequence[ViewDecl]:
    return [ViewDecl(view=OriginalView)]


@hookimpl
def message_notes(message: Message) -> Sequence[MessageNote]:
    return notes.notes_of(message)
