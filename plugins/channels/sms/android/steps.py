"""How to connect a phone, said on the screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Install SMS Gateway for Android"),
        say(
            "From sms-gate.app, on a phone that stays on and charged, with a SIM that is for "
            "customers. Let it send and read SMS, and take it out of battery saving."
        ),
    ),
    SetupStep(
        say("Switch the server on"),
        say(
            "Home tab > Cloud server (simplest), then press Online. Username and password "
            "appear there."
        ),
    ),
    SetupStep(say("Copy the signing key"), say("In the app: Settings > Webhooks > Signing Key.")),
)

AFTER = (
    SetupStep(
        say("Nothing to copy"),
        say(
            "The app's webhooks are registered by themselves; the phone learns of them within a "
            "minute or so. It delivers to https addresses only."
        ),
    ),
    SetupStep(
        say("Write to the number"),
        say("From another phone. The first message appears below within seconds."),
    ),
)
