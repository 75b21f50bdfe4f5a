from core.api import Manifest, MenuLink, hookimpl

manifest = Manifest(name="roost", title="Roost", version="1.0")


@hookimpl
def menu_links():
    return [MenuLink(name="Loft", href="/roost/")]
