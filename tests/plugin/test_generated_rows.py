"""Rows that are generated, in whole runs: made by the first recording, kept beside the file, and rows from then on."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.cases.given_file import parse_given, rows_text
from prompt_contracts.cli import main
from prompt_contracts.given import GeneratedRow, GeneratedRows, Smallest
from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

CITY = """
version: 1
models: [house:small]
cases:
  - name: any_city
    user: Will it rain in {{ city }} {{ day }}?
    given:
      city: {$from: [Oslo, Lima, São Paulo, Rome, Bern, Kyiv]}
      day: {$regex: "on (Mon|Tues)day|in [1-9] days|tomorrow"}
    examples: 4
    expect: {text: {$contains: "{{ city }}"}}
"""
DAY = '{$regex: "on (Mon|Tues)day|in [1-9] days|tomorrow"}'
"""Ten times as many rows as are wanted are drawn: where there are fewer, drawing takes three times as long."""

WITHOUT_HYPOTHESIS = ("-p", "no:hypothesispytest", "-p", "tests.without_hypothesis")


def _echo(asked: Asked) -> Answer:
    return completion(text=json.loads(asked.body)["messages"][-1]["content"])


@pytest.fixture
def cities(project: Project) -> Project:
    project.write(weather=CITY)
    project.answer(_echo)
    return project


def _rows(project: Project, case: str = "any_city") -> GeneratedRows:
    folder = project.root / "cases"
    text = (folder / "weather.given.yaml").read_text("utf-8")
    return parse_given("cases/weather.given.yaml", text, folder=folder).cases[case].rows


def _files(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((project.root / "cases").iterdir())}


def _ids(project: Project) -> list[str]:
    return [row.id for row in _rows(project).rows]


def _cities(project: Project) -> list[str]:
    """Those that the provider was asked about."""
    asked = [json.loads(each.body)["messages"][-1]["content"] for each in project.server.asked]
    return sorted(re.findall("rain in (.*?) (?:on|in|tomorrow)", " ".join(asked)))


def _told(result: pytest.RunResult) -> str:
    return "\n".join([*result.outlines, *result.errlines])


def _help(result: pytest.RunResult) -> list[str]:
    """The words of the command that a run advises."""
    (line,) = {line for line in result.outlines if line.startswith("help: pytest ")}
    return shlex.split(re.match("help: pytest (.*? --pc-record=[a-z]+)", line)[1])  # type: ignore[index]


def test_a_recording_run_makes_rows_and_a_replay_reads_them(cities: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    result = cities.run("--pc-record=once")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["prompt-contracts: 4 rows made for cases/weather.yaml::any_city (seed *)"])
    assert len(cities.server.asked) == 4
    ids = _ids(cities)
    assert cities.cassettes == sorted(f"weather/any_city/{row}/house/small.yaml" for row in ids)
    before = (cities.root / "cases/weather.given.yaml").read_bytes()

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    replay = cities.pytester.runpytest_subprocess("cases", "-v", *WITHOUT_HYPOTHESIS)

    replay.assert_outcomes(passed=4)
    shown = [line.split()[0] for line in replay.outlines if " PASSED" in line]
    assert shown == [f"cases/weather.yaml::any_city[{row}-house:small]" for row in ids]
    assert len(cities.server.asked) == 4
    assert (cities.root / "cases/weather.given.yaml").read_bytes() == before


def test_rows_hold_many_different_values(cities: Project) -> None:
    cities.run("--pc-record=once")

    assert len(set(_cities(cities))) == 4


def test_a_replay_without_rows_says_what_makes_them(cities: Project) -> None:
    result = cities.run()

    result.stdout.fnmatch_lines(["cases/weather.yaml:6:5: PC201 no rows have been generated yet for case 'any_city'"])
    assert result.ret == 1
    assert not (cities.root / "cases/weather.given.yaml").exists()
    assert cities.pytester.runpytest(*_help(result)).ret == 0
    assert cities.run().ret == 0


def test_the_command_is_typed_where_pytest_was_started(cities: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(cities.root / "cases")
    result = cities.pytester.runpytest("weather.yaml")

    assert _help(result) == ["weather.yaml::any_city", "--pc-record=once"]


def test_what_is_given_anew_makes_the_rows_stale(cities: Project) -> None:
    cities.run("--pc-record=once")
    before = _rows(cities)
    cities.write(weather=CITY.replace("Kyiv", "Graz"))

    result = cities.run()
    for mode in ("none", "once", "new_episodes"):
        result = cities.run(f"--pc-record={mode}")
        message = "PC202 the rows of case 'any_city' are stale: 'given', 'examples' or 'assume' changed after they*"
        result.stdout.fnmatch_lines([f"cases/weather.yaml:6:5: {message}"])
        assert result.ret == 1
    assert _rows(cities) == before

    again = cities.pytester.runpytest(*_help(result))
    assert again.ret == 0
    again.stdout.fnmatch_lines(
        ["prompt-contracts: 4 rows made for cases/weather.yaml::any_city (seed *) in place of 4"]
    )
    assert _rows(cities).digest != before.digest
    assert cities.run().ret == 0


@pytest.mark.parametrize("change", ["examples: 4", "    assume: {city: {$not: Lima}, $others: allow}\n    examples: 4"])
def test_the_number_of_rows_and_what_is_assumed_belong_to_it(cities: Project, change: str) -> None:
    cities.run("--pc-record=once")
    other = change.replace("examples: 4", "examples: 5") if change == "examples: 4" else change.strip()
    cities.write(weather=CITY.replace("examples: 4", other))

    result = cities.run()

    result.stdout.fnmatch_lines(["*PC202 the rows of case 'any_city' are stale*"])


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite", "stale"])
def test_rows_stay_in_every_mode(cities: Project, mode: str) -> None:
    cities.run("--pc-record=once")
    before = _rows(cities)

    assert cities.run(f"--pc-record={mode}").ret == 0
    assert _rows(cities) == before


def _mark_smallest(project: Project, index: int = 0) -> GeneratedRow:
    rows = _rows(project)
    mark = Smallest(model="house:small", code="mismatch", path="text")
    marked = GeneratedRow(id=rows.rows[index].id, values=rows.rows[index].values, smallest=(mark,))
    others = [row for at, row in enumerate(rows.rows) if at != index]
    made = GeneratedRows(seed=rows.seed, hypothesis=rows.hypothesis, digest=rows.digest, rows=(marked, *others))
    (project.root / "cases/weather.given.yaml").write_text(rows_text({"any_city": made}), "utf-8")
    return marked


def test_more_rows_are_added_to_those_that_there_are(cities: Project) -> None:
    cities.run("--pc-record=once")
    before = _rows(cities)

    result = cities.run("--pc-record=once", "--pc-examples=7")

    result.stdout.fnmatch_lines(["prompt-contracts: 3 rows made for cases/weather.yaml::any_city (seed *); 4 kept"])
    assert result.ret == 0
    assert _rows(cities).rows[:4] == before.rows
    assert len(_rows(cities).rows) == 7
    assert len(cities.server.asked) == 7
    assert cities.run().ret == 0


def test_enough_rows_are_enough(cities: Project) -> None:
    cities.run("--pc-record=once")
    before = _rows(cities)

    result = cities.run("--pc-record=once", "--pc-examples=2")

    result.stdout.fnmatch_lines(
        ["prompt-contracts: cases/weather.yaml::any_city has 4 rows already, and none was made"]
    )
    assert _rows(cities) == before


def test_other_rows_come_from_another_seed_and_keep_the_smallest(cities: Project) -> None:
    cities.run("--pc-record=once")
    before = _rows(cities)
    marked = _mark_smallest(cities, 2)

    result = cities.run("--pc-record=once", "--pc-examples=new")

    result.stdout.fnmatch_lines(["prompt-contracts: 4 rows made for *::any_city (seed *) in place of 3; 1 kept"])
    assert result.ret == 0
    assert _rows(cities).seed != before.seed
    assert _rows(cities).rows[0] == marked
    assert {row.id for row in before.rows} != {row.id for row in _rows(cities).rows}
    assert cities.run().ret == 0


def test_stale_rows_keep_the_smallest_that_is_assumed_still(cities: Project) -> None:
    cities.run("--pc-record=once")
    marked = _mark_smallest(cities)
    cities.write(weather=CITY.replace("Kyiv", "Graz"))

    cities.run("--pc-record=stale")
    assert _rows(cities).rows[0] == marked

    city = marked.values["city"]
    cities.write(weather=CITY.replace("examples: 4", f"assume: {{city: {{$not: {city}}}, $others: allow}}"))
    cities.run("--pc-record=stale")

    assert marked.id not in _ids(cities)
    assert city not in [row.values["city"] for row in _rows(cities).rows]


@pytest.mark.parametrize("typed", ["0", "-1", "x", "1.5", "100000", "٣"])
def test_a_number_of_rows_that_is_none_is_refused(cities: Project, typed: str) -> None:
    result = cities.run("--pc-record=once", f"--pc-examples={typed}")

    assert result.ret == 4
    assert f"--pc-examples {typed}: give a whole number from 1 to 10,000, or new" in _told(result)


def test_a_replay_makes_no_rows_when_it_is_asked_to(cities: Project) -> None:
    result = cities.run("--pc-examples=5")

    assert result.ret == 4
    assert "--pc-examples=5: a replay makes no rows; add --pc-record=once, or --pc-live to keep nothing" in _told(
        result
    )


@pytest.mark.parametrize("said", ["50", "new"])
@pytest.mark.parametrize("where", ["variable", "ini"])
def test_a_setting_for_all_runs_makes_no_rows_in_a_replay(
    cities: Project, monkeypatch: pytest.MonkeyPatch, said: str, where: str
) -> None:
    cities.run("--pc-record=once")
    before = (cities.root / "cases/weather.given.yaml").read_bytes()
    _say_examples(cities, monkeypatch, said, where)

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    replay = cities.pytester.runpytest_subprocess("cases", *WITHOUT_HYPOTHESIS)

    replay.assert_outcomes(passed=4)
    assert (cities.root / "cases/weather.given.yaml").read_bytes() == before
    cities.write(weather=CITY.replace("Kyiv", "Graz"))
    stale = cities.pytester.runpytest_subprocess("cases", *WITHOUT_HYPOTHESIS)
    stale.stdout.fnmatch_lines(["*PC202 the rows of case 'any_city' are stale*"])
    (cities.root / "cases/weather.given.yaml").unlink()
    without = cities.pytester.runpytest_subprocess("cases", *WITHOUT_HYPOTHESIS)
    without.stdout.fnmatch_lines(["*PC201 no rows have been generated yet*"])


@pytest.mark.parametrize("where", ["variable", "ini"])
def test_a_setting_throws_no_rows_away(cities: Project, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    cities.run("--pc-record=once")
    before = (cities.root / "cases/weather.given.yaml").read_bytes()
    _say_examples(cities, monkeypatch, "new", where)

    for mode in ("--pc-record=once", "--pc-live"):
        result = cities.run(mode)
        assert result.ret == 4
        assert "every recording would throw the rows away; take it out, and type --pc-examples=new" in _told(result)
    assert (cities.root / "cases/weather.given.yaml").read_bytes() == before
    assert cities.run("--pc-record=once", "--pc-examples=new").ret == 0
    assert (cities.root / "cases/weather.given.yaml").read_bytes() != before


def test_a_setting_makes_rows_where_rows_are_recorded(cities: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _say_examples(cities, monkeypatch, "6", "variable")

    cities.run("--pc-record=once").assert_outcomes(passed=6)


def _say_examples(project: Project, monkeypatch: pytest.MonkeyPatch, said: str, where: str) -> None:
    if where == "variable":
        monkeypatch.setenv("PROMPT_CONTRACTS_EXAMPLES", said)
    else:
        (project.root / "pytest.ini").write_text(f"[pytest]\npc_examples = {said}\n", "utf-8")


def test_a_small_space_gives_fewer_rows_and_says_so(cities: Project) -> None:
    few = CITY.replace(DAY, '{$regex: "on (Mon|Tues)day|tomorrow"}')
    cities.write(weather=few.replace("examples: 4", "examples: 30"))

    result = cities.run("--pc-record=once")

    assert result.ret == 0
    assert len(_ids(cities)) == 18
    result.stdout.fnmatch_lines(["prompt-contracts: 18 rows made for *; only 18 different rows were found of 30: *"])


@pytest.mark.parametrize("arguments", [("--collect-only",), ("--setup-plan",), ("-k", "nothing")])
def test_nothing_is_stored_where_nothing_runs(cities: Project, arguments: tuple[str, ...]) -> None:
    cities.run("--pc-record=once", *arguments)

    assert not (cities.root / "cases/weather.given.yaml").exists()
    assert cities.server.asked == []


@pytest.mark.parametrize("arguments", [("--pc-budget=1",), ("-n2",)])
@pytest.mark.parametrize("made_before", [True, False])
def test_no_row_is_stored_or_thrown_away_where_nobody_can_be_asked(
    cities: Project, monkeypatch: pytest.MonkeyPatch, made_before: bool, arguments: tuple[str, ...]
) -> None:
    if made_before:
        cities.run("--pc-record=once")
    before = _files(cities)
    monkeypatch.delenv("HOUSE_KEY")

    result = cities.run("--pc-record=rewrite", "--pc-examples=new", *arguments)

    assert result.ret != 0
    assert "PC301" in _told(result)
    assert _files(cities) == before


def test_no_row_is_thrown_away_where_a_mistake_stops_the_run(cities: Project) -> None:
    cities.run("--pc-record=once")
    before = _files(cities)
    cities.pytester.makepyfile(test_wrong="import nothing_of_this_name")

    arguments = ("test_wrong.py", "cases", "--pc-record=once", "--pc-examples=new")
    assert cities.run(*arguments).ret == 2
    assert _files(cities) == before

    assert cities.run(*arguments, "--continue-on-collection-errors").ret == 1
    assert _files(cities) != before


def test_rows_are_stored_for_the_cases_that_run(cities: Project) -> None:
    cities.write(weather=CITY + CITY.partition("cases:\n")[2].replace("any_city", "other"))

    cities.run("--pc-record=once", "-k", "other")

    text = (cities.root / "cases/weather.given.yaml").read_text("utf-8")
    assert "other:" in text
    assert "any_city" not in text
    other = _rows(cities, "other")
    cities.run("--pc-record=once")
    assert _rows(cities, "other") == other
    assert cities.run().ret == 0


def test_a_live_run_keeps_no_rows(cities: Project) -> None:
    result = cities.run("--pc-live", "--pc-examples=6")

    assert result.ret == 0
    assert len(cities.server.asked) == 6
    result.stdout.fnmatch_lines(["prompt-contracts: 6 rows made for cases/weather.yaml::any_city (seed *)"])
    assert not (cities.root / "cases/weather.given.yaml").exists()


@pytest.mark.parametrize(
    "command", [("check", "cases"), ("strength", "cases"), ("batch", "cases", "--model", "house:small")]
)
def test_no_command_makes_rows(
    cities: Project, command: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cities.root)

    assert main(list(command)) != 0

    assert "PC201 no rows have been generated yet for case 'any_city'" in "".join(capsys.readouterr())
    assert not (cities.root / "cases/weather.given.yaml").exists()


def test_commands_read_the_rows(
    cities: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cities.run("--pc-record=once")
    monkeypatch.chdir(cities.root)
    capsys.readouterr()

    assert main(["check", "cases"]) == 0
    assert main(["strength", "cases"]) == 0
    capsys.readouterr()
    assert main(["batch", "cases", "--model", "house:small"]) == 0
    lines = capsys.readouterr().out.splitlines()
    expected = {f"cases/weather.yaml::any_city[{row}-house:small]" for row in _ids(cities)}
    assert {json.loads(line)["custom_id"] for line in lines} == expected


def test_rows_are_chosen_as_all_others(cities: Project) -> None:
    cities.run("--pc-record=once")
    first, second, *_ = _rows(cities).rows
    path = cities.root / f"cassettes/weather/any_city/{second.id}/house/small.yaml"
    path.write_text(path.read_text("utf-8").replace(str(second.values["city"]), "Nowhere"), "utf-8")

    cities.run("-k", first.id).assert_outcomes(passed=1, deselected=3)
    cities.pytester.runpytest(f"cases/weather.yaml::any_city[{first.id}-house:small]").assert_outcomes(passed=1)
    cities.run("--pc-report=report.json")
    again = cities.run("--lf", "-v")
    assert [line for line in again.outlines if second.id in line and "cases/weather" in line]
    report = json.loads((cities.root / "report.json").read_text("utf-8"))
    assert [result["row"] for result in report["results"]] == _ids(cities)


def test_a_broken_row_is_told_with_its_place(cities: Project) -> None:
    cities.run("--pc-record=once")
    path = cities.root / "cases/weather.given.yaml"
    first = _rows(cities).rows[0]
    path.write_text(path.read_text("utf-8").replace(json.dumps(first.values["city"], ensure_ascii=False), '"Nix"'))

    result = cities.run()

    result.stdout.fnmatch_lines([f"cases/weather.given.yaml:11:15: PC113 this row was edited: the text*{first.id}*"])
    assert cities.run("--pc-record=rewrite", "--pc-examples=new").ret == 1
    assert "Nix" in path.read_text("utf-8")


def test_all_workers_have_the_same_rows(cities: Project) -> None:
    strategies = """
