from sqlalchemy.orm import DeclarativeBase

from core.api import Manifest, hookimpl, plugin_registry
from core.models import TenantMixin

manifest = Manifest(name="prefixless", title="prefixless", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("prefixless")


class Thing(TenantMixin, Base):
    __tablename__ = "thing"


@hookimpl
def models():
    return [Thing]
