from core.api import Manifest

manifest = Manifest(name="greeter_plus", title="Greeter plus", version="1.0")
