"""Shows the contacts of one person as one customer, and can take that back."""

from core.api import Manifest

manifest = Manifest(
    name="merge",
    title="Merge customers",
    version="0.1.0",
    family="merge",
    summary="Shows the contacts of one person as one customer, and can take that back.",
)
