from core.api import Manifest

manifest = Manifest(name="needs_cycle", title="Needs cycle", requires=("cycle_a",), version="1.0")
