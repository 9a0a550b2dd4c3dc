"""Each thing of the language is one row of one table; what else must know of it is named here when it does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from prompt_contracts.cases.answer_slots import MEMBERS, Slot
from prompt_contracts.cases.structure import load_schema
from prompt_contracts.cases.template_text import text_operands
from prompt_contracts.cli import COMMANDS
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.fault import FAULTS, Fault, FaultKind, FaultPlan
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.json_schema.files import with_absolute_references
from prompt_contracts.json_value import Json
from prompt_contracts.linting.editor_patterns import PLACES
from prompt_contracts.patterns.decidability import DECIDED
from prompt_contracts.patterns.operator_rule import OperandKind
from prompt_contracts.patterns.operators import OPERATORS, operators_taking
from prompt_contracts.patterns.pattern import OBJECT_KEYS
from prompt_contracts.patterns.pattern_truth import READERS
from prompt_contracts.providers.adaptation import RULES
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.providers.endpoints import UNDOCUMENTED_RESPONSES
from prompt_contracts.transport.faults import FaultSender
from prompt_contracts.transport.sender import Sending
from tests.cases.case_files import read
from tests.conversation.test_faults_crossed import FAULTS as CROSSED
from tests.docs.markdown import ROOT, read_page
from tests.house.test_house import MODULES, SOURCE, tree

DEFINITIONS: dict[str, Any] = load_schema()["$defs"]
CASE_FILES = read_page(ROOT / "docs/reference/case-files.md")
STREAM = b'data: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]\n\n'


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A definition in the place of a reference to it."""
    found: dict[str, Any] = DEFINITIONS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def words_of(schema: dict[str, Any]) -> list[str]:
    """The words that may be written somewhere."""
    return [word for branch in resolved(schema).get("anyOf", ()) for word in branch.get("enum", ())]


class Below:
    """The layer below the faults, which answers every request with the same stream."""

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        headers = (("content-type", "text/event-stream"),)
        response = ApiResponse(status=200, headers=headers, body=STREAM)
        return Interaction(request=request, response=response, recorded=Recorded(latency=0.1, attempts=1, trial=1))


def injected(kind: FaultKind, detail: str | int) -> Interaction:
    """What a fault makes of one request."""
    plan = FaultPlan(attempts=(Fault(kind=kind, detail=detail),), repeats=True)
    sending = Sending(trial=1, timeout=60.0, fault=plan)
    request = ApiRequest(method="POST", url="https://api.example.org/v1/chat/completions", body={"stream": True})
    return FaultSender(inner=Below(), hastens=True).send(request, sending=sending)


def test_every_kind_of_fault_has_a_row() -> None:
    missing = f"fault.FAULTS and fault.FaultKind differ in {set(FAULTS) ^ set(get_args(FaultKind))}"

    assert tuple(FAULTS) == get_args(FaultKind), missing


@pytest.mark.parametrize("kind", FAULTS)
def test_every_kind_of_fault_has_its_branch(kind: FaultKind) -> None:
    details = FAULTS[kind].words or (429 if kind == "status" else 1,)
    try:
        results = [injected(kind, detail) for detail in details]
    except AssertionError as error:
        pytest.fail(f"transport/faults.py has no branch for the fault '{kind}': {error}")

    assert all(result.is_injected for result in results), f"transport/faults.py: the fault '{kind}' does nothing"
    made = {repr((result.response, result.failure)) for result in results}
    assert len(made) == len(details), f"transport/faults.py: two words of the fault '{kind}' do the same"
    is_asked = all(result.recorded.latency == 0.1 for result in results)
    assert is_asked is not FAULTS[kind].is_made_up, f"fault.FAULTS: is_made_up of '{kind}' is not what it does"


