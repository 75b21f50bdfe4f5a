"""docs/requirements.md says which test proves which requirement, and says it truly."""

from __future__ import annotations

from tests.requirements import PAGE, ROW, proofs_by_requirement, rewritten


def test_the_page_names_the_tests_that_there_are() -> None:
    page = PAGE.read_text()
    assert page == rewritten(page), "run: python -m tests.requirements"


def test_every_number_in_a_tests_name_is_a_requirement() -> None:
    known = {match[1] for line in PAGE.read_text().split("\n") if (match := ROW.match(line))}
    assert set(proofs_by_requirement()) <= known
