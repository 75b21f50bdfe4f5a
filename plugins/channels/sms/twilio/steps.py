"""How to connect a number, in the order of Twilio's own screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Have a number that takes SMS"),
        say(
            "console.twilio.com > Phone Numbers > Manage > Buy a number, with the capability SMS. "
            "Some countries ask for papers first: Regulatory Compliance."
        ),
    ),
    SetupStep(
        say("Copy Account SID and Auth Token"),
        say("Both stand on the console's first page, under Account Info."),
    ),
    SetupStep(
        say("Allow the countries that you write to"),
        say("Messaging > Settings > Geo permissions. Others are refused with error 21408."),
    ),
)

AFTER = (
    SetupStep(
        say("Nothing to copy"),
        say(
            "The number's “A message comes in” is set by itself, and receipts come with each "
            "message. Where a Messaging Service has a webhook of its own, choose “Defer to "
            "sender's webhook” under its Integration."
        ),
    ),
    SetupStep(
        say("Write to the number"),
        say("From another phone. The first message appears below within seconds."),
    ),
)
