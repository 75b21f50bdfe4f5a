"""Two hooks that fail while people work: one raises late, one answers with the wrong thing."""

from core.api import Manifest, hookimpl

manifest = Manifest(name="latefail", title="Late", version="1.0", default_enabled=True)


@hookimpl
def customer_panels(contact):
    yield from ()
    raise LookupError("no such card")


@hookimpl
def inbox_actions(conversation):
    return ["Greet"]
