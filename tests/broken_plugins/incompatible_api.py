from core.api import Manifest

manifest = Manifest(name="oldapi", title="Old api", api=0, version="1.0")
