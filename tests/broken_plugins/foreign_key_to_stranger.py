from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import Manifest, hookimpl, plugin_registry
from core.models import TenantMixin

manifest = Manifest(name="stranger", title="stranger", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("stranger")


class Thing(TenantMixin, Base):
    __tablename__ = "stranger_thing"
    greeting_id: Mapped[int] = mapped_column(ForeignKey("greeter_greeting.id"))


@hookimpl
def models():
    return [Thing]
