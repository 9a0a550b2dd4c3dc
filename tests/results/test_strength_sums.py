"""Scores: a mean over families of a mean over places, of the share of mutants that are noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.mutant import State, TriedMutant
from prompt_contracts.results.strength_sums import (
    cell_strength,
    joined_trials,
    mean_families,
    place_sums,
    state_counts,
)
from prompt_contracts.strength import CellStrength, StateCounts, mean_score


def tried(place: str, *states: State, family: str = "arguments") -> list[TriedMutant]:
    return [
        TriedMutant(place=place, family=family, operator=f"operator_{number}", effect="value", state=state)
        for number, state in enumerate(states)
    ]


def strength(mutants: list[TriedMutant]) -> CellStrength:
    return cell_strength("a.yaml::b", place_sums(mutants), counts=state_counts(mutants), silent_on=())


def test_a_place_with_many_mutants_weighs_as_much_as_one_with_few() -> None:
    nine: list[State] = ["noticed"] * 9
    many, few = tried("a", *nine, "unnoticed"), tried("b", "unnoticed")

    assert strength([*many, *few]).score == pytest.approx(0.45)


def test_a_family_with_many_places_weighs_as_much_as_one_with_few() -> None:
    places = [*tried("a", "noticed"), *tried("b", "noticed"), *tried("text", "unnoticed", family="text")]

    found = strength(places)

    assert found.families == {"arguments": 1.0, "text": 0.0}
    assert found.score == 0.5


def test_what_is_allowed_or_accepted_counts_neither_way() -> None:
    found = strength([*tried("a", "noticed", "allowed", "accepted"), *tried("b", "allowed"), *tried("c", "accepted")])

    assert found.score == 1.0
    assert found.counts == StateCounts(noticed=1, allowed=2, accepted=2)


@pytest.mark.parametrize("family", ["usage", "cost", "latency"])
def test_a_contract_on_a_budget_alone_has_no_score(family: str) -> None:
    alone = strength(tried(family, "noticed", family=family))
    beside = strength([*tried(family, "noticed", family=family), *tried("text", "noticed", family="text")])

    assert (alone.score, alone.why_none) == (None, f"judges {family} alone")
    assert beside.score == 1.0


def test_a_contract_of_which_nothing_can_be_spoiled_has_no_score() -> None:
    assert strength([]).why_none == "judges nothing that could be spoiled"
    assert strength(tried("a", "allowed")).why_none == "all that could be spoiled is accepted or allowed"


def test_a_mutant_that_passes_in_one_trial_passes() -> None:
    one, other = tried("a", "noticed")[0], tried("a", "unnoticed")[0]

    assert joined_trials([{"id": one}, {"id": other}]) == joined_trials([{"id": other}, {"id": one}]) == {"id": other}


def test_means_leave_out_what_has_no_score() -> None:
    assert mean_score([1.0, None, 0.5]) == 0.75
    assert mean_score([None]) is None
    cells = [strength(tried("a", "noticed")), strength(tried("text", "unnoticed", family="text"))]
    assert mean_families(cells) == {"arguments": 1.0, "text": 0.0}


states = st.lists(st.sampled_from(["noticed", "unnoticed", "allowed", "accepted"]), max_size=8)


@given(st.dictionaries(st.sampled_from("abc"), states))
def test_a_score_is_a_share_and_counts_lose_nothing(places: dict[str, list[State]]) -> None:
    mutants = [one for place, found in places.items() for one in tried(place, *found)]

    found = strength(mutants)

    assert found.score is None or 0 <= found.score <= 1
    assert found.counts.total == len(mutants)
    assert StateCounts.sum(sums.counts for sums in place_sums(mutants)) == found.counts
    if found.score is not None:
        assert (found.score == 1) == (found.counts.unnoticed == 0)
