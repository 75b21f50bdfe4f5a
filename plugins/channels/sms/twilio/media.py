"""A file of an MMS: fetched from Twilio with the token, which goes no further than there."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.api import (
    Account,
    Media,
    OutboundClient,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    say,
)
from plugins.channels.sms.twilio.api import base_url, credentials, host_of, object_of
from plugins.channels.sms.twilio.errors import PAYLOAD, RETRY, refusal_of

LIMIT = 10 * 1024 * 1024  # an MMS holds 5 MB at most, by Twilio's page on it
STORES = ("*.twilio.com", "*.twiliocdn.com", "*.amazonaws.com")
"""Where Twilio's address of a file redirects to. The token stays behind: see core.outbound."""


def fetch_media(account: Account, media: Media, http: OutboundClient) -> bytes:
    """Download a file. Raises SendFailed: `retry` when Twilio or the line failed, `channel` when
    the token was refused, `payload` when the file is elsewhere, gone or too large.
    """
    if _origin(media.url) != _origin(base_url(account)):
        raise SendFailed(PAYLOAD, "media", say("The file is not at Twilio."))
    try:
        response = http.request(
            "GET",
            media.url,
            headers=credentials(account),
            allow_hosts=(host_of(account), *STORES),
            max_bytes=LIMIT,
        )
    except ResponseTooLarge as error:
        raise SendFailed(
            PAYLOAD, "too_large", say("The file has more than %(limit)s bytes.", limit=LIMIT)
        ) from error
    except OutcomeUnknown as error:
        raise SendFailed(
            RETRY, "media", say("The file could not be fetched: %(reason)s", reason=error.reason)
        ) from error
    if response.status_code == 404:
        raise SendFailed(PAYLOAD, "gone", say("Twilio no longer holds this file."))
    if response.status_code != 200:
        refused = refusal_of(response, object_of(response))
        if isinstance(refused, SendFailed):
            raise refused
        raise SendFailed(RETRY, "media", refused.reason)
    return bytes(response.content)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
