"""How to connect a shop, said on the screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Create an app"),
        say(
            "partner.tiktokshop.com > App & Service > Create app, for sellers in your country. "
            "Tokopedia shops in Indonesia are connected here too: Tokopedia's own API has moved "
            "to this Partner Center."
        ),
    ),
    SetupStep(
        say("Give it the scopes"),
        say(
            "Under Manage API add Customer Service, Order Information, Shop Authorized "
            "Information and Event Subscription. Customer Service is granted on request: say "
            "that you answer your own buyers."
        ),
    ),
    SetupStep(
        say("Authorise the shop"),
        say(
            "Open the app's authorisation link as the shop's owner and press Authorise. Copy the "
            "word after code= from the address that you come back to, and enter it below within "
            "half an hour."
        ),
    ),
)

AFTER = (
    SetupStep(
        say("Enter the webhook address"),
        say(
            "Partner Center > your app > Manage webhook: this address for New message, Order "
            "status change, Cancellation status change, Return status change, Seller "
            "deauthorization and Upcoming authorization expiration."
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
