"""Hands each new conversation to the right agent at once, and can say why."""

from core.api import Manifest

manifest = Manifest(
    name="routing",
    title="Lead distribution",
    version="0.1.0",
    family="routing",
    summary="Hands each new conversation to the right agent at once, and can say why.",
)
