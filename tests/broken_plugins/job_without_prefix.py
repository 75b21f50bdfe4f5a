from core.api import Manifest, hookimpl
from core.jobs.spec import job

manifest = Manifest(name="jobber", title="Jobber", version="1.0")


@job("core.clean")
def clean(session, payload):
    pass


@hookimpl
def jobs():
    return [clean]
