"""One run of hypothesis over the rows of a strategy: the same seed and strategy give the same rows in one process.

Whatever profile of hypothesis is loaded does not matter, nothing is stored, and nothing is printed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_contracts.json_value import Json

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

RowValues = dict[str, Json]
"""The values of all variables."""


class RowFailed(Exception):
    """What a body raises of a row that fails; out of the run it carries the smallest one."""

    def __init__(self, row: RowValues) -> None:
        super().__init__("this row fails")
        self.row = row


class RowRefused(Exception):
    """What a body raises of a row that is none."""


class NothingMadeError(Exception):
    """Not one row could be made."""


def most_draws(examples: int) -> int:
    """How many rows a run may draw where so many are wanted.

    hypothesis makes its first fiftieth of this, or 50, small; from 500 on the number changes no row, so that a run for
    more examples begins as one for fewer.
    """
    return max(1000, 50 * examples)


def run_rows(
    strategy: SearchStrategy[RowValues], body: Callable[[RowValues], None], *, seed: int, draws: int, is_shrunk: bool
) -> None:
    """Hand rows to a body until it raises `RowFailed`, which is raised here: of the first such row, or the smallest.

    Raises `NothingMadeError`, and what else the body or the strategy raises.
    """
    import hypothesis
    from hypothesis import HealthCheck, Phase, Verbosity

    def each_row(row: RowValues) -> None:
        try:
            body(row)
        except RowRefused:
            hypothesis.reject()

    settings = hypothesis.settings(
        max_examples=draws,
        phases=(Phase.generate, Phase.shrink) if is_shrunk else (Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        # Among what it would print is the plea to report that it shrank for five minutes.
        verbosity=Verbosity.quiet,
        backend="hypothesis",
    )
    try:
        with warnings.catch_warnings():
            # Where warnings are errors, one that hypothesis gives within a row would be a failure of that row.
            warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
            hypothesis.seed(seed)(settings(hypothesis.given(strategy)(each_row)))()
    except hypothesis.errors.Unsatisfiable:
        raise NothingMadeError from None