import itertools, os, random
from hypothesis import strategies as st

def word():
    # Another one in each process, as sets of texts have other orders.
    return st.sampled_from(random.Random(os.getpid()).sample([f"w{n}" for n in range(500)], 300))
"""
    (cities.root / "words.py").write_text(strategies, "utf-8")
    cities.write(weather=CITY.replace(DAY, '{$python: "words:word"}'))

    result = cities.pytester.runpytest("cases", "--pc-record=once", "-n2")

    result.assert_outcomes(passed=4)
    told = [line for line in result.outlines if "rows made" in line]
    assert len(told) == 1
    assert len(cities.server.asked) == 4
    assert cities.run().ret == 0


def test_models_are_asked_the_same_rows(cities: Project) -> None:
    cities.write(weather=CITY.replace("[house:small]", "[house:small, house:large]"))

    assert cities.run("--pc-record=once").ret == 0
    asked: dict[str, list[str]] = {}
    for each in cities.server.asked:
        body = json.loads(each.body)
        asked.setdefault(body["model"], []).append(body["messages"][-1]["content"])
    assert sorted(asked["small"]) == sorted(asked["large"])


def test_recording_takes_hypothesis(cities: Project) -> None:
    (cities.root / "conftest.py").write_text("import sys\nsys.modules['hypothesis'] = None\n", "utf-8")

    result = cities.pytester.runpytest_subprocess("cases", "--pc-record=once")

    assert result.ret == 4
    assert "pip install 'pytest-prompt-contracts[properties]'" in _told(result)


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        (DAY, '{$regex: "a(?!a)a"}', "8:*", "PC120 no value can be made for 'day'*"),
        (DAY, '{$regex: "(a"}', "8:*", "PC120 no text can be made of this regular expression*"),
        ("examples: 4", "assume: {city: Nowhere, $others: allow}", "9:*", "PC120 'assume' refuses every row*"),
        ("examples: 4", "assume: {city: Oslo}", "9:*", "PC120 'assume' says nothing of 'day'*"),
        ("examples: 4", "assume: {cty: Oslo, $others: allow}", "9:*", "PC110 'cty' in 'assume' is no variable*"),
        ("examples: 4", "assume: {city: {$regx: a}, $others: allow}", "9:*", "PC101 unknown operator '$regx'*"),
        ("{$regex: ", "{$python: os:sep, x: ", "8:*", "PC101 unknown key 'x'*"),
    ],
)
def test_what_makes_no_row_is_told_with_its_place(cities: Project, old: str, new: str, place: str, said: str) -> None:
    cities.write(weather=CITY.replace(old, new))

    result = cities.run("--pc-record=once")

    result.stdout.fnmatch_lines([f"cases/weather.yaml:{place}: {said}"])
    assert result.ret == 1
    assert cities.server.asked == []
    assert not (cities.root / "cases/weather.given.yaml").exists()


def test_code_of_a_generator_is_refused_in_a_run_without_code(cities: Project) -> None:
    (cities.root / "words.py").write_text("from hypothesis import strategies as st\nday = st.just('today')\n", "utf-8")
    cities.write(weather=CITY.replace(DAY, '{$python: "words:day"}'))

    for mode in ((), ("--pc-record=once",)):
        result = cities.run("--pc-no-code", *mode)
        result.stdout.fnmatch_lines(["cases/weather.yaml:8:*: PC151 *words:day*"])
    assert cities.server.asked == []


def test_values_that_are_no_json_are_refused(cities: Project) -> None:
    (cities.root / "words.py").write_text("from hypothesis import strategies as st\nday = st.binary()\n", "utf-8")
    cities.write(weather=CITY.replace(DAY, '{$python: "words:day"}'))

    result = cities.run("--pc-record=once")

    result.stdout.fnmatch_lines(["cases/weather.yaml:8:*: PC102 *made a value for 'day' that is not JSON*"])


def test_the_profile_of_a_user_changes_no_row(cities: Project) -> None:
    cities.run("--pc-record=once")
    before = _rows(cities)
    (cities.root / "cases/weather.given.yaml").unlink()
    (cities.root / "conftest.py").write_text(
        "from hypothesis import settings, Verbosity\n"
        "settings.register_profile('ours', max_examples=3, derandomize=True, verbosity=Verbosity.debug)\n"
        "settings.load_profile('ours')\n",
        "utf-8",
    )

    result = cities.pytester.runpytest_subprocess("cases", "--pc-record=once")

    assert result.ret == 0
    assert _rows(cities) == before
    assert "Trying example" not in _told(result)


def test_rows_of_another_version_are_replayed_as_they_are(cities: Project) -> None:
    cities.run("--pc-record=once")
    path = cities.root / "cases/weather.given.yaml"
    path.write_text(re.sub("hypothesis: .*", 'hypothesis: "6.100.0"', path.read_text("utf-8")), "utf-8")

    cities.run().assert_outcomes(passed=4)


KINDS: Mapping[str, dict[str, Any]] = {
    "prompts": {"system": "a", "prompts": {"plain": {}, "curt": {"system": "Be curt."}}},
    "overrides": {"overrides": {"house:*": {"request": {"temperature": 0}}}},
    "trials": {"trials": 3},
    "rows": {"rows": [{"id": "x", "how": "hard"}, {"id": "y", "how": "softly"}]},
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_go_with_all_that_a_case_can_have(cities: Project, kind: str) -> None:
    text = CITY + "".join(f"    {key}: {json.dumps(value)}\n" for key, value in KINDS[kind].items())
    cities.write(weather=text.replace("rain in", "rain {{ how }} in") if kind == "rows" else text)

    recorded = cities.run("--pc-record=once")

    asked, cells = {"prompts": (8, 8), "overrides": (4, 4), "trials": (12, 4), "rows": (8, 8)}[kind]
    recorded.assert_outcomes(passed=cells)
    assert len(cities.server.asked) == asked
    cities.run().assert_outcomes(passed=cells)
    assert len(cities.server.asked) == asked
    if kind == "rows":
        assert {name.split("/")[2].partition("-")[0] for name in cities.cassettes} == {"x", "y"}


def test_turns_are_filled_in(cities: Project) -> None:
    turns = "    turns:\n      - {user: 'In {{ city }}?'}\n      - {user: 'And {{ day }}?'}\n"
    text = CITY.replace("    user: Will it rain in {{ city }} {{ day }}?\n", turns)
    cities.write(weather=text.replace('$contains: "{{ city }}"', '$contains: "{{ day }}"'))

    cities.run("--pc-record=once").assert_outcomes(passed=4)
    cities.run().assert_outcomes(passed=4)
    assert len(cities.server.asked) == 8


def test_an_application_gets_them(cities: Project) -> None:
    (cities.root / "bot.py").write_text(
        "def reply(asked):\n    return f\"{asked.variables['city']} {asked.variables['day']}\"\n", "utf-8"
    )
    text = CITY.replace("    given:", '    handler: "bot:reply"\n    given:')
    cities.write(weather=text.replace("expect: {", "expect: {requests: [], "))

    cities.run("--pc-record=once").assert_outcomes(passed=4)
    cities.run().assert_outcomes(passed=4)


def test_rows_that_cannot_be_written_are_told_before_anybody_is_asked(cities: Project) -> None:
    (cities.root / "cases/weather.given.yaml").symlink_to(cities.root.parent / "elsewhere.yaml")

    result = cities.run("--pc-record=once")

    assert result.ret != 0
    assert cities.server.asked == []
    assert not (cities.root.parent / "elsewhere.yaml").exists()


def test_a_secret_is_no_row(cities: Project) -> None:
    (cities.root / "words.py").write_text(
        "import os\nfrom hypothesis import strategies as st\nday = st.just(os.environ['HOUSE_KEY'])\n", "utf-8"
    )
    cities.write(weather=CITY.replace(DAY, '{$python: "words:day"}'))

    result = cities.run("--pc-record=once")

    message = "PC203 a value that was made for 'day' of case 'any_city' holds the value of HOUSE_KEY: no row was stored"
    result.stdout.fnmatch_lines(
        [f"cases/weather.yaml:8:*: {message}", "help: have the generator of 'day' make no such value*"]
    )
    result.assert_outcomes(failed=1)
    assert not (cities.root / "cases/weather.given.yaml").exists()
    assert cities.server.asked == []


def test_a_secret_in_rows_breaks_their_case_alone(cities: Project) -> None:
    (cities.root / "words.py").write_text(
        "import os\nfrom hypothesis import strategies as st\nday = st.just(os.environ['HOUSE_KEY'])\n", "utf-8"
    )
    leaking = CITY.partition("cases:\n")[2].replace("any_city", "leaking")
    leaking = leaking.replace(DAY, '{$python: "words:day"}')
    cities.write(weather=CITY + leaking)

    cities.run("--pc-record=once").assert_outcomes(passed=4, failed=1)

    assert len(_ids(cities)) == 4
    assert "leaking" not in (cities.root / "cases/weather.given.yaml").read_text("utf-8")


def test_a_file_of_rows_that_is_named_is_told_what_it_is(cities: Project) -> None:
    cities.run("--pc-record=once")

    result = cities.pytester.runpytest("cases/weather.given.yaml")

    assert "these are the rows that were generated for another file" in _told(result)


@pytest.mark.parametrize("named", [(), ("cases/weather.given.yaml",)])
def test_an_empty_file_of_rows_is_told_of_once(cities: Project, named: tuple[str, ...]) -> None:
    (cities.root / "cases/weather.given.yaml").write_text("", "utf-8")

    result = cities.pytester.runpytest(*(named or ("cases",)), "-q")

    told = [line for line in result.outlines if line.startswith("cases/weather.given.yaml:")]
    assert len(told) == 1
    assert ("PC109" if named else "PC113") in told[0]
    assert "remove" in next(line for line in result.outlines if line.startswith("help: "))
    (cities.root / "cases/weather.given.yaml").unlink()
    assert cities.run("--pc-record=once").ret == 0


@pytest.mark.parametrize(
    "code",
    [
        "day = None\nraise SystemExit(3)",
        "def day():\n    raise SystemExit(3)",
        "from hypothesis import strategies as st\ndef out(_):\n    raise SystemExit(3)\nday = st.integers().map(out)",
    ],
    ids=["import", "function", "strategy"],
)
def test_a_strategy_that_exits_is_an_error_of_its_case(cities: Project, code: str) -> None:
    (cities.root / "words.py").write_text(code + "\n", "utf-8")
    ours = CITY.partition("cases:\n")[2].replace("any_city", "exits")
    cities.write(weather=CITY + ours.replace(DAY, '{$python: "words:day"}'))

    result = cities.run("--pc-record=once")

    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["cases/weather.yaml:15:*: PC120 *words:day*SystemExit: 3"])


_GENERATED = "given: {city: {$schema: {type: integer, minimum: 1, maximum: 500}}}\n    examples: 3"
_WRITTEN = "rows: [{city: 5}, {city: -7}, {city: 12}]"


@pytest.mark.parametrize("rows", [_GENERATED, _WRITTEN])
@pytest.mark.parametrize(
    ("expected", "advised"),
    [
        ('{$contains: "{{ city }}"}', "{$regex: '{{ city }}\\b'}"),
        ('{$regex: "{{ city }}"}', "{$regex: '{{ city }}\\b'}"),
        ("{$loosely: '{{city}}'}", "{$regex: '{{ city }}\\b'}"),
        ('"{{ city }}"', "{$regex: '^{{ city }}$'}"),
    ],
)
def test_a_number_where_a_text_is_wanted_is_told_once_with_advice_that_works(
    cities: Project, rows: str, expected: str, advised: str
) -> None:
    text = f"""
version: 1
models: [house:small]
cases:
  - name: any_city
    user: "{{{{ city }}}}"
    {rows}
    expect: {{text: {expected}}}
"""
    cities.write(weather=text)

    result = cities.run("--pc-record=once")

    told = [line for line in result.outlines if re.match("cases/weather.yaml:[0-9]+:[0-9]+: ", line)]
    assert len(told) == 1
    assert "PC102" in told[0]
    assert "'city' is a number" in told[0]
    (advice,) = [line for line in result.outlines if line.startswith("help: ")]
    assert f"{advised.strip('{}')}, where" in advice.replace("'}, where", "', where")
    cities.write(weather=text.replace(f"text: {expected}", f"text: {advised}"))
    cities.run("--pc-record=stale").assert_outcomes(passed=3)
    cities.answer_text("none")
    cities.run("--pc-record=rewrite", "--pc-shrink-calls=0").assert_outcomes(failed=3)
