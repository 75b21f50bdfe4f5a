"""A healthy plugin that requires another."""

from core.api import ContactCreated, Handler, InboxAction, Manifest, hookimpl

manifest = Manifest(name="waver", title="Waver", version="1.0", requires=("greeter",))

WAVED = []


@hookimpl
def event_handlers():
    return [Handler(event=ContactCreated, run_many=lambda session, events: WAVED.append(events))]


@hookimpl
def inbox_actions():
    return [InboxAction(name="wave", label="Wave", href="/waver/")]
