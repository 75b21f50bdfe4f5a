"""What broadcasts add to the plugin."""

from __future__ import annotations

from plugins.automation.broadcasts.api import APIS
from plugins.automation.broadcasts.listing import list_broadcast
from plugins.automation.broadcasts.models import MODELS
from plugins.automation.broadcasts.sending import send_broadcast
from plugins.automation.broadcasts.views import VIEWS

JOBS = (list_broadcast, send_broadcast)

__all__ = ["APIS", "JOBS", "MODELS", "VIEWS"]
