"""Answers and follows up by rules: a trigger, conditions, then a message or another action."""

from collections.abc import Sequence
from typing import Any

from core.api import Manifest, hookimpl
from plugins.automation.models import MODELS

manifest = Manifest(
    name="automation",
    title="Automated messages",
    version="0.1.0",
    family="automation",
    summary="Answers and follows up by rules: a trigger, conditions, then an action.",
    migrations="plugins.automation.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return MODELS
