"""Files of somebody else are left alone; good cases load beside broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.cases.loader import load_case_file
from tests.cases.case_files import load, load_text, mistakes, write

HEAD = "version: 1\nmodels: [a:b]\n"
GOOD = "- {name: good, user: x, expect: {text: a}}\n"
FOREIGN = [
    "a: 1\n",
    "",
    "- a\n- b\n",
    "just text",
    "services: {web: {image: !ref x}}\n",
    "a: [\n",
    "jobs: {test: {cases: [1]}}\n",
    "jobs: {test: {cases: [1\n",
    "version: '3'\nservices: {}\n",
    "version: 3\ncase: [{name: a, user: b}]\n",
    "a:\n  version: 1\ncase: []\n",
    "version: 1\na:\n  case: []\n",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_foreign_yaml_is_left_alone(tmp_path: Path, text: str) -> None:
    assert load_text(tmp_path, text) is None


@pytest.mark.parametrize("text", FOREIGN)
def test_foreign_yaml_that_was_named_is_an_error(tmp_path: Path, text: str) -> None:
    loaded = load_text(tmp_path, text, is_named=True)

    assert loaded is not None
    assert [broken.name for broken in loaded.broken] == ["file"]
    assert {found.code for found in mistakes(loaded)} <= {"PC100", "PC107", "PC109"}


def test_a_file_that_is_no_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"version: 1\ncases: [\xff]\n")

    found = mistakes(load_case_file(tmp_path / "c.yaml", root=tmp_path, environ={}))

    assert [str(one) for one in found] == ["c.yaml:1:1: PC100 the file is not UTF-8 text"]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    found = mistakes(load_case_file(tmp_path / "c.yaml", root=tmp_path, environ={}, is_named=True))

    assert [one.code for one in found] == ["PC100"]


@pytest.mark.parametrize(
    "broken",
    [
        "- {name: bad, user: x, expcet: {}}\n",
        "- {name: bad, user: x, user: y, expect: {text: a}}\n",
        "- {name: bad, user: !t x, expect: {text: a}}\n",
        "- {name: bad, user: True, expect: {text: a}}\n",
        "- {name: bad, user: '{{ x }}', expect: {text: a}}\n",
        "- {name: bad, user: {$file: x}, expect: {text: a}}\n",
        "- {name: bad, user: x, rows: [{id: a}, {id: a}], expect: {text: a}}\n",
        "- {name: bad, user: x, tools: [f], expect: {text: a}}\n",
        "- {name: bad, user: x}\n",
        "- {name: bad, expect: {text: a}}\n",
        "- {name: bad, model: x, user: x, expect: {text: a}}\n",
        "- {name: bad, turns: [], user: x, expect: {text: a}}\n",
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_broken_case_leaves_the_good_one_whole(tmp_path: Path, broken: str, order: int) -> None:
    loaded = load(tmp_path, HEAD + "cases:\n" + "".join([broken, GOOD][::order]))

    assert [case.name for case in loaded.cases] == ["good"]
    assert [one.name for one in loaded.broken] == ["bad"]
    assert str(loaded.broken[0].location).startswith(f"cases.yaml:{4 if order == 1 else 5}:4")


@pytest.mark.parametrize(
    "wrong", ["tools: {f: {name: g}}", "tools: {f: {$include: no.json}}", "tools: {f: {nam: f}}", "variables: {env: 1}"]
)
def test_a_mistake_of_the_file_beside_its_cases_leaves_them_whole(tmp_path: Path, wrong: str) -> None:
    loaded = load(tmp_path, HEAD + f"{wrong}\ncases:\n{GOOD}")

    assert [case.name for case in loaded.cases] == ["good"]
    assert [one.name for one in loaded.broken] == ["file"]


@pytest.mark.parametrize("wrong", ["defualts: {system: x}", "varables: {}", "titel: x"])
def test_no_case_loads_beside_an_unknown_key_of_the_file_but_all_are_checked(tmp_path: Path, wrong: str) -> None:
    loaded = load(tmp_path, HEAD + f"{wrong}\ncases:\n{GOOD}- {{name: bad, user: x, expcet: 1}}\n")

    assert loaded.cases == ()
    assert [(one.name, len(one.diagnostics)) for one in loaded.broken] == [("file", 1), ("bad", 1)]


@pytest.mark.parametrize(("key", "said"), [("titel", ["PC101", "PC110"]), ("varables", ["PC101"])])
def test_what_an_unknown_key_may_have_given_is_not_missed_in_each_case(
    tmp_path: Path, key: str, said: list[str]
) -> None:
    text = HEAD + f"{key}: {{city: Oslo}}\ncases:\n- {{name: a, user: '{{{{ city }}}}', expect: {{text: a}}}}\n"

    assert [found.code for found in mistakes(load(tmp_path, text))] == said


@pytest.mark.parametrize("wrong", ["defaults: {reqest: {}}", "defaults: {skip: True}", "defaults: {$include: x.yaml}"])
def test_no_case_loads_under_broken_defaults_but_all_are_checked(tmp_path: Path, wrong: str) -> None:
    loaded = load(tmp_path, HEAD + f"{wrong}\ncases:\n{GOOD}- {{name: bad, expcet: 1}}\n")

    assert loaded.cases == ()
    assert [one.name for one in loaded.broken] == ["file", "bad"]


def test_a_case_without_a_usable_name_is_named_by_its_line(tmp_path: Path) -> None:
    text = HEAD + "cases:\n- {user: x}\n- {name: a b}\n- {name: GOOD, user: x}\n- 5\n- {name: ..}\n" + GOOD

    names = [broken.name for broken in load(tmp_path, text).broken]

    assert names == ["case-at-line-4", "case-at-line-5", "GOOD", "case-at-line-7", "case-at-line-8", "case-at-line-9"]


def test_a_tool_with_a_mistake_breaks_the_cases_that_offer_it(tmp_path: Path) -> None:
    text = (
        HEAD + f"tools: {{f: {{name: g}}}}\ncases:\n{GOOD}- {{name: bad, user: x, tools: [f], expect: {{text: a}}}}\n"
    )

    loaded = load(tmp_path, text)

    assert [case.name for case in loaded.cases] == ["good"]
    assert str(loaded.broken[1].diagnostics[0]) == "cases.yaml:6:32: PC102 the tool 'f' has a mistake of its own"


def test_what_stands_in_expect_is_not_judged_here(tmp_path: Path) -> None:
    loaded = load(tmp_path, HEAD + "cases:\n- {name: a, user: x, expect: {txet: {$foo: 1}, json: {$a: 1, b: 2}}}\n")

    assert loaded.broken == ()
    assert [facet.name for facet in loaded.cases[0].expect] == ["txet", "json"]


def test_places_are_relative_to_the_root_below_it_and_absolute_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, {"root/deep/c.yaml": HEAD + "cases:\n" + GOOD, "other/c.yaml": HEAD + "cases:\n" + GOOD})

    inside = load_case_file(tmp_path / "root/deep/c.yaml", root=tmp_path / "root", environ={})
    outside = load_case_file(tmp_path / "other/c.yaml", root=tmp_path / "root", environ={})

    assert inside is not None
    assert outside is not None
    assert inside.path == inside.cases[0].location.path == "deep/c.yaml"
    assert outside.path == (tmp_path / "other/c.yaml").as_posix()


def test_a_case_file_may_be_json(tmp_path: Path) -> None:
    text = '{"version": 1,\n\t"cases": [{"name": "a", "user": "\\ud83d\\ude00", "expect": {"text": "a"}}]}'

    (case,) = load(tmp_path, text).cases

    assert case.messages[0].content == "😀"
    assert str(case.location) == "cases.yaml:2:13"


@pytest.mark.parametrize("key", ["tools", "variables"])
def test_a_library_that_cannot_be_included_is_one_mistake(tmp_path: Path, key: str) -> None:
    text = (
        HEAD
        + f"{key}: {{$include: no.yaml}}\ncases:\n- {{name: a, user: '{{{{ x }}}}', tools: [f], expect: {{text: a}}}}\n"
    )

    assert [str(found) for found in mistakes(load(tmp_path, text))] == [
        f"cases.yaml:3:{len(key) + 14}: PC112 there is no file 'no.yaml'"
    ]


@pytest.mark.parametrize(
    ("tools", "files"),
    [
        ("{f: {$include: no.json}, g: {$include: neither.json}, h: {name: h}}", {}),
        ("{f: {$include: t.yaml#/f}, g: {$include: t.yaml#/g}, h: {name: h}}", {"t.yaml": "f: [\n"}),
        ("{f: {name: f, description: {$file: no}}, g: {$include: t.yaml}, h: {name: h}}", {"t.yaml": "a: 1\na: 2\n"}),
        ("{$include: t.yaml}", {"t.yaml": "f: {$include: no}\ng: {name: g, parameters: {$include: x}}\nh: {name: h}"}),
        ("{f: {name: f, name: f}, g: !t {name: g}, h: {name: h}}", {}),
    ],
)
def test_a_tool_that_could_not_be_read_breaks_the_cases_that_offer_it_and_no_others(
    tmp_path: Path, tools: str, files: dict[str, str]
) -> None:
    text = HEAD + f"tools: {tools}\ncases:\n- {{name: whole, user: x, tools: [h], expect: {{text: a}}}}\n"
    text += "- {name: uses, user: x, tools: [f, g], expect: {tool_calls: [f]}}\n"

    loaded = load(tmp_path, text, files=files)

    assert [case.name for case in loaded.cases] == ["whole"]
    assert [one.name for one in loaded.broken] == ["file", "uses"]
    assert [str(found) for found in loaded.broken[1].diagnostics] == [
        "cases.yaml:6:33: PC102 the tool 'f' has a mistake of its own",
        "cases.yaml:6:36: PC102 the tool 'g' has a mistake of its own",
    ]


def test_variables_marred_by_one_mistake_are_all_marred(tmp_path: Path) -> None:
    text = HEAD + "variables: {p: {$include: t.yaml#/p}, q: {$include: t.yaml#/q}}\ncases:\n"
    text += "- {name: a, user: '{{ p }}', expect: {text: a}}\n- {name: b, user: '{{ q }}', expect: {text: a}}\n"

    loaded = load(tmp_path, text, files={"t.yaml": "p: [\n"})

    assert [one.name for one in loaded.broken] == ["file", "a", "b"]
    assert [str(one.diagnostics[0]) for one in loaded.broken[1:]] == [
        "cases.yaml:5:20: PC110 the variable 'p' has a mistake of its own",
        "cases.yaml:6:20: PC110 the variable 'q' has a mistake of its own",
    ]
