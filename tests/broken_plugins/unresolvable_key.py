from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import Manifest, hookimpl, plugin_registry
from core.models import TenantMixin

manifest = Manifest(name="badkey", title="badkey", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("badkey")


class Thing(TenantMixin, Base):
    __tablename__ = "badkey_thing"
    other_id: Mapped[int] = mapped_column(ForeignKey("nowhere.id"))


@hookimpl
def models():
    return [Thing]
