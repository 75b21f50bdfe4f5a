"""WSGI entry: `app` is what a server serves."""

from core.web.app import create_app
from plugins import BUILTIN

app = create_app(builtin=BUILTIN)
