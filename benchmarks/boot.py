"""From `sapa run` to the first answer, beside importing bare Flask-AppBuilder.

    python -m benchmarks.boot [--rounds 8]

Each round starts both, one after the other, with compiled modules; a migrated SQLite database.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.figures import Figure, show
from core.config import Settings
from core.setup import prepare
from plugins import BUILTIN

ROOT = Path(__file__).parents[1]
LIMIT = 1.5  # s
PATIENCE = 60.0


def bare(environment: dict[str, str]) -> float:
    """Seconds that a Python takes which only imports Flask-AppBuilder."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flask_appbuilder"], env=environment, check=True)
    return time.perf_counter() - began


def boot(environment: dict[str, str], port: int) -> tuple[float, float]:
    """Seconds from the command to the first 200, and those of the first login page after it."""
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "sapa", "run", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/healthz")
        answered = time.perf_counter()
        _wait(f"http://127.0.0.1:{port}/login/")
        return answered - began, time.perf_counter() - answered
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=PATIENCE).read()  # noqa: S310 - our own address
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)
        else:
            return


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=8)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SAPA_")},
            "SAPA_HOME": folder,
            "PYTHONPYCACHEPREFIX": f"{folder}/compiled",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        prepare(Settings(home=Path(folder)), BUILTIN)
        bare(environment), boot(environment, port)  # compiles
        pairs = [(bare(environment), *boot(environment, port)) for _ in range(rounds)]
    best_bare, best, best_login = (min(each) for each in zip(*pairs, strict=True))
    show(
        Figure(
            "boot",
            "sapa run to its first answer",
            tuple(seconds / alone for alone, seconds, _ in pairs),
            "importing bare Flask-AppBuilder",
            detail=f"best {best:.2f} s (limit {LIMIT} s: {'yes' if best < LIMIT else 'NO'}), "
            f"bare {best_bare:.2f} s, the first login page {best_login * 1000:.0f} ms more",
        )
    )


if __name__ == "__main__":
    main()
