from sqlalchemy.orm import DeclarativeBase

from core.api import Manifest, plugin_registry

manifest = Manifest(name="thief", title="Thief", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("greeter")
