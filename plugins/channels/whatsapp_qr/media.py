"""A message's file, fetched from the gateway in a job."""

from __future__ import annotations

from core.api import (
    Account,
    Media,
    OutboundClient,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    say,
)
from plugins.channels.whatsapp_qr.errors import PAYLOAD, RETRY
from plugins.channels.whatsapp_qr.gateway import call, download, results_of, static_path
from plugins.channels.whatsapp_qr.send import FILES


def fetch_media(account: Account, media: Media, http: OutboundClient) -> bytes:
    """Download a file. `media.url` is GOWA's file path, or its download call where it has none yet.

    Raises SendFailed: `retry` when the gateway or the line failed, `channel` when it refuses the
    credentials, `payload` when the file itself is wrong or gone.
    """
    limit = FILES[media.kind][2] if media.kind in FILES else 0
    address = media.url
    try:
        if address.startswith("message/"):
            found = results_of(call(account, http, "GET", address, total=60.0))
            address = str(found.get("file_url") or found.get("file_path") or "")
        path = static_path(account, address)
        if not path:
            raise SendFailed(PAYLOAD, "media", say("The gateway names no file of its own."))
        return download(account, http, path, limit)
    except ResponseTooLarge as error:
        raise SendFailed(
            PAYLOAD, "too_large", say("The file has more than %(limit)s bytes.", limit=limit)
        ) from error
    except OutcomeUnknown as error:
        raise SendFailed(
            RETRY, "media", say("The file could not be fetched: %(error)s", error=error)
        ) from error
