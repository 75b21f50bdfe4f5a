"""10,000 conversations scrolled from top to bottom in Chromium: how long does a frame take?

    python -m benchmarks.inbox_scroll [conversations]

The page loads its rows as one scrolls. Measured are the main thread's tasks, by the clock and by
the processor's time (which a busy machine doesn't lengthen): one of over 50 ms is a frame that
stutters. The limit in the same run: the same scroll over rows that are loaded, which asks nobody.
"""

from __future__ import annotations

import json
import logging
import shutil
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from tests.web.installation import PASSWORD, install, open_shop
from tests.web.many_talks import fill

CONVERSATIONS = 10_000
FRAME = 50  # ms
SECONDS = 120  # at most, each time
STEP = 240  # pixels a frame, about 14,000 a second: a thumb on the scroll bar
SCROLL = """async ([step, seconds]) => {
  const rows = document.querySelector("#inbox-rows");
  rows.scrollTop = 0;
  const frames = [];
  let last = performance.now();
  const end = last + seconds * 1000;
  await new Promise((done) => {
    const turn = (at) => {
      frames.push(at - last);
      last = at;
      rows.scrollTop += step;
      const isLast = !rows.getElementsByClassName("inbox-more").length
        && rows.scrollTop + rows.clientHeight >= rows.scrollHeight - 2;
      if (isLast || at > end) return done();
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  });
  await new Promise((done) => setTimeout(done, 300));
  frames.sort((a, b) => a - b);
  const places = Array.from(rows.querySelectorAll("[aria-posinset]"), (row) => row.ariaPosInSet);
  return {
    listed: Math.max(...places.map(Number)),
    rows_in_document: rows.getElementsByClassName("inbox-row").length, frames: frames.length,
    over_50_frames: frames.filter((frame) => frame > 50).length,
    p50: frames[frames.length >> 1], p99: frames[Math.floor(frames.length * 0.99)],
    worst: frames[frames.length - 1],
  };
}"""


def open_inbox(page: Page, url: str) -> None:
    page.goto(f"{url}/login/")
    page.fill("[name=username]", "rina@melati.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/")
    page.wait_for_selector(".inbox-row")


def tasks_of(events: list[dict[str, Any]]) -> dict[str, float]:
    """The renderer's main thread: its longest task and how many were over 50 ms, both ways."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        (event["dur"] / 1000, event.get("tdur", 0) / 1000)
        for event in events
        if event["ph"] == "X"
        and event["name"].endswith("RunTask")
        and (event["pid"], event["tid"]) in mains
    ]
    return {
        "tasks": len(tasks),
        "longest_ms": max((wall for wall, _ in tasks), default=0),
        "longest_cpu_ms": max((cpu for _, cpu in tasks), default=0),
        "over_50_tasks": sum(wall > FRAME for wall, _ in tasks),
        "over_50_cpu_ms": sum(cpu > FRAME for _, cpu in tasks),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CONVERSATIONS
    home = Path(tempfile.mkdtemp(prefix="sapa-scroll-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = install(home, port)
    shop = open_shop(app, "melati")
    fill(shop, count)
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        open_inbox(page, f"http://127.0.0.1:{port}")
        for name in ("loading", "loaded"):
            browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
            found = page.evaluate(SCROLL, [STEP, SECONDS])
            found |= tasks_of(json.loads(browser.stop_tracing())["traceEvents"])
            print(name, json.dumps({k: round(v, 1) for k, v in found.items()}))
        browser.close()
    server.shutdown()
    shop.desk.database.dispose()
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
