from core.api import Manifest, hookimpl

manifest = Manifest(name="wrongtype", title="Wrong type", version="1.0")


@hookimpl
def menu_links():
    return ["/somewhere"]
