from core.api import Manifest

manifest = Manifest(name="conversation", title="Conversation", version="1.0")
