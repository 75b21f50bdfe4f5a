from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.api import Manifest, hookimpl, plugin_registry
from core.models import Contact, TenantMixin

manifest = Manifest(name="badrel", title="badrel", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("badrel")


class Thing(TenantMixin, Base):
    __tablename__ = "badrel_thing"
    contact_id: Mapped[int] = mapped_column(Integer)
    contact: Mapped[Contact] = relationship(Contact)


@hookimpl
def models():
    return [Thing]
