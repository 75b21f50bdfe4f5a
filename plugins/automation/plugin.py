"""Answers and follows up by rules: a trigger, conditions, then a message or another action."""

from core.api import Manifest

manifest = Manifest(
    name="automation",
    title="Automated messages",
    version="0.1.0",
    family="automation",
    summary="Answers and follows up by rules: a trigger, conditions, then an action.",
)
