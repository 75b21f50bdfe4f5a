"""Logging in to Microsoft 365 without a password: a token for the app, by client credentials.

Source: Microsoft's "Authenticate an IMAP, POP or SMTP connection using OAuth".
"""

from __future__ import annotations

import base64
import smtplib

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.email import faults

AUTHORITY = "https://login.microsoftonline.com"
SCOPE = "https://outlook.office365.com/.default"
SECONDS = 15.0


def is_used(account: Account) -> bool:
    """Whether the account logs in with a token."""
    return bool(account.settings.get("oauth_client_id"))


def token(account: Account, http: OutboundClient) -> str:
    """A fresh access token. Raises SendFailed, class retry where no answer came: no mail went."""
    tenant = str(account.settings.get("oauth_tenant") or "")
    try:
        answer = http.request(
            "POST",
            f"{account.settings.get('oauth_authority') or AUTHORITY}/{tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": str(account.settings.get("oauth_client_id")),
                "client_secret": account.secrets.get("oauth_secret", ""),
                "scope": SCOPE,
            },
            total=SECONDS,
        )
    except OutcomeUnknown as error:
        raise SendFailed(faults.RETRY, error.code, error.reason) from None
    try:
        said = answer.json()
    except ValueError:
        said = {}
    found = said.get("access_token") if isinstance(said, dict) else None
    if answer.status_code == 200 and isinstance(found, str):
        return found
    if answer.status_code == 429 or answer.status_code >= 500:
        raise faults.not_now("login.microsoftonline.com", answer.status_code, "")
    detail = said.get("error_description", "") if isinstance(said, dict) else ""
    raise SendFailed(
        faults.CHANNEL,
        str(answer.status_code),
        say(
            "Microsoft refuses the app: %(said)s Compare the directory ID, the application ID and "
            "the client secret, which ends after two years at most.",
            said=faults.words(str(detail).split("Trace ID")[0]),
        ),
    )


def log_in_smtp(client: smtplib.SMTP, user: str, access_token: str) -> None:
    """AUTH XOAUTH2. Raises SMTPAuthenticationError."""
    proof = base64.b64encode(f"user={user}\1auth=Bearer {access_token}\1\1".encode()).decode()
    code, said = client.docmd("AUTH", f"XOAUTH2 {proof}")
    if code == 334:
        code, said = client.docmd("")  # it says why in base64, and waits for an empty line
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, said)
