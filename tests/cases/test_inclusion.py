"""Includes put what a file says into the case, with places of their own, and stay inside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.case_files import good, load, load_text, mistakes, write

HEAD = "version: 1\nmodels: [openai:m]\n"


def _case(rest: str) -> str:
    return f"{HEAD}cases:\n  - name: a\n    {rest}\n    expect: {{text: a}}\n"


def test_json_yaml_and_pointers_are_included(tmp_path: Path) -> None:
    files = {
        "tools/t.json": '{"weather": {"name": "f", "parameters": {"$ref": "#/x"}}}',
        "shared/d.yml": "all: {request: {$include: ../r.yaml#/r/0}}\n",
        "r.yaml": "r: [{seed: 7}]\n",
    }
    text = (
        HEAD
        + "defaults: {$include: shared/d.yml#/all}\ntools: {f: {$include: 'tools/t.json#/weather'}}\n"
        + "cases:\n- {name: a, user: x, tools: [f], expect: {text: a}}\n"
    )

    (case,) = good(tmp_path, text, files=files)

    assert case.request == {"seed": 7}
    assert case.tools[0].parameters == {"$ref": "#/x"}


def test_a_whole_case_and_a_whole_list_of_cases_may_be_included(tmp_path: Path) -> None:
    one = "{name: one, user: x, expect: {text: a}}"

    listed = good(tmp_path, HEAD + "cases:\n- {$include: one.yaml}\n", files={"one.yaml": one})
    whole = good(tmp_path, HEAD + "cases: {$include: all.yaml}\n", files={"all.yaml": f"[{one}]"})

    assert [case.name for case in (*listed, *whole)] == ["one", "one"]
    assert str(listed[0].location) == "one.yaml:1:2"


def test_included_expectations_keep_their_own_places(tmp_path: Path) -> None:
    text = HEAD + "cases:\n- {name: a, user: x, expect: {json: {$schema: {$include: s.json}}}}\n"

    (case,) = good(tmp_path, text, files={"s.json": '{\n "type": "object"\n}'})

    assert str(case.expect[0].location) == "cases.yaml:4:31"
    assert str(case.expect[0].locate("/$schema/type")) == "s.json:2:2"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("r.csv", 'id,city,note\noslo,Oslo,"a, b"\nlima,Lima,\n'),
        ("r.jsonl", '{"id": "oslo", "city": "Oslo", "note": "a, b"}\n\n{"id": "lima", "city": "Lima", "note": ""}\n'),
        ("r.yaml", "[{id: oslo, city: Oslo, note: 'a, b'}, {id: lima, city: Lima, note: ''}]"),
        ("r.json", '[{"id":"oslo","city":"Oslo","note":"a, b"},{"id":"lima","city":"Lima","note":""}]'),
    ],
)
def test_rows_come_from_tables(tmp_path: Path, name: str, table: str) -> None:
    text = _case(f"user: '{{{{ city }}}}|{{{{ note }}}}'\n    rows: {{$include: {name}}}")

    cases = good(tmp_path, text, files={name: table})

    assert [(case.row, case.messages[0].content) for case in cases] == [("oslo", "Oslo|a, b"), ("lima", "Lima|")]


def test_cells_of_csv_are_text(tmp_path: Path) -> None:
    text = HEAD + "cases:\n- {name: a, user: x, rows: {$include: r.csv}, expect: {text: '{{ n }}'}}\n"

    (case,) = good(tmp_path, text, files={"r.csv": "n\n5\n"})

    assert case.expect[0].value == "5"


def test_text_files_lose_their_mark_and_carriage_returns(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")

    (case,) = good(tmp_path, _case("user: {$file: p.md}"))

    assert case.messages[0].content == "one\ntwo\n"


@pytest.mark.parametrize(
    ("include", "said", "advice"),
    [
        ("$include: x.jsn", "5:22: PC112 there is no file 'x.jsn'", "did you mean 'x.json'?"),
        ("$include: ../x.json", "5:22: PC112 '../x.json' lies outside the project", "copy it into the project"),
        ("$include: /etc/x.json", "5:22: PC112 '/etc/x.json' is an absolute path", "write it relative to this file"),
        ("$include: 5", "5:22: PC112 '$include' takes a path, not 5", "write the path of a file, relative to this one"),
        ("$include: x.json#/b", "5:22: PC112 nothing at '/b' in x.json", "there are: aa"),
        ("$include: x.json#/aa/b", "5:22: PC112 nothing at '/aa/b' in x.json", "correct the pointer after '#'"),
        ("$include: x.json#/aaa", "5:22: PC112 nothing at '/aaa' in x.json", "did you mean 'aa'?"),
        ("$include: 'x.json#a'", "5:22: PC112 'a' is no JSON pointer", "write 'x.json#/key/key'"),
        (
            "$include: x.txt",
            "5:22: PC112 '$include' takes .json, .yaml and .yml files, not 'x.txt'",
            "use $file for text",
        ),
        ("$include: x.csv", "5:22: PC112 .csv files are included under 'rows' and '$from' only", "use $file for text"),
        ("$include: folder", "5:22: PC112 'folder' is a folder", "name a file in it"),
        (
            "$file: p/no.md",
            "5:19: PC112 there is no file 'p/no.md'",
            "create p/no.md, or correct the path: it starts from the folder of this file",
        ),
        ("$include: bad.json", "5:22: PC112 bad.json:1:2 is not JSON: a value is missing here", None),
        ("$include: loop.yaml", "loop.yaml:1:12: PC112 'loop.yaml' includes itself", "take the include out"),
        ("$include: '#'", "5:22: PC112 '#' includes itself", "take the include out"),
        (
            "$include: ring.yaml",
            "ring2.yaml:1:12: PC112 'ring.yaml' includes itself, by way of ring2.yaml",
            "take one of these includes out",
        ),
        ("$include: latin.yaml", "5:22: PC112 latin.yaml is not UTF-8 text", "save it as UTF-8"),
        ("$include: empty.yaml", "5:22: PC112 empty.yaml is empty", None),
        (
            "$include: twice.yaml#/b",
            "twice.yaml:2:1: PC106 repeated key 'a', first given at line 1, column 1",
            "keep one of the two",
        ),
        (
            "$file: x.json, b: 1",
            "5:19: PC112 '$file' stands alone in its mapping, but 'b' stands beside it",
            "write 'b' into the file, or leave it out",
        ),
        ("$file: link.txt", "5:19: PC112 'link.txt' lies outside the project", "copy it into the project"),
    ],
)
def test_an_include_that_cannot_be_had_says_why(tmp_path: Path, include: str, said: str, advice: str | None) -> None:
    root = tmp_path / "root"
    files = {"x.json": '{"aa": "t"}', "x.txt": "", "x.csv": "a\n1\n", "folder/y": "", "bad.json": "[", "empty.yaml": ""}
    files |= {"ring.yaml": "{$include: ring2.yaml}", "ring2.yaml": "{$include: ring.yaml}"}
    files |= {"loop.yaml": "{$include: loop.yaml}", "twice.yaml": "a: 1\na: 2\nb: x\n"}
    write(root, files)
    (root / "latin.yaml").write_bytes(b"a: \xe9")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")

    found = mistakes(load(root, _case(f"user: {{{include}}}")))[0]

    assert (str(found).removeprefix("cases.yaml:"), found.help) == (said, advice)


def test_includes_that_multiply_each_other_are_stopped(tmp_path: Path) -> None:
    files = {f"b{n}.yaml": f"[{', '.join([f'{{$include: b{n + 1}.yaml}}'] * 10)}]" for n in range(8)}
    files["b8.yaml"] = "[x]"

    found = mistakes(load(tmp_path, _case("user: {$include: b0.yaml}"), files=files))

    assert "PC112" in {one.code for one in found}


def test_an_included_table_names_the_line_that_is_wrong(tmp_path: Path) -> None:
    text = _case("user: x\n    rows: {$include: r.jsonl}")

    found = mistakes(load(tmp_path, text, files={"r.jsonl": '{"a": 1}\n{"a" 2}\n'}))

    assert str(found[0]) == "cases.yaml:6:22: PC112 r.jsonl:2:6 is not JSON: ':' is missing here"


def test_a_broken_variable_breaks_only_the_cases_that_use_it(tmp_path: Path) -> None:
    text = (
        HEAD
        + "variables: {p: {$file: no.md}, q: x}\ncases:\n"
        + "- {name: uses, user: '{{ p }}', expect: {text: a}}\n- {name: not, user: '{{ q }}', expect: {text: a}}\n"
    )

    loaded = load_text(tmp_path, text)

    assert loaded is not None
    assert [case.name for case in loaded.cases] == ["not"]
    assert [broken.name for broken in loaded.broken] == ["file", "uses"]
