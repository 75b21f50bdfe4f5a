"""Who belongs together: the moves that groups are made of, and the log of them.

The rules of merging (who may, how many, what is shown before) are a plugin's. These moves are the
core's, because erasing needs one of them, and because a group outlives every switch (decision 019).
"""

from core.services.groups.choosing import set_main_channel, set_pins
from core.services.groups.locking import hold, lock_customers, locked_as_planned, try_to_hold
from core.services.groups.log import log_event
from core.services.groups.moving import join, leave, restore
from core.services.groups.picture import Picture, picture_of
from core.services.groups.resolving import living_ids, members_of, sizes
from core.services.groups.taking_out import around_customer, take_out

__all__ = [
    "Picture",
    "around_customer",
    "hold",
    "join",
    "leave",
    "living_ids",
    "lock_customers",
    "locked_as_planned",
    "log_event",
    "members_of",
    "picture_of",
    "restore",
    "set_main_channel",
    "set_pins",
    "sizes",
    "take_out",
    "try_to_hold",
]
