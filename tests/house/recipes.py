"""The recipes of ARCHITECTURE's table "Where does a new thing go?", as edits that a copy of the project is given."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "src/prompt_contracts"
TABLES = "tests/house/test_tables.py"
REFERENCE = "tests/docs/test_reference.py"
PYTHON_FACE = "tests/api/test_pattern_values.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One thing that is written into a file."""

    file: str
    text: str = ""
    script: str = ""
    """A script of the project that writes the file instead."""
    before: str = ""
    """What stands in the file, once, and comes right after it then; nothing: the end of the file."""
    named: str = ""
    """What the tests say where this is left out; nothing: it is what makes the others necessary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one thing is added."""

    thing: str
    """As ARCHITECTURE's table has it in its first column."""
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    """The tests that must name what is missing."""

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that is touched, once."""
        return tuple(dict.fromkeys(edit.file for edit in self.edits))


OPERATOR = Recipe(
    thing="an operator",
    edits=(
        Edit(
            file=f"{SOURCE}/patterns/text_operators.py",
            text='''

def check_starts(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """A text, and not an empty one."""
    if not isinstance(operand, str):
        text = f"'$starts' takes a text, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help=_written("$starts", operand))
    elif not operand:
        yield from _check_idle("$starts", subject, "write the text that must come first")


def starts_holds(operand: Json, value: Value, _grammar: Grammar) -> Truth:
    """The text comes first."""
    if not isinstance(operand, str):
        return UNKNOWN
    return truth_of(isinstance(value, str) and value.startswith(operand))


def describe_starts(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """What comes first."""
    return f"a text that starts with {show(operand)}"
''',
        ),
        Edit(
            file=f"{SOURCE}/patterns/operators.py",
            before='        "$approx": OperatorRule(',
            text="""        "$starts": OperatorRule(
            operand=OperandKind.TEXT,
            check=texts.check_starts,
            holds=texts.starts_holds,
            describe=texts.describe_starts,
            kinds=_TEXT,
        ),
""",
        ),
        Edit(
            file=f"{SOURCE}/patterns/pattern_truth.py",
            before="    **dict.fromkeys(ORDERED, _bound),",
            text='    "$starts": _open,\n',
            named="patterns/pattern_truth.py: READERS has no row for '$starts'",
        ),
        Edit(
            file=f"{SOURCE}/patterns/decidability.py",
            before="    **dict.fromkeys(ORDERED, _of_bound),",
            text='    "$starts": _of_text,\n',
            named="patterns/decidability.py: DECIDED has no row for '$starts'",
        ),
        Edit(
            file=f"{SOURCE}/cases/schema.json",
            before='        "$approx": {',
            text='        "$starts": {"type": "string", "description": "What comes first.", "examples": ["Dear"]},\n',
            named="cases/schema.json: 'operators' has no '$starts'",
        ),
        Edit(
            file=f"{SOURCE}/cases/answer_slots.py",
            before='    "$any_of": Slot.LIST,\n    "$all_of"',
            text='    "$starts": Slot.TOLD,\n',
            named="cases/answer_slots.py: '$starts' has the slot None",
        ),
        Edit(
            file=f"{SOURCE}/cases/template_text.py",
            before="        yield name, node\n    expression =",
            text='        yield name, node\n    if name == "$starts":\n',
            named="cases/template_text.py: text_operands does not know '$starts'",
        ),
        Edit(
            file=f"{SOURCE}/api/pattern_values.py",
            before="PATTERN_VALUES: Sequence",
            text='''def starts(text: str) -> Pattern:
    """What comes first.

    >>> from prompt_contracts import starts
    >>> starts("Dear")
    {'$starts': 'Dear'}
    """
    return {"$starts": text}


''',
            named="api/pattern_values.py: no function gives ['$starts']",
        ),
        Edit(
            file=f"{SOURCE}/api/pattern_values.py",
            before=" unordered, word_count)",
            text=" starts,",
            named="api/pattern_values.py: no function gives ['$starts']",
        ),
        Edit(
            file=f"{SOURCE}/__init__.py",
            before='    "unordered",\n',
            text='    "starts",\n',
            named="__init__.py: __all__ has no function for ['$starts']",
        ),
        Edit(
            file=f"{SOURCE}/__init__.py",
            before="        unordered,\n",
            text="        starts,\n",
            named="__init__.py: __all__ has no function for ['$starts']",
        ),
        Edit(
            file="docs/reference/case-files.md",
            before="### $lt, $le, $gt and $ge\n",
            text="### $starts\n\nA text that comes first.\n\n```yaml pattern\ngreeting: {$starts: Dear}\n```\n\n",
            named="test_every_facet_and_operator_has_a_heading_and_an_example[$starts]",
        ),
    ),
    tests=(TABLES, PYTHON_FACE, f"{REFERENCE}::test_every_facet_and_operator_has_a_heading_and_an_example"),
)

FACET = Recipe(
    thing="a facet",
    edits=(
        Edit(
            file=f"{SOURCE}/expectations/case_facets.py",
            text='''

def check_attempts(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on a number of requests."""
    yield from scope.language.check(expected, _number("attempts", is_whole=True))


