"""The page of weak places: every operator has a contract that notices its mutant, and one that does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.case import Case
from prompt_contracts.cases.loader import load_case_file
from prompt_contracts.expectations.definition import request_schema
from prompt_contracts.expectations.judgement import assess
from prompt_contracts.expectations.spoken_subjects import json_of_answer, named_words, spoken_of
from prompt_contracts.mutant import Mutant
from prompt_contracts.mutation.mutants import MutationSetting, mutants
from prompt_contracts.mutation.mutation_table import MUTATIONS
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage
from tests.docs.markdown import ROOT, read_page
from tests.expectations.build import answer

PAGE = read_page(ROOT / "docs/reference/strength.md")
HEAD = """\
version: 1
models: [openai:gpt-5-mini]
tools:
  trip:
    name: trip
    parameters:
      type: object
      properties:
        city: {type: string}
        country: {type: string}
        days: {type: integer}
        unit: {enum: [celsius, fahrenheit]}
  find_order: {name: find_order, parameters: {type: object, properties: {id: {type: integer}}, required: [id]}}
cases:
  - name: example
    user: Hello.
    tools: [trip, find_order]
"""
APPLICATION = "    handler: examples:bot\n"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a table of operators."""

    operator: str
    answer: dict[str, Any]
    noticing: str
    missing: str


def rows() -> Iterator[Row]:
    said: dict[str, Any] = {}
    for line in PAGE.path.read_text("utf-8").splitlines():
        if found := re.match(r"<!-- answer: (.*) -->$", line):
            said = json.loads(found[1])
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0].strip("`") in MUTATIONS:
            name, _, noticing, missing = (cell.strip("`").replace("\\|", "|") for cell in cells)
            yield Row(operator=name, answer=said, noticing=noticing, missing=missing)


ROWS = list(rows())


def outcome_of(said: dict[str, Any]) -> Outcome:
    found = answer(
        said.get("text", ""),
        calls=[(name, arguments) for name, arguments in said.get("calls", [])],
        finish_reason=said.get("finish_reason", "stop"),
        usage=Usage(**said["usage"]) if "usage" in said else None,
        cost=Decimal(said["cost"]) if "cost" in said else None,
        latency=said.get("latency"),
        model=said.get("model"),
        reasoning=said.get("reasoning"),
        requests=said.get("requests", ()),
    )
    if "error" not in said:
        return found
    return replace(found, error=ProviderError(**said["error"]), handled=said["handled"])


def case_of(expect: str, root: Path) -> Case:
    text = f"{HEAD}{APPLICATION if expect.startswith('error') else ''}    expect: {{{expect}}}\n"
    path = root / "example.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load_case_file(path, root=root, project_models=(), models=None, environ={}, is_named=True)
    assert loaded is not None
    assert loaded.broken == ()
    return loaded.cases[0]


def accept(_subject: object) -> None:
    """The function that an example names."""


def passes(case: Case, outcome: Outcome) -> bool:
    return not assess(case, outcome, resolve=lambda _name: accept).failures


def spoiled(row: Row, expect: str, root: Path) -> tuple[Case, list[Mutant]]:
    case, outcome = case_of(expect, root), outcome_of(row.answer)
    assert passes(case, outcome), f"the contract is broken by the answer itself: {expect}"
    spoken = spoken_of(case.facets)
    setting = MutationSetting(
        tools=case.tools,
        response_schema=request_schema(case.request),
        named=named_words(case.facets),
        spoken=spoken,
        other_row=answer(row.answer["other"]) if "other" in row.answer else None,
        read_json=partial(json_of_answer, is_fenced=spoken.is_fenced),
        has_rare=True,
    )
    return case, [one for one in mutants(outcome, setting) if one.operator == row.operator]


def test_every_operator_has_a_row_and_every_row_an_operator() -> None:
    assert sorted(row.operator for row in ROWS) == sorted(MUTATIONS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.operator)
def test_one_contract_notices_the_mutant_and_one_does_not(row: Row, tmp_path: Path) -> None:
    case, found = spoiled(row, row.noticing, tmp_path)
    assert any(not passes(case, one.outcome) for one in found), f"not noticed by {row.noticing}"

    case, found = spoiled(row, row.missing, tmp_path)
    assert any(passes(case, one.outcome) for one in found), f"noticed by {row.missing}"


def test_rare_operators_stand_apart() -> None:
    rare = [row.operator for row in ROWS if not MUTATIONS[row.operator].is_default]
    prose = PAGE.path.read_text("utf-8")

    for name in rare:
        assert prose.index("With `--operators all` also:") < prose.index(f"| `{name}` |") < prose.index("### JSON")


def test_every_place_of_a_table_row_is_named() -> None:
    told = set(re.findall(r"`([^`]+)`", PAGE.prose.split("## States")[0]))

    for rule in MUTATIONS.values():
        place = rule.place if not rule.place.startswith("$") else f"get_weather/{rule.place}"
        assert place in told or not place
