"""`given`, `examples`, `assume`, and the file with the rows that were generated: what is read, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from prompt_contracts.case_file import CaseFile
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.given_file import parse_given, read_given_file, rows_text
from prompt_contracts.cases.loader import load_case_values
from prompt_contracts.cases.node import SourceText
from prompt_contracts.cases.yaml_reader import read_yaml_nodes
from prompt_contracts.given import GeneratedRow, GeneratedRows, Smallest, generated_row
from prompt_contracts.json_value import Json
from tests.cases.case_files import good, load, mistakes

CASE = """version: 1
models: [openai:gpt-5-mini]
cases:
  - name: any_city
    user: Will it rain in {{ city }} {{ day }}?
    given:
      city: {$from: [Oslo, Lima]}
      day: {$regex: "on (Mon|Tues)day|tomorrow"}
    expect: {text: "{{ city }}"}
"""
OSLO: Mapping[str, Json] = {"city": "Oslo", "day": "tomorrow"}
LIMA: Mapping[str, Json] = {"city": "Lima", "day": "on Monday"}


def stored(*values: Mapping[str, Json], digest: str = "0123456789") -> GeneratedRows:
    return GeneratedRows(seed=7, hypothesis="6.170.15", digest=digest, rows=tuple(map(generated_row, values)))


def files(*values: Mapping[str, Json], name: str = "any_city") -> dict[str, str]:
    return {"cases.given.yaml": rows_text({name: stored(*values)})}


def words(loaded: CaseFile) -> list[str]:
    return [str(found) for found in mistakes(loaded)]


def test_the_rows_beside_a_case_file_are_its_rows(tmp_path: Path) -> None:
    first, second = good(tmp_path, CASE, files=files(OSLO, LIMA))

    assert (first.row, second.row) == (generated_row(OSLO).id, generated_row(LIMA).id)
    assert first.item_name == f"any_city[{generated_row(OSLO).id}-openai:gpt-5-mini]"
    assert [case.messages[0].content for case in (first, second)] == [
        "Will it rain in Oslo tomorrow?",
        "Will it rain in Lima on Monday?",
    ]
    assert first.facets == {"text": "Oslo"}
    assert first.example == generated_row(OSLO)
    assert first.given is not None
    assert (first.given.examples, list(first.given.variables)) == (20, ["city", "day"])


def test_each_row_of_the_case_has_each_generated_one(tmp_path: Path) -> None:
    text = CASE.replace("rain in", "{{ what }} in").replace(
        "    given:", "    matrix: {what: [rain, snow]}\n    given:"
    )

    cases = good(tmp_path, text, files=files(OSLO, LIMA))

    oslo, lima = generated_row(OSLO).id, generated_row(LIMA).id
    assert [case.row for case in cases] == [f"rain-{oslo}", f"rain-{lima}", f"snow-{oslo}", f"snow-{lima}"]
    assert cases[3].messages[0].content == "Will it snow in Lima on Monday?"


def test_values_keep_their_types(tmp_path: Path) -> None:
    values: dict[str, Json] = {"n": 5, "x": 0.1, "b": True, "none": None, "text": "5", "no": "no", "o": {"a": [1, "é"]}}
    text = """version: 1
models: [openai:gpt-5-mini]
cases:
  - name: typed
    user: a
    given: {n: {$from: [1]}, x: {$from: [1]}, b: {$from: [1]}, none: {$from: [1]}, text: {$from: [1]}, no: {$from: [1]},
      o: {$from: [1]}}
    expect: {json: {n: "{{ n }}", x: "{{ x }}", b: "{{ b }}", none: "{{ none }}", text: "{{ text }}", no: "{{ no }}",
      o: "{{ o }}"}}