def judge_attempts(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """How often requests were sent, the first time included."""
    yield from _judge_amount(expected, outcome.attempts, "attempts", (), scope)
''',
        ),
        Edit(
            file=f"{SOURCE}/expectations/facets.py",
            before='        "model": FacetRule(',
            text="""        "attempts": FacetRule(
            check=budgets.check_attempts, judge=budgets.judge_attempts, is_about_answer=False, is_about_case=True
        ),
""",
        ),
        Edit(
            file=f"{SOURCE}/cases/schema.json",
            before='            "requests": {\n              "$ref": "#/$defs/pattern"',
            text="""            "attempts": {
              "$ref": "#/$defs/pattern",
              "description": "Pattern on how often requests were sent.",
              "examples": [1]
            },
""",
            named="cases/schema.json: 'expect' has no 'attempts'",
        ),
        Edit(
            file=f"{SOURCE}/cases/answer_slots.py",
            before='        **dict.fromkeys(("usage", "error"), Slot.FIELDS),',
            text='        "attempts": Slot.PATTERN,\n',
            named="cases/answer_slots.py: Slot.EXPECT has no 'attempts'",
        ),
        Edit(
            file=f"{SOURCE}/linting/editor_patterns.py",
            before='            "refusal": "refusal_pattern",',
            text='            "attempts": "number_pattern",\n',
            named="linting/editor_patterns.py: PLACES has no 'attempts'",
        ),
        Edit(
            file=f"{SOURCE}/engine/expected.py",
            before="    cost: PatternLike\n",
            text="    attempts: PatternLike\n",
            named="engine/expected.py: 'Expect' and the facets differ in ['attempts']",
        ),
        Edit(
            file="docs/reference/case-files.md",
            before="### requests\n",
            text="### attempts\n\nA pattern on how often requests were sent.\n\n```yaml expect\nattempts: 1\n```\n\n",
            named="test_every_facet_and_operator_has_a_heading_and_an_example[attempts]",
        ),
    ),
    tests=OPERATOR.tests,
)

FAULT = Recipe(
    thing="a fault",
    edits=(
        Edit(
            file=f"{SOURCE}/fault.py",
            before='"stream"]\n\n\n',
            text='"garbled", ',
        ),
        Edit(
            file=f"{SOURCE}/fault.py",
            before='        "stream": FaultRule(',
            text='        "garbled": FaultRule(words=("mirror", "doubled"), is_made_up=False, is_of_streams=False),\n',
        ),
        Edit(
            file=f"{SOURCE}/transport/faults.py",
            before='            case "stream":\n',
            text="""            case "garbled":
                return _damaged(self._inner.send(request, sending=sending), partial(_garbled, how=fault.detail))
""",
            named="transport/faults.py has no branch for the fault 'garbled'",
        ),
        Edit(
            file=f"{SOURCE}/transport/faults.py",
            text="""

def _garbled(response: ApiResponse, how: str | int) -> ApiResponse:
    return replace(response, body=response.body[::-1] if how == "mirror" else response.body * 2)
""",
        ),
        Edit(
            file=f"{SOURCE}/cases/schema.json",
            before='    "fault_headers": {',
            text="""    "fault_garbled": {
      "title": "'mirror' or 'doubled'",
      "anyOf": [{"title": "'mirror' or 'doubled'", "enum": ["mirror", "doubled"]}, {"$ref": "#/$defs/template"}],
      "description": "The answer comes, but its letters are wrong.",
      "examples": ["doubled"]
    },
""",
        ),
        Edit(
            file=f"{SOURCE}/cases/schema.json",
            before='        "stream": {"$ref": "#/$defs/fault_stream"}\n',
            text='        "garbled": {"$ref": "#/$defs/fault_garbled"},\n',
            named="cases/schema.json, 'fault_entry': has no key ['garbled']",
        ),
        Edit(
            file=f"{SOURCE}/cases/schema.json",
            before='            "stream": {"$ref": "#/$defs/fault_stream"},\n',
            text='            "garbled": {"$ref": "#/$defs/fault_garbled"},\n',
            named="cases/schema.json, 'fault': has no key ['garbled']",
        ),
        Edit(
            file="docs/reference/case-files.md",
            before="| `{stream: {cut_after: 3}}` |",
            text="| `{garbled: mirror}`, `{garbled: doubled}` | an answer whose letters are wrong |\n",
            named="docs/reference/case-files.md does not name ['garbled', 'mirror', 'doubled']",
        ),
        Edit(
            file="tests/conversation/test_faults_crossed.py",
            before='    "cut": Injected(',
            text="""    "mirror": Injected(yaml="{garbled: mirror}", kinds=("malformed_response",), is_retried=False),
    "doubled": Injected(yaml="{garbled: doubled}", kinds=("malformed_response",), is_retried=False),
""",
            named="tests/conversation/test_faults_crossed.py does not try ['garbled: mirror', 'garbled: doubled']",
        ),
    ),
    tests=(TABLES,),
)

PROVIDER = Recipe(
    thing="a provider",
    edits=(
        Edit(
            file=f"{SOURCE}/providers/catalog.py",
            before=")\n\nCATALOG: Mapping",
            text="""    Provider(
        name="acme",
        base_url="https://api.acme.example/v1",
        api_key_env="ACME_API_KEY",
        source="Acme documentation",
    ),
""",
        ),
        Edit(
            file="docs/reference/providers.md",
            before='\n"Bearer" is the header',
            text="| `acme` | `https://api.acme.example/v1` | | `ACME_API_KEY` | bearer | yes | no | none |\n",
            named="test_every_provider_stands_in_the_tables_with_its_facts[acme]",
        ),
        Edit(
            file="docs/reference/providers.md",
            before="\nAzure has an address for each customer",
            text="| `acme` | Acme documentation | 2026-11 |\n",
            named="test_no_other_provider_stands_in_the_tables",
        ),
        Edit(
            file="docs/reference/parameters.md",
            script="docs/tables.py",
            named="the rules have changed: run 'python docs/tables.py'",
        ),
    ),
    tests=(
        "tests/docs/test_generated_tables.py",
        f"{REFERENCE}::test_every_provider_stands_in_the_tables_with_its_facts",
        f"{REFERENCE}::test_no_other_provider_stands_in_the_tables",
    ),
)

REPORT_FORMAT = Recipe(
    thing="a report format",
    edits=(
        Edit(
            file=f"{SOURCE}/renderers/report_formats.py",
            before="}\n",
            text='        ".txt": "text_report",\n',
        ),
        Edit(
            file=f"{SOURCE}/renderers/text_report.py",
            text='''"""A run as one line of text."""

from __future__ import annotations

from prompt_contracts.report import Report


def text_report(report: Report) -> str:
    """How many cells there were."""
    return f"prompt-contracts {report.version}: {len(report.results)} cells\\n"
''',
            named="No module named 'prompt_contracts.renderers.text_report'",
        ),
        Edit(
            file="docs/reference/options.md",
            before=" |\n| `--pc-no-code`",
            text=", `.txt`",
            named="test_the_formats_of_reports_are_listed",
        ),
    ),
    tests=("tests/renderers/test_report_formats.py", f"{REFERENCE}::test_the_formats_of_reports_are_listed"),
)

RECIPES = (OPERATOR, FACET, FAULT, PROVIDER, REPORT_FORMAT)
