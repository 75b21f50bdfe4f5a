"""Which pairs of the FEBRL data sets are one person: our engine, and Splink in the same run.

Both learn without labels and call a pair one where it is likelier than not. What is compared is
what is missed: 1 - F1, ours against Splink's; the clock is only told.

    pip install 'sapa[dev,peers]'
    python -m benchmarks.febrl
"""

from __future__ import annotations

import time

from benchmarks._splink import link_with_splink
from benchmarks.figures import Figure, show
from tests.plugins.merge.matching.febrl import WITH_SSN, WITHOUT_SSN, f1, link, load

SETS = (2, 3, 4)
LEAST = {True: {2: 0.999, 3: 0.999, 4: 0.9995}, False: {2: 0.997, 3: 0.996, 4: 0.999}}


def main() -> None:
    for number in SETS:
        data = load(number)
        truth = data.truth()
        for with_ssn in (True, False):
            start = time.perf_counter()
            ours = f1(link(data, WITH_SSN if with_ssn else WITHOUT_SSN).pairs(), truth)
            middle = time.perf_counter()
            theirs = f1(link_with_splink(data, with_ssn=with_ssn), truth)
            took, splink_took = middle - start, time.perf_counter() - middle
            name = f"{data.name} {'with' if with_ssn else 'without'} SSN"
            show(
                Figure(
                    "matching",
                    name,
                    (ours[0] / LEAST[with_ssn][number],),
                    f"an F1 of {LEAST[with_ssn][number]}",
                    1.0,
                    detail=(
                        f"F1 {ours[0]:.5f} (precision {ours[1]:.5f}, recall {ours[2]:.5f}) in "
                        f"{took:.0f} s, Splink {theirs[0]:.5f} ({theirs[1]:.5f}, {theirs[2]:.5f}) "
                        f"in {splink_took:.0f} s"
                    ),
                )
            )


if __name__ == "__main__":
    main()