"""

    (case,) = good(tmp_path, text, files=files(values, name="typed"))

    assert json.dumps(case.facets["json"]) == json.dumps(values)


TEXTS = [
    "plain",
    "no",
    "12:30",
    " # not a comment: {x} [y] 'z' \"q\" \\ \\n",
    "line\nbreak\ttab\r",
    "\u0000\u001b[31m\u007f\u0085\u00a0\u2028\u2029\ufeff\u200b\u202e",
    "👩\u200d👩\u200d👧 é e\u0301 العربية עברית 漢字",
    "\U000e0001\U0001f600",
    "",
    "{{ city }} {% x %}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_read_as_it_was_written(text: str, tmp_path: Path) -> None:
    rows = stored({"city": text})
    written = rows_text({"any_city": rows})

    read = parse_given("a.given.yaml", written, folder=tmp_path)

    assert read.findings.errors == ()
    assert read.cases["any_city"].rows == rows
    assert written.isprintable() or set(filter(lambda c: not c.isprintable(), written)) == {"\n"}


def test_what_is_marked_smallest_stays_so(tmp_path: Path) -> None:
    one, other = (Smallest(model=f"a:{n}", code="mismatch", path="text") for n in "bc")
    row = generated_row(OSLO)
    rows = GeneratedRows(
        seed=1,
        hypothesis="6",
        digest="d",
        rows=(
            GeneratedRow(id=row.id, values=row.values, smallest=(one,)),
            GeneratedRow(id=generated_row(LIMA).id, values=LIMA, smallest=(one, other)),
        ),
    )

    read = parse_given("a.given.yaml", rows_text({"1.5": rows, "true": rows}), folder=tmp_path)

    assert [case.rows for case in read.cases.values()] == [rows, rows]
    assert list(read.cases) == ["1.5", "true"]


def test_a_case_without_rows_says_that_a_recording_run_makes_them(tmp_path: Path) -> None:
    loaded = load(tmp_path, CASE)

    assert words(loaded) == ["cases.yaml:6:5: PC201 no rows have been generated yet for case 'any_city'"]
    assert loaded.cases == ()


def test_mistakes_of_a_case_without_rows_are_told_in_the_same_run(tmp_path: Path) -> None:
    loaded = load(tmp_path, CASE.replace("{{ day }}", "{{ dya }}"))

    assert [found.code for found in mistakes(loaded)] == ["PC110", "PC201"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Oslo", "Rome", 'this row was edited: the text "{id}" is not the id that its values have'),
        ('{{"city": "Oslo", "day": "tomorrow"}}', "5", "'values' must be a mapping of variables, not the number 5"),
        ("seed: 7", "seed: -7", "'seed' must be a whole number, not the number -7"),
        ("seed: 7", "seed: true", "'seed' must be a whole number, not true"),
        ('hypothesis: "6.170.15"', "hypothesis: 6.1", "'hypothesis' must be text, not the number 6.1"),
        ("version: 1", "version: 2", "'version' must be 1, not the number 2"),
        ("version: 1", "version: 1\nmore: 1", "unknown key 'more' in the file"),
        ("digest:", "digset:", "unknown key 'digset' in 'given'"),
        ("\ngenerated:", "\ncases:", "this is a case file, where the generated rows of another one should be"),
        ("      rows:", "      rows: 5\n      x:", "unknown key 'x' in 'given'"),
    ],
)
def test_a_file_that_was_edited_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = files(OSLO)["cases.given.yaml"]
    old = old.replace("{{", "{").replace("}}", "}")
    assert old in text

    loaded = load(tmp_path, CASE, files={"cases.given.yaml": text.replace(old, new, 1)})

    assert said.format(id=generated_row(OSLO).id) in [found.message for found in mistakes(loaded)]
    assert {found.code for found in mistakes(loaded)} == {"PC113"}
    assert {found.location.path for found in mistakes(loaded)} == {"cases.given.yaml"}


def test_a_row_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    loaded = load(tmp_path, CASE, files=files(OSLO, LIMA, OSLO))

    assert [found.message for found in mistakes(loaded)] == [
        f"the row '{generated_row(OSLO).id}' is there twice, first at line 11"
    ]


def test_a_row_may_be_removed(tmp_path: Path) -> None:
    text = files(OSLO, LIMA)["cases.given.yaml"]
    start = text.index("        - id:")
    end = text.index("        - id:", start + 1)

    (case,) = good(tmp_path, CASE, files={"cases.given.yaml": text[:start] + text[end:]})

    assert case.row == generated_row(LIMA).id


def test_rows_with_other_variables_are_refused(tmp_path: Path) -> None:
    loaded = load(tmp_path, CASE, files=files({"city": "Oslo"}))

    assert [found.message for found in mistakes(loaded)] == ["this row has city, and 'given' has city, day"]


def test_rows_of_a_case_that_is_gone_are_told_of(tmp_path: Path) -> None:
    text = rows_text({"any_city": stored(OSLO), "gone": stored(LIMA)})

    loaded = load(tmp_path, CASE, files={"cases.given.yaml": text})

    assert [found.message for found in loaded.warnings] == [
        "these rows belong to a case that is not in cases.yaml any more: 'gone'"
    ]
    assert loaded.warnings[0].location.path == "cases.given.yaml"


def test_a_file_that_leads_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "elsewhere.yaml").write_text(files(OSLO)["cases.given.yaml"], "utf-8")
    (root / "cases.given.yaml").symlink_to(tmp_path / "elsewhere.yaml")

    loaded = load(root, CASE)

    assert words(loaded) == [
        "cases.given.yaml:1:1: PC113 the generated rows cannot be read: 'cases.given.yaml' lies outside the project"
    ]


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "cases.given.yaml").open("wb") as file:
        file.truncate(3 * 1024**3)

    found = read_given_file("cases.yaml", folder=tmp_path, root=tmp_path)

    assert [each.message for each in found.findings.errors] == [
        "the generated rows cannot be read: the file is 3072 MB large; 16 MB is the most"
    ]


@pytest.mark.parametrize(
    "text", ["", "- a\n", "5\n", "a: [\n", "version: 1\n", "generated: {x: !!python/object:os.x {}}"]
)
def test_a_file_that_says_something_else_is_told_of(text: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, CASE, files={"cases.given.yaml": text})

    assert mistakes(loaded)
    assert {found.location.path for found in mistakes(loaded)} == {"cases.given.yaml"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{city: {$from: []}}", "PC105 '$from' is empty, but must be a list of values to choose from"),
        ("{city: {$form: [a]}}", "PC101 unknown key '$form' in 'city'"),
        ("{city: [a]}", "PC102 'city' must be a generator, such as {$from: [...]}, not a list"),
        ("{city: {$from: [a], $regex: b}}", "PC113 'city' has 2 generators: '$from' or '$regex'"),
        ("{env: {$from: [a]}}", "PC113 'env' cannot be generated: templates read the environment by that name"),
        ("{id: {$from: [a]}}", "PC113 'id' cannot be generated: a row is named by it"),
        ("{d: {$date: ['2026-01-01']}}", "PC113 '$date' takes two values: the first and the last date"),
        ("{d: {$text: {of: [latn]}}}", "PC102 item 1 of 'of' must be a script, not the text \"latn\""),
        ("{d: {$python: nope}}", "PC102 '$python' must be a strategy as package.module:name, not the text \"nope\""),
        ("{}", "PC105 'given' is empty, but must be a mapping from variables to generators"),
    ],
)
def test_a_generator_that_is_none_is_told_of(given: str, said: str, tmp_path: Path) -> None:
    text = f"""version: 1
