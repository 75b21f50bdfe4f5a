"""How to connect an account, in the order of Meta's own screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Make the account a professional one"),
        say(
            "In the Instagram app: Settings > Account type and tools > Switch to professional. "
            "Then Settings > Messages > Connected tools > Allow access to messages."
        ),
    ),
    SetupStep(
        say("Make an app at Meta"),
        say(
            "developers.facebook.com > My Apps > Create app, use case “Manage messaging and "
            "content on Instagram”. There open Instagram > API setup."
        ),
    ),
    SetupStep(
        say("Copy the ID and make a token"),
        say(
            "API setup > Generate access tokens > Add account. The ID stands beside the account's "
            "name. Where the account is linked to a Facebook page, you may use the page's token "
            "instead, and enter the page's ID as well."
        ),
    ),
    SetupStep(
        say("Copy the app secret"),
        say(
            "On the same screen: Instagram app secret > Show. With a page's token it is App "
            "settings > Basic > App secret."
        ),
    ),
    SetupStep(
        say("Think of a verify token"),
        say("A long random word. You enter the same one at Meta afterwards."),
    ),
)

AFTER = (
    SetupStep(
        say("Tell Meta where to deliver"),
        say(
            "Instagram > API setup > Configure webhooks. Callback URL is this address; Verify "
            "token is the word you thought of. Press Verify and save."
        ),
        shows="webhook_url",
    ),
    SetupStep(
        say("Subscribe the account"),
        say(
            "On the same screen: messages, messaging_postbacks, message_reactions, "
            "messaging_seen, message_edit and standby. Switch the account's own subscription on, "
            "beside its name."
        ),
    ),
    SetupStep(
        say("Ask Meta for access"),
        say(
            "App review > Permissions: instagram_business_manage_messages, with a linked page "
            "instagram_manage_messages and pages_messaging. The feature Human Agent lets your "
            "team answer for seven days instead of one."
        ),
    ),
    SetupStep(
        say("Write to the account"),
        say("From another account: the message appears in the Inbox."),
    ),
)