@pytest.mark.parametrize("definition", ["fault", "fault_entry"])
def test_every_kind_of_fault_may_be_written(definition: str) -> None:
    branches = (DEFINITIONS[definition], *DEFINITIONS[definition].get("anyOf", ()))
    written = next(branch["properties"] for branch in branches if "properties" in branch)
    known = {*FAULTS, *(key for rule in FAULTS.values() for key in rule.takes)}

    where = f"cases/schema.json, '{definition}'"
    assert known - set(written) == set(), f"{where}: has no key {sorted(known - set(written))}"
    assert set(written) - known <= {"times", "request"}, f"{where}: has a key that is no row of fault.FAULTS"
    for kind, rule in FAULTS.items():
        assert words_of(written[kind]) == list(rule.words), f"{where}: the words of '{kind}' are not those of its row"


def test_every_kind_of_fault_is_documented() -> None:
    told = {word for code in re.findall(r"`([^`\n]+)`", CASE_FILES.prose) for word in re.findall(r"\w+", code)}

    untold = [word for kind, rule in FAULTS.items() for word in (kind, *rule.words) if word not in told]
    assert untold == [], f"docs/reference/case-files.md does not name {untold}"


def test_every_kind_of_fault_is_crossed() -> None:
    crossed = "\n".join(fault.yaml for fault in CROSSED.values())
    said = [f"{kind}: {word}" for kind, rule in FAULTS.items() for word in rule.words or ("",)]

    untried = [words for words in said if f"{{{words}" not in crossed]
    assert untried == [], f"tests/conversation/test_faults_crossed.py does not try {untried}"


SLOTS: dict[OperandKind, set[Slot]] = {
    OperandKind.LITERAL: {Slot.VALUE},
    OperandKind.SAME: {Slot.LIST, Slot.PATTERN},
    OperandKind.INSIDE: {Slot.CONTAINED, Slot.FIELDS, Slot.LIST, Slot.PATTERN},
    OperandKind.AMOUNT: {Slot.PATTERN},
    OperandKind.COUNT: {Slot.COUNT},
    OperandKind.BOUND: {Slot.OPERAND},
    OperandKind.BOUNDS: {Slot.OPERAND},
    OperandKind.NUMBER: {Slot.OPERAND},
    OperandKind.TEXT: {Slot.REGEX, Slot.LOOSE, Slot.TOLD},
    OperandKind.WORD: {Slot.WORD},
    OperandKind.CODE: {Slot.WORD},
    OperandKind.SCHEMA: {Slot.SCHEMA},
}
"""What an answer may give in the place of an operand."""


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_a_slot_for_what_an_answer_gives(name: str) -> None:
    allowed = SLOTS[OPERATORS[name].operand]
    slot = MEMBERS[Slot.PATTERN].get(name)

    assert slot in allowed, f"cases/answer_slots.py: '{name}' has the slot {slot}, its operand asks for {allowed}"


def test_no_slot_is_of_an_operator_that_is_gone() -> None:
    assert set(MEMBERS[Slot.PATTERN]) - set(OPERATORS) == set(OBJECT_KEYS)


@pytest.mark.parametrize("name", operators_taking(OperandKind.TEXT))
def test_a_text_that_a_template_leaves_empty_is_noticed(name: str) -> None:
    node, _ = read("'{{ x }}'")
    assert node is not None

    found = list(text_operands(name, node))

    assert found == [(name, node)], f"cases/template_text.py: text_operands does not know '{name}'"


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_says_what_it_can_hold(name: str) -> None:
    assert name in READERS, f"patterns/pattern_truth.py: READERS has no row for '{name}'"


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_says_whether_it_is_ever_unknown(name: str) -> None:
    assert name in DECIDED, f"patterns/decidability.py: DECIDED has no row for '{name}'"


@pytest.mark.parametrize("name", OPERATORS)
def test_only_a_schema_is_read_as_one(name: str) -> None:
    pattern: Json = {name: {"$schema": {"$ref": "a.json"}}}
    is_quoted = with_absolute_references(pattern, lambda _place: "cases/x.yaml") == pattern

    if OPERATORS[name].operand is not OperandKind.SCHEMA:
        wanted = OPERATORS[name].operand is OperandKind.LITERAL
        assert is_quoted is wanted, f"json_schema/files.py: what stands under '{name}' is read in the wrong way"


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_may_be_written(name: str) -> None:
    assert name in DEFINITIONS["operators"]["properties"], f"cases/schema.json: 'operators' has no '{name}'"


