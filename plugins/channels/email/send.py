"""One mail to the SMTP server, and what its answers mean."""

from __future__ import annotations

import smtplib
from contextlib import suppress

from core.api import (
    Accepted,
    Account,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
    say,
)
from plugins.channels.email import faults
from plugins.channels.email.compose import Letter, compose
from plugins.channels.email.lines import SmtpLine, setting, smtp

MIB = 1024 * 1024
LARGEST_FILE = 18 * MIB
"""With the third that base64 adds it stays below the 25 MB that Gmail and Outlook take."""

LIMITS = dict.fromkeys(
    (MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.AUDIO, MessageKind.DOCUMENT), LARGEST_FILE
)
TAKEN = (250, 251, 252)


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Hand one mail over. Raises SendFailed, and OutcomeUnknown where the answer got lost."""
    if message.template is not None:
        reason = say("E-mail has no approved templates: write a text.")
        raise SendFailed(faults.PAYLOAD, "template", reason)
    letter = compose(account, message)
    client = smtp(account, http)
    try:
        _hand_over(account, client, letter)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            client.close()
    return Accepted(letter.message_id)


def _hand_over(account: Account, client: SmtpLine, letter: Letter) -> None:
    host = setting(account, "smtp_host")
    content = letter.mail.as_bytes()
    try:
        _begin(account, client, letter, len(content))
        code, said = client.docmd("DATA")
    except (OSError, smtplib.SMTPException) as error:
        raise faults.line_failed(host, error) from None
    if code != 354:
        raise faults.refused(faults.PAYLOAD, host, code, said)
    client.clock.patience *= 3  # many look for viruses before they answer
    try:
        client.send(_dotted(content))
        code, said = client.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise _unknown(host, type(error).__name__) from None
    if code in TAKEN:
        return
    if code < 400:
        raise _unknown(host, faults.words(said) or "?")
    raise faults.refused(faults.PAYLOAD, host, code, said)


def _begin(account: Account, client: smtplib.SMTP, letter: Letter, size: int) -> None:
    """The envelope. A copy that is refused doesn't keep the mail from the customer."""
    host = setting(account, "smtp_host")
    options = [f"SIZE={size}"] if client.has_extn("size") else []
    code, said = client.mail(account.own_address, options)
    if code not in TAKEN:
        is_size = code == 552 or faults.enhanced(said) == "5.3.4"
        raise faults.refused(faults.PAYLOAD if is_size else faults.CHANNEL, host, code, said)
    code, said = client.rcpt(letter.to)
    if code not in TAKEN:
        raise faults.refused(faults.RECIPIENT, host, code, said)
    for copy in letter.copies:
        client.rcpt(copy)


def _unknown(host: str, why: str) -> OutcomeUnknown:
    reason = say("%(host)s got the mail and gave no answer (%(why)s).", host=host, why=why)
    return OutcomeUnknown("no_answer", reason)


def _dotted(content: bytes) -> bytes:
    """With a dot before each line that begins with one, and the end of the mail (RFC 5321)."""
    lines = content.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    return b"\r\n".join(b"." + line if line[:1] == b"." else line for line in lines) + b"\r\n.\r\n"
