"""Links by which a customer opts out without a login: the contact's uuid, and our tag on it."""

from __future__ import annotations

import base64
import binascii
from typing import Protocol
from uuid import UUID

from core.secrets import SecretBox
from core.tenancy.session import TenantSession

PURPOSE = "opt-out link"
TAG = 16  # characters


class HasUuid(Protocol):
    """A contact, or what was read of one."""

    @property
    def uuid(self) -> UUID:
        """The contact's."""


def opt_out_link(session: TenantSession, contact: HasUuid) -> str:
    """The address to put into a message to this contact. It stays good for ever, as the law asks.

    38 characters after the host: it must fit into an SMS.
    """
    body = base64.urlsafe_b64encode(contact.uuid.bytes).decode().rstrip("=")
    tag = session.desk.box.tag(body, PURPOSE)
    return f"{session.desk.settings.public_url}/o/{body}{tag}"


def contact_uuid(box: SecretBox, token: str) -> UUID | None:
    """Whose link this is; None for one that we never wrote."""
    body, tag = token[:-TAG], token[-TAG:]
    if not box.is_tag(tag, body, PURPOSE):
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(body + "=="))
    except (ValueError, binascii.Error):
        return None
