"""What several trials say of asking more than once."""

from __future__ import annotations

import pytest

from prompt_contracts.results.repetition import average_repeats, repeats_of
from prompt_contracts.verdict import Repeats, VerdictWord

P: VerdictWord = "passed"
F: VerdictWord = "failed"
E: VerdictWord = "error"


@pytest.mark.parametrize(
    ("verdicts", "planned", "expected"),
    [
        ([P], 1, None),
        ([P, F, P], 3, Repeats(k=3, pass_at_k=1.0, pass_all_k=0.0)),
        ([P, P], 2, Repeats(k=2, pass_at_k=1.0, pass_all_k=1.0)),
        ([F, F], 2, Repeats(k=2, pass_at_k=0.0, pass_all_k=0.0)),
        # Unknown, and never zero: a trial without a verdict, and one that was not run.
        ([P, E], 2, Repeats(k=2, pass_at_k=None, pass_all_k=None, cells=0)),
        ([F], 2, Repeats(k=2, pass_at_k=None, pass_all_k=None, cells=0)),
    ],
)
def test_the_repeats_of_a_cell(verdicts: list[VerdictWord], planned: int, expected: Repeats | None) -> None:
    assert repeats_of(verdicts, planned=planned) == expected


def test_cells_count_alike_and_apart_by_the_number_of_their_trials() -> None:
    cells = [
        *(repeats_of(verdicts, planned=2) for verdicts in ([P, P], [P, F], [F, F], [P, E])),
        repeats_of([P, P, P], planned=3),
        repeats_of([P], planned=4),
    ]

    assert average_repeats([cell for cell in cells if cell is not None]) == (
        Repeats(k=2, pass_at_k=2 / 3, pass_all_k=1 / 3, cells=3),
        Repeats(k=3, pass_at_k=1.0, pass_all_k=1.0, cells=1),
        Repeats(k=4, pass_at_k=None, pass_all_k=None, cells=0),
    )


def test_no_cells_have_no_average() -> None:
    assert average_repeats([]) == ()
