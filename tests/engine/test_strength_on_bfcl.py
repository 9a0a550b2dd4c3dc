"""Strength measured on real tasks: contracts in five strengths, right records as answers, wrong ones as the proof."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import fmean
from typing import Any

import pytest

from prompt_contracts.engine.measured_cells import measured_cell
from prompt_contracts.engine.quick_verdict import QuickVerdict
from prompt_contracts.engine.strength_proposals import with_proposals
from prompt_contracts.engine.strength_tries import TrialMeans, mutation_setting, tried_mutants
from prompt_contracts.expectations.judgement import assess
from prompt_contracts.json_value import pointer_parts
from prompt_contracts.mutation.mutants import mutants
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.strength_sums import case_strength, cell_strength, place_sums, state_counts
from tests import bfcl
from tests.bfcl_contracts import STRENGTHS, Record, answered, calls_of, case_for, contracts, records
from tests.bfcl_rules import is_right

RECORDS = list(records())
pytestmark = pytest.mark.skipif(not RECORDS, reason=f"the leaderboard's data is not at {bfcl.FOLDER.name}/")


class NoReferences:
    """A project that has neither functions nor files."""

    is_code_refused = True

    def read_schema(self, path: str) -> Any:
        raise LookupError(path)

    def missing(self, name: str) -> str | None:
        return name

    def look_up(self, name: str) -> object:
        raise LookupError(name)

    def resolve(self, name: str) -> Any:
        raise LookupError(name)


MEANS = TrialMeans(references=NoReferences(), masked_json=lambda value: value, has_rare=False)


def right_records() -> Iterator[Record]:
    """The first right record of each task."""
    seen: set[str] = set()
    for record in RECORDS:
        if record.is_right and record.task["id"] not in seen:
            seen.add(record.task["id"])
            yield record


@pytest.fixture(scope="module")
def scores() -> dict[str, dict[str, float]]:
    """Task -> strength -> score; the contracts that the record itself breaks are left out."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for record in right_records():
        for strength, expect in contracts(record.task).items():
            case = case_for(record.task, expect)
            if assess(case, record.outcome).failures:
                continue  # a right answer may break the tool's own schema
            (tried,) = tried_mutants(answered(case, record.outcome), MEANS)
            made = list(tried.values())
            score = cell_strength("a", place_sums(made), counts=state_counts(made), silent_on=()).score
            assert score is not None
            found[record.task["id"]][strength] = score
    return found


def means(scores: dict[str, dict[str, float]], tasks: set[str]) -> list[float]:
    whole = [scores[task] for task in tasks if len(scores.get(task, {})) == len(STRENGTHS)]
    return [fmean(each[strength] for each in whole) for strength in STRENGTHS]


def test_a_full_contract_has_the_full_score(scores: dict[str, dict[str, float]]) -> None:
    listed = [each[STRENGTHS[-1]] for each in scores.values() if STRENGTHS[-1] in each]
    none = [each["none"] for each in scores.values() if "none" in each]

    assert len(listed) > 200
    assert len(none) > 50
    assert fmean(listed) >= 0.995
    assert fmean(none) >= 0.995


def test_the_strengths_come_in_their_order(scores: dict[str, dict[str, float]], record_property: Any) -> None:
    found = means(scores, set(scores))
    record_property("mean scores", [round(mean, 2) for mean in found])

    assert found == sorted(found)
    assert len(set(found)) == len(STRENGTHS)


def test_the_strengths_come_in_their_order_in_every_category(scores: dict[str, dict[str, float]]) -> None:
    categories: dict[str, set[str]] = defaultdict(set)
    for record in right_records():
        if len(scores[record.task["id"]]) == len(STRENGTHS):
            categories[record.task["category"]].add(record.task["id"])
    large = {category: tasks for category, tasks in categories.items() if len(tasks) >= 20}

    assert len(large) >= 5
    for category, tasks in large.items():
        found = means(scores, tasks)
        assert found == sorted(set(found)), category


@pytest.mark.parametrize("made", [True, False], ids=["spoiled answers", "real models"])
def test_the_stronger_of_two_contracts_notices_more_wrong_answers(
    scores: dict[str, dict[str, float]], record_property: Any, made: bool
) -> None:
    wrong: dict[str, list[Record]] = defaultdict(list)
    for record in RECORDS:
        if not record.is_right and record.is_made is made:
            wrong[record.task["id"]].append(record)
    agreeing, differing = 0, 0
    for task, found in wrong.items():
        noticed = {
            strength: fmean(bool(assess(case_for(record.task, expect), record.outcome).failures) for record in found)
            for strength, expect in contracts(found[0].task).items()
            if strength in scores.get(task, {})
        }
        for one, other in itertools.combinations(noticed, 2):
            if noticed[one] != noticed[other]:
                differing += 1
                agreeing += (scores[task][one] - scores[task][other]) * (noticed[one] - noticed[other]) > 0
    record_property("pairs", f"{agreeing} of {differing}")

    assert differing > 100
    assert agreeing / differing >= 0.97


