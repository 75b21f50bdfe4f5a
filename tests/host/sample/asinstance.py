"""A plugin that is an object rather than a module."""

from core.api import InboxAction, Manifest, hookimpl


class Plugin:
    manifest = Manifest(name="asinstance", title="Instance", version="1.0")

    @hookimpl
    def inbox_actions(self, conversation):
        return [InboxAction(name="one", label="One", href="/asinstance/")]


plugin = Plugin()
