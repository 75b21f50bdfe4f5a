from core.api import Manifest, hookimpl

manifest = Manifest(name="bad_signature", title="Bad signature", version="1.0")


@hookimpl
def inbox_actions(conversation, customer):
    return []
