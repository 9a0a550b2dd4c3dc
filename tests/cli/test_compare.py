"""`prompt-contracts compare`: what it prints, where that goes, when it ends with what, and that no file breaks it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.cli import main
from prompt_contracts.comparison import Comparison
from prompt_contracts.renderers.json_report import json_report
from prompt_contracts.verdict import CaseResult
from tests.cli.replies import Folder
from tests.results.report_cells import cell, report
from tests.results.test_comparisons import many


def write(folder: Folder, name: str, *cells: CaseResult, **more: Any) -> str:
    """A report file."""
    path = folder.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json_report(report(*cells, **more)), encoding="utf-8")
    return name


@pytest.fixture
def two(folder: Folder) -> Folder:
    """A report and a worse one."""
    write(folder, "base.json", *many("P" * 8))
    write(folder, "new.json", *many("P" * 7 + "F"))
    return folder


def run(folder: Folder, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = main(["compare", *arguments])
    printed = folder.capsys.readouterr()
    return code, printed.out, printed.err


def test_two_reports_are_compared_in_words(two: Folder) -> None:
    code, out, err = run(two, "base.json", "new.json")

    assert (code, err) == (0, "")
    assert out.startswith("new vs base: 1 worse, 0 better, p = 1.00: too few changes to tell")
    assert "▼ worse  cases/a.yaml::c7[p:m]" in out


def test_what_changed_is_coloured_where_colours_are_wanted(two: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    plain = run(two, "base.json", "new.json")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = run(two, "base.json", "new.json")[1]
    markdown = run(two, "base.json", "new.json", "--format=markdown")[1]
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b" not in plain + markdown
    assert "\x1b[31m▼ worse\x1b[0m  cases/a.yaml::c7[p:m]" in coloured
    assert re.sub("\x1b\\[\\d+m", "", coloured) == plain
    assert run(two, "base.json", "new.json")[1] == plain


def test_json_is_a_comparison(two: Folder) -> None:
    code, out, _ = run(two, "base.json", "new.json", "--format=json")

    found = Comparison.from_json(json.loads(out))
    assert code == 0
    assert [(each.base.label, each.other.label, each.worse) for each in found.contrasts] == [("base", "new", 1)]


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_file_takes_what_is_printed(two: Folder, form: str) -> None:
    code, out, _ = run(two, "base.json", "new.json", f"--format={form}", "--out=found.txt")

    assert (code, out) == (0, "")
    assert "c7[p:m]" in (two.path / "found.txt").read_text("utf-8").replace("&#91;", "[").replace("&#93;", "]")


@pytest.mark.parametrize(
    ("gates", "code", "said"),
    [
        (["--gate"], 1, "gate worse: new vs base: 1 worse, 0 in error now"),
        (["--gate", "worse"], 1, "gate worse"),
        (["--gate", "rate=13%", "--gate=cost=1.2"], 0, "every gate holds: rate=13%, cost=1.2"),
        (["--gate", "rate=12%", "--gate=cost=1.2"], 1, "gate rate=12%: new vs base: the pass rate fell by 12.5 points"),
        (["--gate", "latency=1.5"], 0, "every gate holds"),
    ],
)
def test_gates_decide_the_exit_code(two: Folder, gates: list[str], code: int, said: str) -> None:
    found, out, err = run(two, "base.json", "new.json", *gates)

    assert found == code
    assert said in err
    assert out


PASSES = "PPPP"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        # Renamed: what passed under the old name is gone, and what fails under the new one is nobody's partner.
        (many(PASSES), [*many("PPP"), cell("renamed", "F")], "without a verdict in the base does not pass: cases/a"),
        (many(PASSES), [*many(PASSES), cell("new", "E")], "gate worse: 1 cell without a verdict in the base does not"),
        (
            many("PPPE"),
            many("PPPF"),
            "gate worse: 1 cell without a verdict in the base does not pass: cases/a.yaml::c3",
        ),
        (many("PPPE"), many("PPPE"), "gate worse: 1 cell without a verdict in the base does not pass"),
        (many(PASSES), many("PP"), "gate: 2 cells of the base are missing: cases/a.yaml::c2[p:m], cases/a.yaml::c3["),
        (
            [*many("PP"), *many("PP", model="p:n")],
            many("PP"),
            "gate: 2 cells of the base are missing: cases/a.yaml::c0[",
        ),
        (many("PP"), [*many("PP"), *many("PF", model="p:n")], "gate worse: 1 cell without a verdict in the base"),
    ],
)
def test_what_cannot_be_compared_passes_no_gate(
    folder: Folder, before: list[CaseResult], after: list[CaseResult], said: str
) -> None:
    names = write(folder, "base.json", *before), write(folder, "new.json", *after)

    code, _, err = run(folder, *names, "--gate")

    assert code == 1
    assert said in err
    assert "every gate holds" not in err
    assert run(folder, *names)[0] == 0


def test_part_of_a_run_holds_no_gate_unless_that_is_allowed(folder: Folder) -> None:
    names = write(folder, "base.json", *many(PASSES)), write(folder, "new.json", *many("PP"))

    assert [run(folder, *names, "--gate", gate)[0] for gate in ("rate=5%", "cost=2", "worse")] == [1, 1, 1]
    assert [run(folder, *names, "--gate", gate, "--allow-missing")[0] for gate in ("rate=5%", "worse")] == [0, 0]


def test_what_is_expected_to_break_or_new_and_passing_breaks_no_gate(folder: Folder) -> None:
    known = replace(cell("known", "F"), xfail="known")
    names = write(folder, "base.json", *many("PP")), write(folder, "new.json", *many("PP"), known, cell("new"))

    assert run(folder, *names, "--gate")[0] == 0


def test_models_that_have_cells_of_their_own_are_no_gap(folder: Folder) -> None:
    name = write(folder, "run.json", *many("PPP"), *many("PP", model="p:n"), cell("other", "F", model="p:n"))

    assert run(folder, name, "--by=model", "--gate")[0] == 0


def test_several_reports_are_held_against_the_first_or_the_one_that_is_named(two: Folder) -> None:
    write(two, "same.json", *many("P" * 8))

    titles = [
        [
            line.partition(":")[0]
            for line in run(two, "base.json", "new.json", "same.json", *more)[1].splitlines()
            if " vs " in line
        ]
        for more in ((), ("--base=same",), ("--base", "new.json"))
    ]

    assert titles == [
        ["new vs base", "same vs base"],
        ["base vs same", "new vs same"],
        ["base vs new", "same vs new"],
    ]


def test_reports_of_one_name_are_told_apart(folder: Folder) -> None:
    names = [write(folder, name, *many("P" * 6)) for name in ("main/report.json", "branch/report.json")]

    assert "branch/report.json vs main/report.json:" in run(folder, *names)[1]
    assert "main/report.json (2) vs main/report.json:" in run(folder, names[0], names[0])[1]


def test_models_and_prompts_of_one_report(folder: Folder) -> None:
    cells = [
        cell(f"c{number}", "P" if prompt == "short" else "F", prompt=prompt, model=model)
        for number in range(3)
        for prompt in ("short", "long")
        for model in ("p:m", "p:n")
    ]
    name = write(folder, "run.json", *cells)

    assert "p:n vs p:m: 0 worse, 0 better" in run(folder, name, "--by=model")[1]
    assert "p:m vs p:n: 0 worse, 0 better" in run(folder, name, "--by=model", "--base=p:n")[1]
    assert "long vs short: 6 worse, 0 better" in run(folder, name, "--by", "prompt")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["base.json"], "one report is nothing to compare: give another one, or --by model or --by prompt"),
        (["base.json", "gone.json"], "gone.json: cannot be read: No such file"),
        (["base.json", "."], ".: cannot be read"),
        (["base.json", "--by=model"], "base has one model alone"),
        (["base.json", "--by=prompt"], "no case of it has prompts"),
        (["base.json", "new.json", "--base=nww"], "--base nww: there is no such report, there are base, new; did you"),
        (["base.json", "new.json", "--gate=better"], "--gate better: there are worse"),
        (["base.json", "new.json", "--out=new.json"], "--out new.json: this is one of the reports"),
        (["base.json", "new.json", "--out=gone/x.txt"], "--out gone/x.txt: cannot be written"),
        (["base.json", "empty.json", "--gate"], "empty holds no cell"),
        (["base.json", "other.json", "--gate"], "no cell is in both base and other"),
        (["base.json", "twice.json", "--gate"], "twice tells of cases/a.yaml::c0[p:m] more than once"),
    ],
)
def test_what_cannot_be_compared_is_a_wrong_call_that_says_why(two: Folder, arguments: list[str], words: str) -> None:
    write(two, "empty.json")
    write(two, "other.json", cell("other"))
    write(two, "twice.json", *many("P"), *many("F"))

    code, _, err = run(two, *arguments)

    assert code == 2
    assert words in err
    assert (two.path / "new.json").read_text("utf-8").startswith("{")


# Files that are no reports


def text_of(**changes: Any) -> str:
    return json.dumps({**json.loads(json_report(report(*many("PF")))), **changes})


def damaged(*path: str | int, value: Any) -> str:
    """A report with one value replaced, or left out where it is Ellipsis."""
    data = json.loads(json_report(report(*many("PF"))))
    *way, last = path
    found: Any = data
    for step in way:
        found = found[step]
    if value is ...:
        del found[last]
    else:
        found[last] = value
    return json.dumps(data)


TRIAL = ("results", 0, "trials", 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is no JSON"),
        ("not json", "this is no JSON: Expecting value (line 1, column 1)"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        ("[" * 100_000, "nested more than 150 levels deep"),
        ('{"results": ' + "[" * 400 + "]" * 400 + "}", "nested more than 150 levels deep"),
        ('{"results": NaN}', "NaN is no number of JSON"),
        ('{"results": 1e999}', "a number that is too large"),
        ('{"results": ' + "9" * 5_000 + "}", "this is no report"),
        ("[]", "no report but another JSON file"),
        ("{}", "no report but another JSON file"),
        ('{"format": 1, "by": "run", "contrasts": []}', "no report but a comparison"),
        (text_of(format=2), "a report of format 2, and this version reads 3"),
        (text_of(format=True), "a report of format true"),
        (text_of(format=None), "a report of format null"),
        (text_of(results={}), "results must be a list, not {}"),
        (text_of(results=[1]), "results[0] must be an object, not 1"),
        (text_of(models=None), "models must be a list, not null"),
        (damaged("results", 1, "verdict", value="fine"), "results[1].verdict must be one of passed, failed, error"),
        (damaged("results", 1, "case", value=...), "results[1].case is missing"),
        (damaged("results", 1, "model", value=5), "results[1].model must be text, not 5"),
        (damaged("results", 1, "messages", value=[{}]), "results[1].messages[0] must be a message with a role"),
        (damaged("results", 1, "expect", value=[]), "results[1].expect must be an object"),
        (damaged(*TRIAL, "cost_usd", value=0.5), "results[0].trials[0].cost_usd must be an amount as text, not 0.5"),
        (damaged(*TRIAL, "cost_usd", value="NaN"), "cost_usd must be an amount"),
        (damaged(*TRIAL, "cost_usd", value="1e9999999"), "cost_usd must be an amount"),
        (damaged(*TRIAL, "cost_usd", value="-1"), "cost_usd must be an amount"),
        (damaged(*TRIAL, "latency", value=-1), "latency must be a number from 0"),
        (damaged(*TRIAL, "latency", value=True), "latency must be a number from 0"),
        (damaged(*TRIAL, "usage", "prompt_tokens", value=1.5), "prompt_tokens must be a whole number from 0"),
        (damaged(*TRIAL, "completion", "choices", value=[]), "completion.choices must not be empty"),
        (damaged(*TRIAL, "is_replayed", value=1), "is_replayed must be true or false"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) and len(value) < 100 else "",
)
def test_a_file_that_is_no_report_is_told_of_in_a_line(two: Folder, text: str | bytes, words: str) -> None:
    (two.path / "new.json").write_bytes(text if isinstance(text, bytes) else text.encode())

    code, out, err = run(two, "base.json", "new.json", "--gate")

    assert (code, out) == (2, "")
    assert err.startswith("prompt-contracts compare: new.json: ")
    assert words in err
    assert len(err.splitlines()) == 1


def test_lone_surrogates_and_a_byte_order_mark_are_no_trouble(two: Folder) -> None:
    text = json_report(report(*many("P" * 7), cell("c7", "F", text="\ud800 half")))
    (two.path / "new.json").write_bytes(b"\xef\xbb\xbf" + text.encode("ascii"))

    for form in ("text", "markdown", "json"):
        code, _, err = run(two, "base.json", "new.json", f"--format={form}", "--out=found")
        assert (code, err) == (0, "")
        assert "ud800 half" in (two.path / "found").read_text("utf-8")


def test_comparing_loads_nothing_heavy(two: Folder) -> None:
    program = (
        "import sys\nfrom prompt_contracts.cli import main\n"
        "main(['compare', 'base.json', 'new.json', '--format=json', '--out=x.json'])\n"
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))\n"
        "print(' '.join(name for name in sys.modules if name.startswith('prompt_contracts.')))\n"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=two.path)

    names, own = result.stdout.splitlines()
    assert not set(names.split()) & {"pytest", "httpx", "vcr", "yaml", "jsonschema", "jsonschema_rs", "regex", "rich"}
    assert not [name for name in own.split() if name.split(".")[1] in ("engine", "cases", "transport", "stub")]


def test_a_path_may_be_a_pipe(two: Folder) -> None:
    command = [sys.executable, "-m", "prompt_contracts", "compare", "base.json", "/dev/stdin"]
    result = subprocess.run(
        command, input=Path("new.json").read_bytes(), capture_output=True, check=False, cwd=two.path
    )

    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout.decode().startswith("stdin vs base: 1 worse")
