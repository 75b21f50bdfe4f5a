from sqlalchemy.orm import Mapped, relationship

from core.api import Manifest, hookimpl
from core.models import Base, Contact, TenantMixin

manifest = Manifest(name="corebase", title="corebase", version="1.0")


class Thing(TenantMixin, Base):
    __tablename__ = "corebase_thing"
    contact: Mapped[Contact] = relationship(Contact)


@hookimpl
def models():
    return [Thing]
