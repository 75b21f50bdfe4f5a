from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.api import Manifest, hookimpl, plugin_registry
from core.models import TenantMixin

manifest = Manifest(name="strrel", title="strrel", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("strrel")


class Thing(TenantMixin, Base):
    __tablename__ = "strrel_thing"
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    contact: Mapped[object] = relationship("Contact")


@hookimpl
def models():
    return [Thing]
