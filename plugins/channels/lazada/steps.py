"""How to connect a shop, said on the screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Create an app"),
        say(
            "open.lazada.com > App Console > Create, of the category Seller In-house App or ERP "
            "System. Under API Permission apply for IM, Order and System."
        ),
    ),
    SetupStep(
        say("Authorise the shop"),
        say(
            "Open the app's authorisation link, log in as the seller and press Authorise. Copy the "
            "word after code= from the address that you come back to, and enter it below within "
            "half an hour."
        ),
    ),
)

AFTER = (
    SetupStep(
        say("Enter the push address"),
        say(
            "App Console > your app > Push Mechanism: this address, press Verify, then subscribe "
            "to Trade Order, Reverse Order and IM. Lazada wants an https certificate of a known "
            "authority."
        ),
        shows="webhook_url",
    ),
    SetupStep(
        say("Write to the shop"),
        say(
            "From another account: Chat with the shop. The first message appears below within "
            "seconds."
        ),
    ),
)
