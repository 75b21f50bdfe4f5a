from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import Manifest, hookimpl, plugin_registry
from core.models import TenantMixin

manifest = Manifest(name="halfway", title="halfway", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("halfway")


class Thing(TenantMixin, Base):
    __tablename__ = "halfway_thing"
    contact_id: Mapped[int] = mapped_column(ForeignKey("nowhere.id"))


raise RuntimeError("after the table was made")


@hookimpl
def models():
    return [Thing]
