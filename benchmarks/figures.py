"""What a benchmark says: a ratio with its spread, beside its goal.

Each script prints a line for a person. With `SAPA_FIGURES` naming a file it also appends the figure
as a line of JSON, from which `report.py` makes `results.md` and its chart.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """Ratios of one comparison, each taken within one round of the same run.

    `goal` is what the ratio should reach: at least, or with `at_most` at most. None: it is only
    watched. `detail` has the absolute figures of this machine, for the curious.
    """

    area: str
    name: str
    ratios: tuple[float, ...]
    peer: str
    goal: float | None = None
    at_most: bool = False
    detail: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def is_reached(self) -> bool:
        """Whether the median keeps the goal; without a goal it does."""
        if self.goal is None:
            return True
        return self.median <= self.goal if self.at_most else self.median >= self.goal

    def __str__(self) -> str:
        spread = f"{min(self.ratios):.2f}-{max(self.ratios):.2f}" if len(self.ratios) > 1 else ""
        goal = ""
        if self.goal is not None:
            verb = "at most" if self.at_most else "at least"
            goal = f" (goal {verb} {self.goal:g}: {'yes' if self.is_reached else 'NO'})"
        parts = [f"{self.area} {self.name}: {self.median:.2f} of {self.peer}"]
        parts += [f"spread {spread}"] if spread else []
        parts += [self.detail] if self.detail else []
        return ", ".join(parts) + goal


def show(figure: Figure) -> None:
    """Print a figure, and keep it where `SAPA_FIGURES` says."""
    print(figure, flush=True)
    if path := os.environ.get("SAPA_FIGURES"):
        with Path(path).open("a") as file:
            file.write(json.dumps(asdict(figure)) + "\n")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of `values` don't exceed, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
