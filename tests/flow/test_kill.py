"""kill -9 at random moments while messages come in and go out: 0 lost, 0 doubled, 0 overtaken.

In both modes, over every part: web, workers with their relays, a producer, Redis. Meta is a process
that nobody kills. `SAPA_PROOF_KILLS=100 SAPA_PROOF_MESSAGES=10000` is the whole proof, and
`SAPA_PROOF_SEED` repeats one.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.config import Settings
from core.testing.installation import CloudLine, installation
from core.testing.providers.journal import read_journal
from core.testing.providers.whatsapp_cloud_bodies import CloudBodies, status
from core.testing.waiting import wait_until
from plugins import BUILTIN
from tests.flow.poster import Poster
from tests.flow.processes import Nursery, provider
from tests.flow.tally import Tally
from tests.flow.town import PROCESSES, THREADS, Town, embedded, production

KILLS = int(os.environ.get("SAPA_PROOF_KILLS", "24"))
MESSAGES = int(os.environ.get("SAPA_PROOF_MESSAGES", "800"))
SEED = int(os.environ.get("SAPA_PROOF_SEED", "0")) or random.randrange(10**6)
PATIENCE = 500.0 + MESSAGES / 5  # s in which all work must end; an answer each, on two cores


@pytest.mark.prove
def test_many_kills_while_thousands_come_in_and_go_out(
    settings: Settings, born: Nursery, tmp_path: Path
) -> None:
    total = kill_often(settings, born, tmp_path, messages=MESSAGES, kills=KILLS, seed=SEED)
    assert total == KILLS


def kill_often(
    settings: Settings, born: Nursery, folder: Path, *, messages: int, kills: int, seed: int
) -> int:
    """The proof; how many kills there were. Prints its seed first and what it counted last."""
    print(f"\nseed {seed}")
    chance, begun = random.Random(seed), time.monotonic()
    journal = folder / "journal.jsonl"
    with provider(journal) as graph_url, town(settings, born, folder, graph_url) as (place, line):
        tally = Tally(place.house, [])
        poster = Poster(place.web.url, line, messages)
        tally.texts = poster.texts
        try:
            place.keep()
            for number, way in enumerate(place.plan(kills, chance)):
                poster.allow((number + 1) * messages // (kills + 1))
                if chance.random() < 0.85:
                    assert wait_until(lambda: place.keep() and place.web.is_up, 60)
                    time.sleep(chance.uniform(0, 0.8))
                else:
                    time.sleep(chance.uniform(0, 1.5))  # perhaps while it boots
                place.kill(way, chance)
                if way.hits_calls:
                    tally.saw_kill()
                place.keep()
            poster.allow(messages)
            assert wait_until(lambda: place.keep() and poster.is_done, PATIENCE), place.web.told()
            assert wait_until(lambda: place.keep() and tally.is_over(), PATIENCE), tally.left()
            tally.produced = read_produced(folder)
            tally.check(read_journal(journal))
            unknown = len(tally.unknown())
            assert unknown <= kills * THREADS * PROCESSES
            cleared = reconcile(tally, poster, read_journal(journal))
            assert wait_until(lambda: place.keep() and tally.is_over(), PATIENCE), tally.left()
            tally.check_end(read_journal(journal))
            assert poster.statuses <= {200, 503}
        finally:
            poster.stop()
    print(
        f"{kills} kills in {time.monotonic() - begun:.0f} s ({told(place)}): {messages} came in, "
        f"{len(read_journal(journal))} went out, of those {len(tally.produced)} by the producer; "
        f"0 lost, 0 twice, 0 overtaken; {poster.repeated} deliveries had to be repeated; "
        f"{unknown} unknown, each killed in its call, {cleared} of them cleared by a receipt, "
        f"{unknown - cleared} never reached the provider"
    )
    return place.kills.total()


@contextmanager
def town(
    settings: Settings, born: Nursery, folder: Path, graph_url: str
) -> Iterator[tuple[Town, CloudLine]]:
    """The installation's processes, not started, with a line to the provider at `graph_url`."""
    build = embedded if settings.is_sqlite else production
    with (
        installation(settings, BUILTIN) as house,
        house.cloud(graph_url=graph_url, numbers=CloudBodies()) as line,
        build(house, born, folder) as place,
    ):
        yield place, line


def read_produced(folder: Path) -> set[int]:
    """The numbers that the producer noted as committed; a line cut by a kill is left out."""
    return {int(line) for line in (folder / "produced").read_text().split("\n")[:-1]}


def reconcile(tally: Tally, poster: Poster, journal: list[dict[str, str]]) -> int:
    """Receipts by our opaque id tell of what the provider has after all; how many."""
    unknown = {str(message.uuid) for message in tally.unknown()}
    known = [line for line in journal if line["opaque"] in unknown]
    for line in known:
        poster.report(status(line["wamid"], "delivered", line["to"], opaque=line["opaque"]))
    return len(known)


def told(place: Town) -> str:
    return ", ".join(f"{count} of {name}" for name, count in sorted(place.kills.items()))