models: [openai:gpt-5-mini]
cases:
  - name: c
    user: a
    given: {given}
    expect: {{text: a}}
"""

    assert said in [str(found).partition(": ")[2] for found in mistakes(load(tmp_path, text))]


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("{$text: {length: 5}}", "write [1, 5] for at most 5, or [5, 5] for just as many"),
        ("{$text: {length: [5]}}", "write [1, 5] for at most 5, or [5, 5] for just as many"),
        ("{$text: {length: 0}}", "write two values, such as [1, 60]"),
        ("{$date: '2026-01-01'}", 'write two values, such as ["2026-01-01", "2026-12-31"]'),
        ("{$date: ['2026-01-01']}", 'write two values, such as ["2026-01-01", "2026-12-31"]'),
    ],
)
def test_one_value_where_two_are_wanted_is_advised_of_two(given: str, advice: str, tmp_path: Path) -> None:
    text = f"""version: 1
models: [openai:gpt-5-mini]
cases:
  - name: c
    user: a
    given: {{d: {given}}}
    expect: {{text: a}}
"""

    assert [found.help for found in mistakes(load(tmp_path, text))][:1] == [advice]


def test_examples_and_assume_say_nothing_without_given(tmp_path: Path) -> None:
    text = """version: 1
models: [openai:gpt-5-mini]
cases:
  - {name: c, user: a, examples: 3, assume: {a: b}, expect: {text: a}}
