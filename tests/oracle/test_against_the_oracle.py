"""The real judge held against the naive one: no difference, however strange the contract and the answer.

`PROMPT_CONTRACTS_ORACLE_EXAMPLES` says how many contracts are made up, each held against four observations.
Whoever sets it gets other contracts in each run, also where `CI` makes hypothesis repeat itself; one that was found to
differ is kept in `.hypothesis` and tried first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import event, given, settings

from prompt_contracts.expectations import call_pairing, regular_expression, tool_calls
from tests.oracle.contract import judge
from tests.oracle.exact_json import read
from tests.oracle.generated_contracts import Example, calls_examples, examples, flat_examples
from tests.oracle.real_judge import RealProject, Refused
from tests.oracle.sentences import Told, told

ASKED = os.environ.get("PROMPT_CONTRACTS_ORACLE_EXAMPLES")
CONTRACTS = int(ASKED or "300")

# What the refusal of a contract says that nothing can keep, and of one that checks nothing.
IMPOSSIBLE = ("nothing is both", "can never", "never equal", "is never below")
EMPTY = ("checks nothing",)


def made_up(contracts: int) -> settings:
    """So many contracts."""
    return settings(max_examples=contracts, derandomize=settings().derandomize and ASKED is None)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProject]:
    """A project whose one case is written anew for each contract, and in which slow patterns are given up soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regular_expression, "REGEX_SECONDS", 0.01)
        yield RealProject(tmp_path_factory.mktemp("project"))


@made_up(CONTRACTS)
@given(examples)
def test_the_real_judge_says_what_the_oracle_says(project: RealProject, example: Example) -> None:
    cell = project.load(example.expect, example.setting, is_application=example.is_application)
    if isinstance(cell, Refused):
        event("refused")
        return
    for seen in example.seen:
        said = judge(example.expect, seen, example.setting)
        event(said)
        assert project.judge(cell, seen) == said


@made_up(CONTRACTS // 2)
@given(calls_examples)
def test_the_limits_of_pairing_make_no_other_verdict_than_error(project: RealProject, example: Example) -> None:
    cell = project.load(example.expect, example.setting, is_application=False)
    if isinstance(cell, Refused):
        event("refused")
        return
    said = [judge(example.expect, seen, example.setting) for seen in example.seen]
    assert [project.judge(cell, seen) for seen in example.seen] == said
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(call_pairing, "MOST_WAYS", 1)
        patch.setattr(tool_calls, "MOST_COMPARED", 0)
        limited = [project.judge(cell, seen) for seen in example.seen]
    event(f"{said[0]}, limited {limited[0]}")
    assert all(found in (verdict, "error") for found, verdict in zip(limited, said, strict=True))


@pytest.mark.parametrize("example", list(told()), ids=str)
def test_the_real_judge_keeps_the_sentences_of_the_language(project: RealProject, example: Told) -> None:
    cell = project.load(read(example.expect), example.setting, is_application=False)
    assert not isinstance(cell, Refused), cell

    assert project.judge(cell, example.seen) == example.verdict, example.sentence


@made_up(CONTRACTS // 2)
@given(flat_examples)
def test_what_is_refused_as_impossible_or_empty_is_so(project: RealProject, example: Example) -> None:
    refused = project.load(example.expect, example.setting, is_application=False)
    if not isinstance(refused, Refused):
        return
    verdicts = {judge(example.expect, seen, example.setting) for seen in example.seen}
    for reason in refused.reasons:
        if any(words in reason for words in IMPOSSIBLE):
            event("impossible")
            assert "passed" not in verdicts, reason
        if any(words in reason for words in EMPTY):
            event("empty")
            assert verdicts == {"passed"}, reason
