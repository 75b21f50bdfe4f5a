from core.api import Manifest

manifest = Manifest(name="Bad Name", title="Bad", version="1.0")
