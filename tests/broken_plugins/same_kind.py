from core.api import Manifest, hookimpl
from tests.host.sample.pigeon import PigeonAdapter

manifest = Manifest(name="roost", title="Roost", version="1.0")


@hookimpl
def channel_adapters():
    return [PigeonAdapter()]
