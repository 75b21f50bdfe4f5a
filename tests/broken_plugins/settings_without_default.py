from pydantic import BaseModel

from core.api import Manifest, hookimpl

manifest = Manifest(name="demanding", title="Demanding", version="1.0")


class Form(BaseModel):
    must: str


@hookimpl
def settings_form():
    return Form
