from core.api import Manifest

manifest = Manifest(name="greeter", title="Another greeter", version="1.0")
