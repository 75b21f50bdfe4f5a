from core.api import Manifest, hookimpl

manifest = Manifest(name="late_models", title="Late models", version="1.0")


@hookimpl
def models():
    from tests.broken_plugins import half_mapped

    return [half_mapped.Thing]
