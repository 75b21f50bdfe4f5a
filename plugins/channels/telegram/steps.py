"""How to connect a bot, said on the screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Make a bot"),
        say(
            "In Telegram open @BotFather and send /newbot. It asks for the name that customers "
            "see and for a user name that ends with “bot”."
        ),
    ),
    SetupStep(
        say("Copy its token"),
        say(
            "@BotFather answers with it: digits, a colon, letters. Of a bot that you have: "
            "/mybots > your bot > API Token. Another program that reads the same bot stops "
            "receiving."
        ),
    ),
    SetupStep(
        say("Have an address that Telegram reaches"),
        say(
            "Telegram delivers only to https addresses on the internet: SAPA_BASE_URL must be one."
        ),
    ),
)

AFTER = (
    SetupStep(
        say("Nothing to copy"),
        say("Telegram is told where to deliver by itself. Test the connection to see it."),
    ),
    SetupStep(
        say("Write to the bot"),
        say(
            "From another account: open t.me/ and the bot's user name, press Start, write. The "
            "message appears in the Inbox within seconds."
        ),
    ),
    SetupStep(
        say("Show it to customers"),
        say(
            "Put the t.me link where they look for you. A bot can't write first: a customer has "
            "to open it once."
        ),
    ),
)