FACET_SCHEMAS: dict[str, Any] = next(one["properties"] for one in DEFINITIONS["expect"]["anyOf"] if "properties" in one)


@pytest.mark.parametrize("name", FACETS)
def test_every_facet_may_be_written(name: str) -> None:
    assert name in FACET_SCHEMAS, f"cases/schema.json: 'expect' has no '{name}'"


@pytest.mark.parametrize("name", FACETS)
def test_every_facet_has_a_slot_for_what_an_answer_gives(name: str) -> None:
    assert name in MEMBERS[Slot.EXPECT], f"cases/answer_slots.py: Slot.EXPECT has no '{name}'"


def test_nothing_is_written_or_filled_that_is_no_facet() -> None:
    assert set(FACET_SCHEMAS) == set(FACETS)
    assert set(MEMBERS[Slot.EXPECT]) == set(FACETS)


@pytest.mark.parametrize("name", FACETS)
def test_an_editor_knows_what_a_facet_is_held_against(name: str) -> None:
    # Of a facet that no schema knows, it is not known either that it takes no pattern.
    is_pattern = FACET_SCHEMAS.get(name, {"$ref": "#/$defs/pattern"}).get("$ref") == "#/$defs/pattern"
    is_on_any_json = name == "json"

    has_family = name in PLACES["expect"]
    wrong = f"linting/editor_patterns.py: PLACES {'has' if has_family else 'has no'} '{name}'"
    assert has_family is (is_pattern and not is_on_any_json), wrong


FAMILIES: dict[str, tuple[Iterable[str], int, set[str]]] = {
    "operators": (
        OPERATORS,
        3,
        {
            "cases/answer_slots",
            "cases/template_text",
            "json_schema/words",
            "patterns/decidability",
            "patterns/number_extent",
            "patterns/number_operators",
            "patterns/operators",
            "patterns/pattern_truth",
            "patterns/possible_world",
            "patterns/text_operators",
        },
    ),
    "facets": (
        FACETS,
        3,
        {
            "cases/answer_slots",
            "exchange/promptfoo/combined_facets",
            "expectations/facets",
            "linting/editor_patterns",
            "linting/weak_patterns",
            "report_columns",
            "results/strength_sums",
            "turn",
        },
    ),
    "kinds of faults": (FAULTS, 3, {"fault", "transport/faults"}),
    "providers": (CATALOG, 3, {"providers/catalog"}),
    "commands": (COMMANDS, 2, {"cli/__init__"}),
}
"""What is named -> its table, how many of it make a list, and the modules that may have one: each is held by a test,
or its names are of a group to which nothing is added."""


@cache
def named_together(path: Path) -> tuple[frozenset[str], ...]:
    """The texts that stand side by side in a module: in a list, as keys, as cases."""
    found = []
    for node in ast.walk(tree(path)):
        parts: Iterable[ast.AST | None] = ()
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            parts = node.elts
        elif isinstance(node, ast.Dict):
            parts = node.keys
        elif isinstance(node, ast.Match):
            parts = [case.pattern.value for case in node.cases if isinstance(case.pattern, ast.MatchValue)]
        found.append(
            frozenset(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
        )
    return tuple(names for names in found if names)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_other_module_lists_what_has_a_table(family: str) -> None:
    table, least, allowed = FAMILIES[family]
    found = {
        path.relative_to(SOURCE).with_suffix("").as_posix()
        for path in MODULES
        if any(len(names & set(table)) >= least for names in named_together(path))
    }

    told = f"{sorted(found - allowed)} list {family}: ask their table, or let a test hold the list and name it here"
    assert found <= allowed, told


def test_rules_are_about_providers_that_are_known() -> None:
    known = {*CATALOG, "*", "compatible"}

    assert {rule.provider for rule in RULES} <= known
    assert set(UNDOCUMENTED_RESPONSES) <= known
