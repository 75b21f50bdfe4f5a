"""Who may be the same person: keys, scores, suggestions, and what people said of them.

The plugin declares what this package names; its other parts use `suggesting.suggestions`, and the
review queue in `queue` and `deciding`.
"""

from typing import Any

from plugins.merge.matching.api import APIS
from plugins.merge.matching.jobs import HANDLERS, JOBS
from plugins.merge.matching.models import (
    MatchCrowd,
    MatchEntry,
    MatchKey,
    MatchLink,
    MatchModel,
    MatchPair,
    MergeDigest,
)
from plugins.merge.matching.views import VIEWS, panel

MODELS: tuple[type[Any], ...] = (
    MatchKey,
    MatchCrowd,
    MatchEntry,
    MatchPair,
    MatchLink,
    MatchModel,
    MergeDigest,
)

__all__ = ["APIS", "HANDLERS", "JOBS", "MODELS", "VIEWS", "panel"]
