from core.api import Manifest, hookimpl

manifest = Manifest(name="startup", title="Startup", version="1.0")


@hookimpl
def jobs():
    raise ZeroDivisionError("division by zero")
