"""Testing a connection: both servers, the login, the folders, the sender's address. Reads only."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import suppress

from core.api import Account, Finding, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.email import faults, mailbox
from plugins.channels.email.lines import imap, setting, smtp, user


def check_connection(account: Account, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings about reading, then about sending: one may work without the other."""
    yield from _reading(account, http)
    yield from _sending(account, http)


def _reading(account: Account, http: OutboundClient) -> Iterator[Finding]:
    host = setting(account, "imap_host")
    what = say("%(host)s lets %(user)s read (IMAP)", host=host, user=user(account))
    try:
        with imap(account, http) as box:
            box.folder.set(mailbox.INBOX, readonly=True)
            yield Finding(what, True)
            sent = mailbox.sent_folder(box)
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(what, False, _advice(error, "imap", account))
        return
    if account.settings.get("reads_sent"):
        found = say("There is a folder of sent mail: %(name)s", name=sent or "?")
        lacking = say(
            "What is answered from other mail programs won't be seen here. Mark a folder as the "
            "one for sent mail at your provider, or switch this off in the settings."
        )
        yield Finding(found, bool(sent), "" if sent else lacking)


def _sending(account: Account, http: OutboundClient) -> Iterator[Finding]:
    host = setting(account, "smtp_host")
    what = say("%(host)s lets %(user)s send (SMTP)", host=host, user=user(account))
    try:
        client = smtp(account, http)
    except (SendFailed, OutcomeUnknown) as error:
        yield Finding(what, False, _advice(error, "smtp", account))
        return
    yield Finding(what, True)
    try:
        code, said = client.mail(account.own_address)
        client.rset()
    except (OSError, smtplib.SMTPException):
        return
    finally:
        with suppress(OSError, smtplib.SMTPException):
            client.close()
    own = say("It takes %(address)s as the sender", address=account.own_address)
    advice = say(
        "It says: %(said)s Correct the e-mail address, or let this user send as it.",
        said=faults.words(said),
    )
    yield Finding(own, code == 250, "" if code == 250 else advice)


def _advice(error: SendFailed | OutcomeUnknown, kind: str, account: Account) -> str:
    port = account.settings.get(f"{kind}_port")
    if error.code in ("unreachable", "unknown_host", "line"):
        return say(
            "%(reason)s Compare the server's name and port (%(port)s) with your provider's help; "
            "a port that expects the other security answers nothing.",
            reason=error.reason,
            port=port,
        )
    return error.reason
