"""Files: a picture goes up before it is sent, a buyer's picture or video comes down in a job."""

from __future__ import annotations

from typing import Any

from core.api import (
    Account,
    Media,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    say,
)
from plugins.channels.tiktok_shop.calls import call, media_hosts, versioned
from plugins.channels.tiktok_shop.errors import PAYLOAD, RETRY, refusal_of

MAX_IMAGE = 10 * 1024 * 1024
MAX_VIDEO = 50 * 1024 * 1024


def upload(account: Account, message: OutboundMessage, http: OutboundClient) -> dict[str, Any]:
    """Hand a picture over; what an IMAGE message says of it: `{url, width, height}`.

    Nothing is sent by it, so an upload without an answer is tried again.
    """
    if not message.media_bytes:
        raise SendFailed(PAYLOAD, "no_file", say("The message has no file to send."))
    if len(message.media_bytes) > MAX_IMAGE:
        raise SendFailed(PAYLOAD, "too_large", say("TikTok Shop takes pictures up to 10 MB."))
    mime = (message.media.mime_type if message.media else "") or "image/jpeg"
    files = {"data": (message.media_name or "picture.jpg", message.media_bytes, mime)}
    path = versioned(account, "customer_service", "images/upload")
    try:
        found = call(account, http, "POST", path, files=files, total=40.0)
    except OutcomeUnknown as error:
        raise SendFailed(RETRY, error.code, error.reason) from error
    url = found.get("url")
    if not isinstance(url, str) or not url:
        raise SendFailed(RETRY, "garbage", say("TikTok Shop took the picture but named no URL."))
    sizes = {key: found[key] for key in ("width", "height") if isinstance(found.get(key), int)}
    return {"url": url, **sizes}


def fetch_media(account: Account, media: Media, http: OutboundClient) -> bytes:
    """Download a file by the address that the message named. No token goes with it.

    Raises SendFailed: `retry` when the line failed, `payload` when the file is gone, too large, or
    on a host that isn't listed.
    """
    try:
        answer = http.request(
            "GET",
            media.url,
            allow_hosts=media_hosts(account),
            max_bytes=MAX_VIDEO,
            total=90.0,
        )
    except ResponseTooLarge as error:
        reason = say("The file has more than %(limit)s bytes.", limit=MAX_VIDEO)
        raise SendFailed(PAYLOAD, "too_large", reason) from error
    except OutcomeUnknown as error:
        raise SendFailed(RETRY, error.code, error.reason) from error
    if answer.status_code == 200:
        return bytes(answer.content)
    if answer.status_code in (403, 404, 410):  # links end after hours; no new one can be asked for
        raise SendFailed(PAYLOAD, "gone", say("TikTok Shop no longer has this file."))
    raise refusal_of(answer, None)
