"""Who may use the plugin's REST: reading is overseeing, everything else is managing."""

from __future__ import annotations

from core.api import Operation


class ManagedOperations(Operation):
    """For those who manage the distribution, and for programs that may read it."""

    class_permission_name = "Distribution"
    method_permission_name = {
        **dict.fromkeys(("get_list", "get", "rules", "board", "replay"), "oversee"),
        **dict.fromkeys(("post", "put", "delete", "remove", "set_rules"), "manage"),
        "decisions": "read",  # an agent may ask why they have a conversation
    }
