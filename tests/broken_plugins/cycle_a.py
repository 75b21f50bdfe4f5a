from core.api import Manifest

manifest = Manifest(name="cycle_a", title="Cycle A", requires=("cycle_b",), version="1.0")
