"""Forms as Twilio posts them.

Source: "Twilio's request to your incoming message webhook URL", "Track outbound message status".
"""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

Form = dict[str, str]

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
OWN = "+15005550006"


def new_sid(prefix: str = "SM") -> str:
    """An id of Twilio's form, new each time."""
    return prefix + secrets.token_hex(16)


def inbound(sender: str, text: str, *files: tuple[str, str], **more: str) -> Form:
    """A message that came in; `files` are (address, type), `more` replaces or adds fields."""
    sid = more.pop("MessageSid", None) or new_sid("MM" if files else "SM")
    form = {
        "ToCountry": "US",
        "SmsMessageSid": sid,
        "NumMedia": str(len(files)),
        "FromCountry": "ID",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": text,
        "To": OWN,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }
    for index, (url, mime_type) in enumerate(files):
        form |= {f"MediaUrl{index}": url, f"MediaContentType{index}": mime_type}
    return form | more


def status(sid: str, state: str, to: str, code: int = 0) -> Form:
    """How far a message of ours got."""
    form = {
        "SmsSid": sid,
        "SmsStatus": state,
        "MessageStatus": state,
        "To": to,
        "MessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": OWN,
        "ApiVersion": "2010-04-01",
    }
    return form | ({"ErrorCode": str(code)} if code else {})


def encoded(form: Form) -> bytes:
    """The body that is posted."""
    return urlencode(form).encode()