"""

    assert [found.message for found in mistakes(load(tmp_path, text))] == [
        "'examples' of case 'c' has no effect without 'given'",
        "'assume' of case 'c' has no effect without 'given'",
    ]


def test_a_default_may_say_how_many_rows_there_are(tmp_path: Path) -> None:
    text = CASE.replace("cases:\n", "defaults: {examples: 5}\ncases:\n  - {name: other, user: a, expect: {text: a}}\n")

    cases = good(tmp_path, text, files=files(OSLO))

    assert [None if case.given is None else case.given.examples for case in cases] == [None, 5]


def test_a_variable_is_generated_or_a_column(tmp_path: Path) -> None:
    text = CASE.replace("    given:", "    rows: [{city: Rome}]\n    given:")

    assert [found.message for found in mistakes(load(tmp_path, text))] == [
        "'city' is generated, and is a column of the case as well"
    ]


def test_a_variable_that_nothing_uses_is_told_of(tmp_path: Path) -> None:
    text = CASE.replace(" {{ day }}", "")

    loaded = load(tmp_path, text, files=files(OSLO))

    assert [(found.message, found.location.line) for found in loaded.warnings] == [
        ("the variable 'day' is never used", 8)
    ]


@pytest.mark.parametrize("name", ["cities.csv", "cities.jsonl"])
def test_one_column_of_a_table_can_be_chosen_from(name: str, tmp_path: Path) -> None:
    table = "city,country\nOslo,NO\nLima,PE\n" if name.endswith("csv") else '{"city": "Oslo"}\n{"city": "Lima"}\n'
    text = CASE.replace("[Oslo, Lima]", f"{{$include: '{name}#/city'}}")

    (case,) = good(tmp_path, text, files={**files(OSLO), name: table})

    assert case.given is not None
    assert case.given.variables["city"].operand == ["Oslo", "Lima"]


@pytest.mark.parametrize(
    ("named", "message", "advice"),
    [
        ("cities.csv", "'$from' takes one column of a table", "name a column after '#', such as cities.csv#/city"),
        ("cities.csv#/ctiy", "cities.csv has no column 'ctiy'", "did you mean 'city'?"),
        ("cities.csv#/town", "cities.csv has no column 'town'", "there are: city, country"),
    ],
)
def test_a_column_that_is_not_there_is_told_of(named: str, message: str, advice: str, tmp_path: Path) -> None:
    text = CASE.replace("[Oslo, Lima]", f"{{$include: '{named}'}}")

    (found,) = mistakes(load(tmp_path, text, files={"cities.csv": "city,country\nOslo,NO\n"}))

    assert (found.code, found.message, found.help) == ("PC112", message, advice)


def test_the_order_in_which_a_generator_is_written_does_not_make_rows_stale(tmp_path: Path) -> None:
    other = CASE.replace(
        'day: {$regex: "on (Mon|Tues)day|tomorrow"}', "day:\n        $regex: on (Mon|Tues)day|tomorrow"
    )
    digests = {
        case.given.digest
        for text in (CASE, other, "# a comment\n" + CASE)
        for case in good(tmp_path, text, files=files(OSLO))
        if case.given is not None
    }

    assert len(digests) == 1


def test_a_case_that_no_file_holds_generates_no_rows(tmp_path: Path) -> None:
    (tmp_path / "test_it.given.yaml").write_text(files(OSLO)["cases.given.yaml"], "utf-8")
    source = SourceText(path="test_it.py", folder=tmp_path, text=CASE)
    node = read_yaml_nodes(source, Findings())
    assert node is not None

    loaded = load_case_values(node, file=tmp_path / "test_it.py", root=tmp_path, environ={})

    assert [found.message for found in mistakes(loaded)] == [
        "'given' of 'any_city' needs a case file, beside which its rows are kept"
    ]
