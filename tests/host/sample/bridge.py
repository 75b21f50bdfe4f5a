"""Switches itself on where both of its sides are on."""

from core.api import Manifest

manifest = Manifest(
    name="bridge", title="Bridge", version="1.0", auto_enable_with=("greeter", "waver")
)
