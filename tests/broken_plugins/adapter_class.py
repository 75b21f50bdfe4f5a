from core.api import Manifest, hookimpl

manifest = Manifest(name="adapterclass", title="Adapter class", version="1.0")


class Pigeon:
    kind = "pigeon"


@hookimpl
def channel_adapters():
    return [Pigeon]
