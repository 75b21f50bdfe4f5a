from core.api import Manifest, hookimpl

manifest = Manifest(name="wrapper", title="Wrapper", version="1.0")


@hookimpl(wrapper=True)
def inbox_actions(conversation):
    yield
    return []
