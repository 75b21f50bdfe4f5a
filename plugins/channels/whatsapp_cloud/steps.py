"""How to connect a number, in the order of Meta's own screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Make an app at Meta"),
        say(
            "developers.facebook.com > My Apps > Create app, use case “Connect with customers "
            "through WhatsApp”. There open WhatsApp > API Setup and add the number."
        ),
    ),
    SetupStep(
        say("Copy the two IDs"),
        say(
            "Phone number ID and WhatsApp Business Account ID stand on API Setup, below the "
            "number. Neither is the number itself."
        ),
    ),
    SetupStep(
        say("Make a token that lasts"),
        say(
            "business.facebook.com > Settings > Users > System users: add one, assign it the app "
            "and the WhatsApp account, then Generate token with whatsapp_business_messaging and "
            "whatsapp_business_management."
        ),
    ),
    SetupStep(say("Copy the app secret"), say("App settings > Basic > App secret > Show.")),
    SetupStep(
        say("Think of a verify token"),
        say("A long random word. You enter the same one at Meta afterwards."),
    ),
)

AFTER = (
    SetupStep(
        say("Tell Meta where to deliver"),
        say(
            "WhatsApp > Configuration > Webhook > Edit. Callback URL is this address; Verify "
            "token is the word you thought of. Press Verify and save."
        ),
        shows="webhook_url",
    ),
    SetupStep(
        say("Subscribe"),
        say(
            "On the same screen: messages, message_template_status_update, account_update, "
            "account_alerts, phone_number_quality_update and business_capability_update. Where "
            "the number is also in the WhatsApp Business app: smb_message_echoes, "
            "smb_app_state_sync and history, too."
        ),
    ),
    SetupStep(
        say("Write to the number"), say("From another phone: the message appears in the Inbox.")
    ),
)
