from core.api import Manifest

manifest = Manifest(name="oldcore", title="Old core", core=">=99", version="1.0")
