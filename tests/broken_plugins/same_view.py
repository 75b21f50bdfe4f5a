from core.api import Manifest, ViewDecl, hookimpl

manifest = Manifest(name="roost", title="Roost", version="1.0")


class LoftView:
    pass


@hookimpl
def views():
    return [ViewDecl(view=LoftView)]
