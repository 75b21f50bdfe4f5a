from core.api import Manifest

manifest = Manifest(name="lonely", title="Lonely", requires=("absent",), version="1.0")
