"""What `sapa run` serves from this folder: Sapa, with a plugin that answers every message."""

from core.web.app import create_app
from plugins import BUILTIN

app = create_app(builtin=(*BUILTIN, "answering"))
