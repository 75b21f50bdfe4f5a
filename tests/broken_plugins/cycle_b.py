from core.api import Manifest

manifest = Manifest(name="cycle_b", title="Cycle B", requires=("cycle_a",), version="1.0")
