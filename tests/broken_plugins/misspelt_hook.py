from core.api import Manifest, hookimpl

manifest = Manifest(name="misspelt", title="Misspelt", version="1.0")


@hookimpl
def menu_link():
    return []
