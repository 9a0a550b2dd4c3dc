"""What trials amount to."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.case import Requirement
from prompt_contracts.results.requirement import cell_verdict, settled_verdict, tally, unreachable_reason
from prompt_contracts.verdict import VerdictWord

P: VerdictWord = "passed"
F: VerdictWord = "failed"
E: VerdictWord = "error"


@pytest.mark.parametrize(
    ("requirement", "verdicts", "expected"),
    [
        (Requirement(), [P], P),
        (Requirement(), [P, F], F),
        (Requirement(), [P, E], E),
        (Requirement(), [F, E], E),
        (Requirement(), [], E),
        (Requirement(errors=1), [P, E], P),
        (Requirement(errors=1), [P, E, E], E),
        (Requirement(errors=1), [E], E),
        (Requirement(count=2), [P, P, F], P),
        (Requirement(count=2), [P, F, F], F),
        (Requirement(count=2, errors=1), [P, P, E], P),
        (Requirement(rate=0.9), [P] * 9 + [F], P),
        (Requirement(rate=0.9), [P] * 8 + [F] * 2, F),
        (Requirement(rate=0.7), [P] * 7 + [F] * 3, P),
        (Requirement(rate=0.5, errors=2), [P, F, E, E], P),
        (Requirement(rate=0.9, confidence=0.95), [P] * 10, F),
        (Requirement(rate=0.9, confidence=0.95), [P] * 35, P),
    ],
)
def test_the_verdict_of_a_cell(requirement: Requirement, verdicts: list[VerdictWord], expected: VerdictWord) -> None:
    assert cell_verdict(requirement, tally(verdicts)) == expected


@pytest.mark.parametrize(
    ("requirement", "verdicts", "expected"),
    [
        (Requirement(), [P], None),
        (Requirement(), [F], F),
        (Requirement(), [E], E),
        (Requirement(count=2), [P, P], P),
        (Requirement(count=9), [F, F], F),
        (Requirement(count=9), [F], None),
    ],
)
def test_a_verdict_is_settled_when_no_trial_can_change_it(
    requirement: Requirement, verdicts: list[VerdictWord], expected: VerdictWord | None
) -> None:
    assert settled_verdict(requirement, tally(verdicts), planned=10) == expected


requirements = st.one_of(
    st.just(Requirement()),
    st.builds(Requirement, count=st.integers(1, 8), errors=st.integers(0, 2)),
    st.builds(
        Requirement,
        rate=st.sampled_from([0.1, 0.5, 0.8, 0.9, 1.0]),
        confidence=st.none() | st.just(0.9),
        errors=st.integers(0, 2),
    ),
)


@given(requirement=requirements, verdicts=st.lists(st.sampled_from(get_args(VerdictWord)), min_size=1, max_size=10))
def test_what_is_settled_stays_so_whatever_comes(requirement: Requirement, verdicts: list[VerdictWord]) -> None:
    for seen in range(1, len(verdicts)):
        settled = settled_verdict(requirement, tally(verdicts[:seen]), planned=len(verdicts))
        errors_to_come = verdicts[seen:].count("error")
        # Errors that come later could still spoil a cell: stopping early spends none on finding out.
        if settled is not None and not errors_to_come:
            assert settled == cell_verdict(requirement, tally(verdicts))


@pytest.mark.parametrize(
    ("requirement", "trials", "words"),
    [
        (Requirement(count=3), 2, "3 passes are required of 2 trials"),
        (Requirement(rate=0.9, confidence=0.95), 10, "35 trials could"),
        (Requirement(errors=1), 1, "leave none"),
    ],
)
def test_what_can_never_be_reached_is_said(requirement: Requirement, trials: int, words: str) -> None:
    reason = unreachable_reason(requirement, trials=trials)

    assert reason is not None
    assert words in reason


@pytest.mark.parametrize("requirement", [Requirement(), Requirement(count=2), Requirement(rate=1.0)])
def test_what_can_be_reached_is_let_be(requirement: Requirement) -> None:
    assert unreachable_reason(requirement, trials=2) is None
