from core.api import ContactCreated, Handler, Manifest, hookimpl

manifest = Manifest(name="twice", title="Twice", version="1.0")


@hookimpl
def event_handlers():
    return [Handler(event=ContactCreated, run=print), Handler(event=ContactCreated, run=print)]
