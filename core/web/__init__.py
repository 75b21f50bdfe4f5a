"""Screens, REST and webhooks. Whatever comes first here, Flask-AppBuilder comes lean."""

from core import lean_fab as lean_fab
