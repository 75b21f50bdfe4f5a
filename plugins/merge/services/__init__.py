"""The use cases of merging. Session first; they flush, the caller commits.

Matching stands on these: `merge`, `unmerge`, `undo`, `forbid`, `forbidden_between`.
"""

from plugins.merge.services.choosing import pin, set_main_channel
from plugins.merge.services.forbidden import allow, forbid, forbidden_between
from plugins.merge.services.limits import MOST_MEMBERS
from plugins.merge.services.merging import merge
from plugins.merge.services.previewing import Preview, preview
from plugins.merge.services.tokens import StalePreview
from plugins.merge.services.undoing import undo
from plugins.merge.services.unmerging import unmerge

__all__ = [
    "MOST_MEMBERS",
    "Preview",
    "StalePreview",
    "allow",
    "forbid",
    "forbidden_between",
    "merge",
    "pin",
    "preview",
    "set_main_channel",
    "undo",
    "unmerge",
]
