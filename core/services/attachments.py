"""Fetching a message's files from its provider, at once, in a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.adapter import Account, FetchesMedia
from core.inbound import Media
from core.jobs.spec import RetryAt
from core.live import tell
from core.models import Attachment, AttachmentState, Message
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.services import channels
from core.tenancy.session import TenantSession
from core.words import say


@dataclass(frozen=True)
class Claimed:
    """What the fetch needs, taken out of the database."""

    adapter: FetchesMedia
    account: Account
    media: Media
    http: OutboundClient


class FetchCall:
    """Fetching is a GET: repeated safely, so a time-out is simply tried again."""

    timeout = 120.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        attachment = session.get(Attachment, payload["attachment_id"])
        if attachment is None or attachment.state is not AttachmentState.PENDING:
            return None
        message = session.get_one(Message, attachment.message_id)
        channel = message.channel
        adapter = channels.adapter_of(session, channel)
        if not isinstance(adapter, FetchesMedia):
            _fail(session, attachment, say("This channel's files can't be fetched."))
            return None
        ref = attachment.provider_ref
        return Claimed(
            adapter=adapter,
            account=channels.account_of(session, channel),
            media=Media(
                kind=attachment.kind,
                provider_id=ref.get("id", ""),
                url=ref.get("url", ""),
                mime_type=attachment.mime_type,
                sha256=ref.get("sha256", ""),
                filename=attachment.name,
            ),
            http=session.desk.outbound,
        )

    def call(self, claimed: Claimed) -> bytes:
        return claimed.adapter.fetch_media(claimed.account, claimed.media, claimed.http)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, result: bytes
    ) -> None:
        attachment = session.get(Attachment, payload["attachment_id"])
        if attachment is None:
            return
        attachment.sha256 = session.desk.media.put(session.tenant_id, result)
        attachment.size = len(result)
        attachment.state = AttachmentState.STORED
        session.flush()
        _tell(session, attachment)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        attachment = session.get(Attachment, payload["attachment_id"])
        if attachment is None:
            return None
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, str(error))
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(None, error.reason)
        reason = (
            error.reason if isinstance(error, SendFailed) else say("The file could not be read.")
        )
        _fail(session, attachment, reason)
        return None


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The last attempt is used up."""
    attachment = session.get(Attachment, payload["attachment_id"])
    if attachment is not None and attachment.state is AttachmentState.PENDING:
        _fail(session, attachment, say("The provider did not hand the file over."))


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that a fetch needs: that of its channel's kind."""
    attachment = session.get(Attachment, payload["attachment_id"])
    if attachment is None:
        return "core"  # erased: let the job end
    message = session.get_one(Message, attachment.message_id)
    return session.desk.host.owner_of_kind(message.channel.kind)


def _fail(session: TenantSession, attachment: Attachment, reason: str) -> None:
    attachment.state = AttachmentState.FAILED
    attachment.reason = reason[:300]
    session.flush()
    _tell(session, attachment)


def _tell(session: TenantSession, attachment: Attachment) -> None:
    message = session.get_one(Message, attachment.message_id)
    tell(
        session,
        "message",
        conversation=message.conversation_id,
        channel=message.channel_id,
        message=message.id,
    )
