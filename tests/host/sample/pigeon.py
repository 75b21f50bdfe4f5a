"""A healthy plugin with an adapter, a screen and a resource."""

from pydantic import BaseModel

from core.api import (
    ApiDecl,
    Capabilities,
    IdentityKind,
    Manifest,
    ViewDecl,
    hookimpl,
)
from core.web.fab import Page


class PigeonSettings(BaseModel):
    loft: str = ""


class PigeonAdapter:
    kind = "pigeon"
    title = "Pigeon"
    capabilities = Capabilities(identity_kinds=(IdentityKind.PHONE,))
    settings = PigeonSettings

    def handshake(self, account, request):
        return None

    def verify(self, account, request):
        pass

    def check(self, body):
        pass

    def parse(self, account, body):
        return []

    def send(self, account, message, http):
        raise ConnectionError("no pigeon")


class LoftView(Page):
    route_base = "/pigeon"


class FlightApi:
    pass


manifest = Manifest(name="pigeon", title="Pigeon", version="1.0", family="channels")


@hookimpl
def views():
    return [ViewDecl(view=LoftView, name="Loft")]


@hookimpl
def apis():
    return [ApiDecl(api=FlightApi)]


@hookimpl
def channel_adapters():
    return [PigeonAdapter()]
