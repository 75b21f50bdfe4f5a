"""How to connect a shop, said on the screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Create an app"),
        say(
            "open.shopee.com > Console > App list > Add new app, of the type Customer Service or "
            "ERP System; the chat belongs to these. Shopee looks at it before it goes live."
        ),
    ),
    SetupStep(
        say("Authorise the shop"),
        say(
            "Press Authorize beside the app, log in as the shop and confirm. From the address that "
            "you come back to, copy the words after code= and shop_id=, and enter them below "
            "within ten minutes."
        ),
    ),
)

AFTER = (
    SetupStep(
        say("Enter the push address"),
        say(
            "open.shopee.com > Push Mechanism > Set Push: this address, exactly as it stands here, "
            "for Webchat, Order Status and Tracking Number. It is part of every signature."
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