def test_few_mutants_that_pass_are_right_answers(record_property: Any) -> None:
    counts: Counter[bool] = Counter()
    for record, outcome in _passing("names"):
        counts[is_right(record.task, calls_of(outcome))] += 1
    share = counts[True] / counts.total()
    record_property("right among the unnoticed", f"{share:.2%}")

    assert counts.total() > 1_000
    assert share <= 0.02


def test_hardly_any_mutant_that_is_allowed_is_a_wrong_answer() -> None:
    wrong, total = [], 0
    for record in right_records():
        case = case_for(record.task, contracts(record.task).get(STRENGTHS[-1]) or bfcl.expectation(record.task))
        if not isinstance(case.facets["tool_calls"], list):
            continue
        verdict = QuickVerdict(answered(case, record.outcome).cell, record.outcome, references=NoReferences())
        for mutant in mutants(record.outcome, mutation_setting(case, record.outcome, has_rare=False)):
            total += 1
            is_allowed = verdict.passes(mutant.outcome) and verdict.is_named(mutant.outcome)
            if is_allowed and not is_right(record.task, calls_of(mutant.outcome)):
                wrong.append(f"{record.task['id']} {mutant.id}")

    assert total > 5_000
    assert len(wrong) / total <= 0.001, wrong


def test_every_proposal_keeps_the_recorded_answer_and_closes_its_place(record_property: Any) -> None:
    count = 0
    for record in right_records():
        expect = contracts(record.task).get("70 % of the arguments")
        if expect is None or assess(case_for(record.task, expect), record.outcome).failures:
            continue
        own = [answered(case_for(record.task, expect), record.outcome)]
        found = with_proposals(case_strength([measured_cell(own[0], MEANS)]), own, MEANS)
        for place in found.open_places:
            if place.proposal is None:
                continue
            count += 1
            closed = case_for(record.task, _written(expect, place.proposal.pointer, place.proposal.value))
            assert not assess(closed, record.outcome).failures, place.id
            spoiled = mutants(record.outcome, mutation_setting(closed, record.outcome, has_rare=False))
            verdict = QuickVerdict(answered(closed, record.outcome).cell, record.outcome, references=NoReferences())
            for mutant in spoiled:
                if mutant.place == place.id and not assess(closed, mutant.outcome).failures:
                    assert verdict.is_named(mutant.outcome), mutant.id
    record_property("proposals", count)

    assert count > 50


def _written(expect: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The contract with another value at a place."""
    changed: Any = json.loads(json.dumps(expect))
    *around, last = pointer_parts(pointer)
    inner = changed
    for part in around:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    inner[last] = value
    return dict(changed)


def _passing(strength: str) -> Iterator[tuple[Record, Outcome]]:
    """The mutants that pass a contract of one strength and that it does not name."""
    for record in right_records():
        expect = contracts(record.task).get(strength)
        if expect is None:
            continue
        case = case_for(record.task, expect)
        verdict = QuickVerdict(answered(case, record.outcome).cell, record.outcome, references=NoReferences())
        for mutant in mutants(record.outcome, mutation_setting(case, record.outcome, has_rare=False)):
            if verdict.passes(mutant.outcome) and not verdict.is_named(mutant.outcome):
                yield record, mutant.outcome


def test_the_rules_that_are_written_here_are_those_of_the_leaderboard() -> None:
    differing = [record for record in RECORDS if is_right(record.task, calls_of(record.outcome)) is not record.is_right]

    assert len(differing) / len(RECORDS) <= 0.002


TRIES_EVERYTHING = """
import sys
from prompt_contracts.json_schema.fragment import surely
from prompt_contracts.json_value import exact_text
from tests.engine import test_strength_on_bfcl as measured

tried = 0
for record in measured.right_records():
    expect = measured.contracts(record.task).get("names and schemas")
    schemas = [tool["function"].get("parameters") for tool in record.task["tools"]]
    if expect and all(surely(exact_text(schema), {}) is not None for schema in schemas):
        cell = measured.answered(measured.case_for(record.task, expect), record.outcome)
        tried += sum(map(len, measured.tried_mutants(cell, measured.MEANS)))
print(tried, "jsonschema" in sys.modules)
"""


def test_schemas_in_the_agreed_fragment_load_no_slow_validator() -> None:
    command = [sys.executable, "-c", TRIES_EVERYTHING]

    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert int(told[0]) > 5_000
    assert told[1] == "False"
