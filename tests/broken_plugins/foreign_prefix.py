from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from core.api import Manifest, hookimpl, plugin_registry
from core.models import Contact, TenantMixin

manifest = Manifest(name="prefixless", title="prefixless", version="1.0")


class Base(DeclarativeBase):
    registry = plugin_registry("prefixless")


class Thing(TenantMixin, Base):
    __tablename__ = "thing"


@hookimpl
def models():
    return [Thing]
