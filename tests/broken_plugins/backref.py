from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from core.api import Manifest, hookimpl, plugin_registry
from core.models import Contact, TenantMixin

manifest = Manifest(name="backref", title="backref", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("backref")


class Thing(TenantMixin, Base):
    __tablename__ = "backref_thing"
    contact_id: Mapped[int] = mapped_column(Integer)
    contact: Mapped[Contact] = relationship(
        Contact,
        primaryjoin=lambda: foreign(Thing.contact_id) == Contact.id,
        backref="things",
    )


@hookimpl
def models():
    return [Thing]
