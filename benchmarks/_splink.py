"""Splink on a FEBRL data set, as its own documentation sets it up: the peer of `febrl`."""

from __future__ import annotations

import logging
from typing import Any

from tests.plugins.merge.matching.febrl import DataSet, Pair

FIELDS = (
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
    "soc_sec_id",
)


def link_with_splink(data: DataSet, *, with_ssn: bool) -> set[Pair]:
    """The pairs that Splink calls likelier than not, trained without labels."""
    import pandas
    import splink.comparison_library as compare
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    used = FIELDS if with_ssn else FIELDS[:-1]
    rows = [
        {"unique_id": place, **{name: record[name] or None for name in used}}
        for place, record in enumerate(data.records)
    ]
    linked = data.sources[0] != data.sources[-1]
    frames = [
        pandas.DataFrame([row for row in rows if data.sources[row["unique_id"]] == source])
        for source in sorted(set(data.sources))
    ]
    blocks = [
        block_on("given_name", "surname"),
        block_on("date_of_birth"),
        block_on("postcode", "substr(surname, 1, 3)"),
        block_on("postcode", "substr(given_name, 1, 3)"),
        block_on("suburb", "state", "street_number"),
        block_on("address_1"),
        *([block_on("soc_sec_id")] if with_ssn else []),
    ]
    names = ("given_name", "surname")
    settings = SettingsCreator(
        link_type="link_only" if linked else "dedupe_only",
        blocking_rules_to_generate_predictions=blocks,
        comparisons=[
            *(compare.NameComparison(name) for name in names),
            compare.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            *(
                compare.JaroWinklerAtThresholds(name, [0.9, 0.7]).configure(
                    term_frequency_adjustments=True
                )
                for name in ("address_1", "address_2", "suburb")
            ),
            *(
                compare.DamerauLevenshteinAtThresholds(name, [1, 2])
                for name in used
                if name in ("postcode", "date_of_birth", "soc_sec_id")
            ),
            compare.ExactMatch("state"),
        ],
        retain_intermediate_calculation_columns=False,
    )
    database = DuckDBAPI()
    tables = [
        database.register(frame, dataset_display_name=f"file_{place}")
        for place, frame in enumerate(frames)
    ]
    linker = Linker(tables, settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("date_of_birth", "surname"), block_on("given_name", "surname", "postcode")],
        recall=0.7,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1_000_000, seed=7)
    for rule in (block_on("date_of_birth"), block_on("postcode"), block_on("surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.5).as_record_list()
    return {_pair(each) for each in found}


def _pair(found: dict[str, Any]) -> Pair:
    a, b = int(found["unique_id_l"]), int(found["unique_id_r"])
    return (a, b) if a < b else (b, a)
