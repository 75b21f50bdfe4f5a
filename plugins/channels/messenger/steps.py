"""How to connect a page, in the order of Meta's own screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Make an app at Meta"),
        say(
            "developers.facebook.com > My Apps > Create app, use case “Engage with customers on "
            "Messenger”. One app serves several pages."
        ),
    ),
    SetupStep(
        say("Copy the page's ID"),
        say("Open the Facebook page > About > Page transparency. It has digits only."),
    ),
    SetupStep(
        say("Make a token for the page"),
        say(
            "In the app: Messenger > Messenger API settings > Access tokens > Add page, then "
            "Generate. You need full control of the page."
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
            "Messenger > Messenger API settings > Configure webhooks. Callback URL is this "
            "address; Verify token is the word you thought of. Press Verify and save."
        ),
        shows="webhook_url",
    ),
    SetupStep(
        say("Subscribe the page"),
        say(
            "On the same screen, beside the page: Add subscriptions. Tick messages, "
            "message_echoes, message_deliveries, message_reads, message_reactions, message_edits, "
            "messaging_postbacks and standby."
        ),
    ),
    SetupStep(
        say("Ask Meta for access"),
        say(
            "App review > Permissions: pages_messaging, so that everybody can write and not only "
            "people with a role in the app. The feature Human Agent lets your team answer for "
            "seven days instead of one; Business Asset User Profile Access tells their names."
        ),
    ),
    SetupStep(
        say("Write to the page"), say("From another account: the message appears in the Inbox.")
    ),
)
