"""How to connect a phone, said on the screens."""

from __future__ import annotations

from core.api import SetupStep, say

BEFORE = (
    SetupStep(
        say("Start the gateway"),
        say(
            "Sapa reaches WhatsApp through GOWA, a small program that runs beside it; one "
            "serves all "
            "your phones. Start it with a password of your own, and put its address without "
            "http:// "
            "into SAPA_PRIVATE_HOSTS, for example 127.0.0.1:3000."
        ),
        copies="docker run -d --restart always -p 127.0.0.1:3000:3000 -v gowa:/app/storages "
        "aldinokemal2104/go-whatsapp-web-multidevice rest --basic-auth=sapa:PASSWORD",
    ),
    SetupStep(
        say("Have the phone at hand"),
        say(
            "It needs WhatsApp or WhatsApp Business, and keeps working as before. Own number "
            "is the "
            "number of that phone, with its country prefix."
        ),
    ),
)

AFTER = (
    SetupStep(
        say("Pair the phone"),
        say(
            "Press Pair, then on the phone: WhatsApp > Settings > Linked devices > Link a "
            "device, and "
            "point the camera at the code. Webhook and signature are set at the gateway by "
            "themselves."
        ),
    ),
    SetupStep(
        say("Write to the number"),
        say("From another phone. The first message appears below within seconds."),
    ),
)
