"""A list page and a REST list of customers, against Flask-AppBuilder as it comes.

Both sides list as many people, from SQLite, over HTTP from the same server, to an admin: Sapa with
its wall between tenants, its menu of every plugin and its own face; the peer with forty views. The
ratio is of CPU a request, the server's processes, which the machine's noise hardly moves. Goals:
0.25 for the page, 0.15 for the REST list (what the first drafts of Sapa measured: 14 of 72 ms and
4.9 of 57 ms).

    python -m benchmarks.pages [--rows 1000000] [--looks 60] [--rounds 5]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from benchmarks._pairs import pairs
from benchmarks._people import browser
from benchmarks._served import Served, served
from benchmarks.figures import Figure, percentile, show
from core.config import Settings
from core.services.tenants import RoleName
from core.testing.world import PASSWORD, World, address_of, build_world
from plugins import BUILTIN

GOALS = {"a list page": 0.25, "a REST list": 0.15}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--looks", type=int, default=60)
    asked.add_argument("--rounds", type=int, default=5)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder:
        settings = Settings(home=Path(folder), database_url=f"sqlite:///{folder}/sapa.db")
        slug = furnish(settings, options.rows)
        environment = {"SAPA_HOME": folder, "SAPA_DATABASE_URL": settings.database_url}
        bare = {"STOCK_ROWS": str(options.rows), "STOCK_PASSWORD": PASSWORD}
        with (
            served("benchmarks._stock_fab:app", bare) as stock,
            served("app:app", environment) as sapa,
        ):
            compare(stock, sapa, slug, options)


def furnish(settings: Settings, rows: int) -> str:
    """Two tenants full of everything; one of them gets its customers. Its slug."""
    world: World = build_world(settings, BUILTIN)
    slug, tenant_id = world.mine.slug, world.mine.key
    world.close()
    engine = create_engine(settings.owner_url)
    with engine.begin() as connection:
        names = [row[1] for row in connection.execute(text("PRAGMA table_info(customer)"))]
        differs = {
            "id": "1000000 + n",
            "uuid": "lower(hex(randomblob(16)))",
            "name": "'Customer ' || n",
            "phone": "'+62812' || printf('%08d', n)",
            "email": "n || '@example.com'",
        }
        values = ", ".join(differs.get(name, f'one."{name}"') for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        connection.execute(
            text(
                "WITH RECURSIVE made(n) AS "  # noqa: S608 - our own names
                "(SELECT 1 UNION ALL SELECT n + 1 FROM made WHERE n < :rows) "
                f"INSERT INTO customer ({listed}) SELECT {values} FROM made, "
                "(SELECT * FROM customer WHERE tenant_id = :tenant ORDER BY id LIMIT 1) AS one"
            ),
            {"rows": rows, "tenant": tenant_id},
        )
        connection.execute(text("ANALYZE"))
    engine.dispose()
    return slug


@dataclass
class Side:
    """One server, asked the same again and again."""

    server: Served
    look: Callable[[], httpx.Response]
    spent: list[float] = field(default_factory=list)

    def cpu(self, looks: int) -> float:
        """CPU seconds a request."""
        before = self.server.cpu()
        for _ in range(looks):
            began = time.perf_counter()
            answer = self.look()
            self.spent.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text[:300]  # noqa: S101 - else not the same
        return (self.server.cpu() - before) / looks


def compare(stock: Served, sapa: Served, slug: str, options: argparse.Namespace) -> None:
    theirs, ours = (
        browser(f"http://127.0.0.1:{server.port}", address, PASSWORD)
        for server, address in ((stock, "admin"), (sapa, address_of(RoleName.ADMIN)))
    )
    bare_rest, own_rest = program(stock, "admin"), program(sapa, address_of(RoleName.ADMIN))
    own_rest.headers["X-Tenant"] = slug
    sides = {
        "a list page": (
            Side(stock, lambda: theirs.get("/people0view/list/")),
            Side(sapa, lambda: ours.get("/customerview/list/")),
        ),
        "a REST list": (
            Side(stock, lambda: bare_rest.get("/api/v1/people/")),
            Side(sapa, lambda: own_rest.get("/api/v1/customer/")),
        ),
    }
    for name, (limit, own) in sides.items():
        ratios = pairs(
            lambda own=own: own.cpu(options.looks),
            lambda limit=limit: limit.cpu(options.looks),
            rounds=options.rounds,
        )
        middles = [percentile(side.spent, 0.5) * 1e3 for side in (own, limit)]
        show(
            Figure(
                area="pages",
                name=f"{name} over {options.rows:,} customers",
                ratios=ratios,
                peer="stock Flask-AppBuilder's CPU",
                goal=GOALS[name],
                at_most=True,
                detail=f"median {middles[0]:.1f} against {middles[1]:.1f} ms",
            )
        )


def program(server: Served, address: str) -> httpx.Client:
    """Somebody who signed in over REST."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60)
    asked = {"username": address, "password": PASSWORD, "provider": "db"}
    answer = client.post("/api/v1/security/login", json=asked)
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return client


if __name__ == "__main__":
    main()
