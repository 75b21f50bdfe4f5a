"""How to connect a mailbox, said on the screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Gmail or Google Workspace"),
        say(
            "Switch on 2-Step Verification at myaccount.google.com > Security, then make an app "
            "password at the address below and put its sixteen letters into Password. Your usual "
            "password is refused."
        ),
        copies="https://myaccount.google.com/apppasswords",
    ),
    SetupStep(
        say("Microsoft 365 (Outlook)"),
        say(
            "Passwords no longer work there. At entra.microsoft.com > App registrations make an "
            "app, give it the application permissions IMAP.AccessAsApp and SMTP.SendAsApp of "
            "Office 365 Exchange Online with admin consent, and make a client secret. Then let it "
            "into the mailbox in PowerShell, as below. Personal outlook.com addresses don't have "
            "this."
        ),
        copies="New-ServicePrincipal -AppId APP -ObjectId OBJECT; "
        "Add-MailboxPermission -Identity shop@example.com -User OBJECT -AccessRights FullAccess",
    ),
    SetupStep(
        say("Own server, or another provider"),
        say(
            "Look for IMAP and SMTP in your provider's help. A server in your own network has to "
            "be named in SAPA_PRIVATE_HOSTS, for example mail.lan:993,mail.lan:587."
        ),
    ),
)

AFTER = (
    SetupStep(
        say("Test the connection"),
        say("It logs in to both servers and changes nothing."),
    ),
    SetupStep(
        say("Write to the address"),
        say(
            "From another mailbox. Mail is fetched every minute. What lay there before stays "
            "where it is: Sapa begins with the next mail, and never moves or marks any."
        ),
    ),
)
