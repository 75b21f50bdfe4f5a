"""Shows the contacts of one person as one customer, and can take that back."""

from collections.abc import Sequence
from typing import Any

from core.api import ApiDecl, Manifest, MergeRule, hookimpl
from plugins.merge.api import APIS
from plugins.merge.models import ForbiddenPair
from plugins.merge.rules import RULES

manifest = Manifest(
    name="merge",
    title="Merge customers",
    version="0.1.0",
    family="merge",
    summary="Shows the contacts of one person as one customer, and can take that back.",
    migrations="plugins.merge.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return [ForbiddenPair]


@hookimpl
def merge_rules() -> Sequence[MergeRule]:
    return RULES


@hookimpl
def apis() -> Sequence[ApiDecl]:
    return APIS
