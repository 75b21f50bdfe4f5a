"""WSGI entry: `app` is what a server serves.

Importing it starts no background work. `sapa run` does that, in the process that serves.
"""

from core.web.app import create_app
from plugins import BUILTIN

app = create_app(builtin=BUILTIN)
