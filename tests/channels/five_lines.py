"""One customer on five channels: each line lets her write over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from core.models import Channel
from core.services import channels
from core.testing.installation import Installation
from core.testing.providers.gowa import GowaSimulator
from core.testing.providers.gowa_bodies import text as phone_text
from core.testing.providers.gowa_devices import Device
from core.testing.providers.phone import PhoneSimulator
from core.testing.providers.whatsapp_cloud_bodies import text as cloud_text
from tests.channels.meta_line import platform_line

NAME = "Ani Wijaya"
NUMBER = "6281234567890"
OTHER_NUMBER = "+6285550001111"
PSID = "7001000200030004"
IGSID = "9001000200030004"
OWN = "6281100000009"

Write = Callable[[str], bool]


@dataclass(frozen=True)
class Line:
    """A connected channel. `write`: she says something on it; whether it was taken."""

    kind: str
    name: str
    write: Write


def whatsapp_cloud(house: Installation, url: str, stack: ExitStack) -> Line:
    line = stack.enter_context(house.cloud(module=""))
    line.meta.connect(url + line.path)
    names = {NUMBER: NAME}
    return Line(
        "whatsapp_cloud",
        "WhatsApp 1",
        lambda words: line.meta.inject(cloud_text(NUMBER, words), names=names).is_delivered,
    )


def whatsapp_qr(house: Installation, url: str, stack: ExitStack) -> Line:
    gowa = stack.enter_context(GowaSimulator())
    values = {
        "own_number": f"+{OWN}",
        "gateway_url": gowa.url,
        "gateway_user": "sapa",
        "gateway_password": "gateway-password",
        "webhook_secret": "a-webhook-secret-of-its-own",
    }
    with house.tenant() as session:
        channel = channels.create_channel(
            session, kind="whatsapp_qr", name="Phone", own_address=f"+{OWN}", values=values
        )
        channels.connect(session, channel)
        device = gowa.devices[f"sapa-{channel.uuid}"] = Device(f"sapa-{channel.uuid}")
        device.pair(OWN)
        device.webhook_url = f"{url}/webhooks/{channel.uuid}"
        device.webhook_secret = values["webhook_secret"]
    return Line(
        "whatsapp_qr", "Phone", lambda words: gowa.inject(phone_text(NUMBER, words)).is_delivered
    )


def messenger(house: Installation, url: str, stack: ExitStack) -> Line:
    return _platform(house, url, stack, "messenger", PSID)


def instagram(house: Installation, url: str, stack: ExitStack) -> Line:
    return _platform(house, url, stack, "instagram", IGSID)


def simulator(house: Installation, url: str, stack: ExitStack) -> Line:
    """Her second number."""
    phone = stack.enter_context(PhoneSimulator(secret="phone-secret"))
    with house.tenant() as session:
        channel: Channel = channels.create_channel(
            session,
            kind="simulator",
            name="Simulator",
            own_address="+628111111119",
            values={"phone_url": f"{phone.url}/phone", "secret": "phone-secret"},
        )
        courier = phone.connect(f"{url}/webhooks/{channel.uuid}")

    def write(words: str) -> bool:
        at = "2026-11-01T09:00:00Z"
        message = {"id": f"sim-{words}", "from": OTHER_NUMBER, "name": NAME, "text": words}
        return courier.post({"messages": [{**message, "sent_at": at}]}).is_delivered

    return Line("simulator", "Simulator", write)


def _platform(house: Installation, url: str, stack: ExitStack, kind: str, person: str) -> Line:
    line = stack.enter_context(platform_line(house, kind, names={person: {"name": NAME}}))
    line.meta.connect(url + line.path)
    return Line(
        kind,
        kind.title(),
        lambda words: line.meta.inject(line.meta.bodies.text(person, words)).is_delivered,
    )


FIVE = (
    whatsapp_cloud,
    whatsapp_qr,
    messenger,
    instagram,
    simulator,
)
"""Swapping one for another is swapping its line."""


def connect(house: Installation, url: str, stack: ExitStack) -> list[Line]:
    """All five, ready to be written to; `url` is where the installation is served."""
    return [make(house, url, stack) for make in FIVE]
