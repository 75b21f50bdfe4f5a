from core.api import Manifest

manifest = Manifest(name="needs_broken", title="Needs", requires=("misspelt",), version="1.0")
