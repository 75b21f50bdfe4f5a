"""Lists from files, as the screens bring them in."""

from __future__ import annotations

from core.testing.installation import Installation
from plugins.sync import devices, runs
from plugins.sync.files import format_of
from plugins.sync.files.csv_file import look_at
from plugins.sync.files.text import text_of
from plugins.sync.models import Device, Run, RunKind, Upload


def upload(house: Installation, content: bytes, name: str = "Pelanggan") -> int:
    """Upload a file and look at the preview; the run's id."""
    with house.tenant() as session:
        device = devices.file_device(session, name)
        kind = format_of(content)
        sheet = look_at(text_of(content), "ID")
        run = runs.begin(session, device, RunKind.FILE, is_preview=True)
        session.add(
            Upload(
                device_id=device.id,
                run_id=run.id,
                name=f"{name}.csv",
                format=kind,
                columns=sheet.columns,
                has_header=sheet.has_header,
                content=content,
            )
        )
        run_id = run.id
    house.work()
    return run_id


def bring_in(house: Installation, run_id: int) -> Run:
    with house.tenant() as session:
        runs.apply_plan(session, session.get_one(Run, run_id))
    house.work()
    with house.tenant(write=False) as session:
        return session.get_one(Run, run_id)


LIST = b"Nama,HP\nAni,081234567890\nBudi,0812-3456-7891\nAni lagi,+62 812 3456 7890\nX,123\n"


def device_of(house: Installation, name: str = "Pelanggan") -> Device:
    with house.tenant(write=False) as session:
        found = next(each for each in devices.file_devices(session) if each.file_name == name)
        session.expunge(found)
        return found
