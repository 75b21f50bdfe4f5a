from sqlalchemy.orm import DeclarativeBase, Mapped, relationship

from core.api import Manifest, hookimpl
from core.models import Base as CoreBase
from core.models import Contact, TenantMixin

manifest = Manifest(name="ownbase", title="ownbase", version="1.0")


class Base(DeclarativeBase):
    metadata = CoreBase.metadata


class Thing(TenantMixin, Base):
    __tablename__ = "ownbase_thing"
    contact: Mapped[Contact] = relationship(Contact)


@hookimpl
def models():
    return [Thing]
