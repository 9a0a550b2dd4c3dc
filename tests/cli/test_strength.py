"""`prompt-contracts strength`: what contracts would let pass, said of recorded answers and of replies."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.json_schema import regular_expression
from tests.cli.replies import Folder, reply, weather

ROOT = Path(__file__).parents[2]
WEATHER = """
version: 1
tools:
  get_weather:
    name: get_weather
    parameters:
      type: object
      properties: {city: {type: string}, unit: {enum: [celsius, fahrenheit]}}
cases:
  - name: weather
    user: Will it rain in {{ city }}?
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    tools: [get_weather]
    expect: {tool_calls: [{get_weather: {city: "{{ city }}", $others: allow}}]}
"""
OSLO, LIMA = "cases/a.yaml::weather[oslo]", "cases/a.yaml::weather[lima]"
RIGHT = (weather(OSLO, "Oslo"), weather(LIMA, "Lima"))
GREETS = """
version: 1
cases:
  - name: greets
    user: Say hello.
    expect: {text: {$contains: hello}}
"""
HELLO = reply("cases/a.yaml::greets", "hello there")


def strength(
    folder: Folder, text: str, *replies: dict[str, Any], options: tuple[str, ...] = ()
) -> tuple[int, str, str]:
    folder.write("cases/a.yaml", text)
    folder.write("replies.jsonl", "".join(f"{json.dumps(one)}\n" for one in replies))
    return folder.run("strength", "cases", "--replies", "replies.jsonl", *options)


def report(folder: Folder, text: str, *replies: dict[str, Any], options: tuple[str, ...] = ()) -> dict[str, Any]:
    _, out, _ = strength(folder, text, *replies, options=("--format", "json", *options))
    found: dict[str, Any] = json.loads(out)
    assert found["version"] == 1
    return found


def case(folder: Folder, text: str, *replies: dict[str, Any], options: tuple[str, ...] = ()) -> dict[str, Any]:
    (found,) = report(folder, text, *replies, options=options)["cases"]
    return dict(found)


def places(found: dict[str, Any]) -> list[str]:
    return [place["id"] for place in found["places"] if place["accepted"] is None]


def expecting(expect: str, more: str = "") -> str:
    return f"version: 1\ncases:\n  - name: greets\n    user: Say hello.\n    expect: {expect}\n{more}"


def test_a_weak_place_is_told_with_its_line_and_what_would_pass(folder: Folder) -> None:
    code, out, said = strength(folder, WEATHER, *RIGHT)

    assert code == 0
    assert said == ""
    first, second, *_ = out.splitlines()
    assert first.startswith("cases/a.yaml  89%   ")
    assert "1 case · 1 open place" in first
    assert second.split() == [
        *("13:62", "weather", second.split()[2], "the", "arguments", "of", "get_weather", "may", "have", "more", "in"),
        *("it:", '{"city":', '"Oslo",', '"something_else":', '"banana"}', "passes", "where", '{"city":'),
        *('"Oslo"}', "was", "get_weather/$others"),
    ]


def test_the_report_names_states_families_and_the_place_in_the_file(folder: Folder) -> None:
    found = case(folder, WEATHER, *RIGHT)

    assert found["id"] == "cases/a.yaml::weather"
    assert found["families"].keys() == {"calls", "arguments", "rows"}
    assert (found["families"]["calls"], found["families"]["rows"]) == (1, 1)
    assert found["counts"]["unnoticed"] == 4  # an unknown key, and one of the schema, of either row
    assert found["counts"]["noticed"] > 20
    assert found["silent_on"] == []
    (place,) = found["places"]
    assert (place["id"], place["family"], place["accepted"]) == ("get_weather/$others", "arguments", None)
    assert place["location"] == {"path": "cases/a.yaml", "line": 13, "column": 62, "length": 7}
    assert [one["operator"] for one in place["unnoticed"]] == ["unknown_key", "schema_key"]
    assert place["sentence"].startswith("the arguments of get_weather may have more in it")


def test_the_same_input_gives_the_same_bytes(folder: Folder) -> None:
    first, second = (strength(folder, WEATHER, *RIGHT, options=("--format", "json"))[1] for _ in range(2))

    assert first == second


def test_what_the_contract_names_itself_is_allowed(folder: Folder) -> None:
    told = expecting('{text: {$any_of: ["yes", "no"]}}')

    assert case(folder, told, reply("cases/a.yaml::greets", "yes"))["counts"]["allowed"] == 0
    units = WEATHER.replace("$others: allow", "$optional: {unit: {$any_of: [celsius, fahrenheit]}}")
    with_unit = {"city": "Oslo", "unit": "celsius"}
    oslo = reply(OSLO, calls=(("get_weather", with_unit),))
    found = case(folder, units, oslo)
    assert found["counts"]["allowed"] == 2  # the other unit, and none
    assert places(found) == []


def test_a_place_is_accepted_with_a_reason_at_the_case_or_in_the_defaults(folder: Folder) -> None:
    accepted = GREETS + "    strength: {accept: {text/end: a cut greeting is a greeting}}\n"
    in_defaults = "defaults: {strength: {accept: {text: any greeting will do}}}\n"

    found = case(folder, accepted, HELLO)
    both = case(folder, accepted.replace("cases:\n", f"{in_defaults}cases:\n", 1), HELLO)

    assert found["counts"]["accepted"] == 1
    assert {place["id"]: place["accepted"] for place in found["places"]} == {
        "text/end": "a cut greeting is a greeting",
    }
    assert found["score"] == 1
    assert both["score"] == 1


def test_an_acceptance_that_is_not_needed_any_more_is_told_with_its_line(folder: Folder) -> None:
    text = expecting("{text: hello}", "    strength: {accept: {text/end: a cut greeting is a greeting}}\n")

    code, _, said = strength(folder, text, reply("cases/a.yaml::greets", "hello"))
    strict, _, _ = strength(folder, text, reply("cases/a.yaml::greets", "hello"), options=("--strict",))

    assert (code, strict) == (0, 1)
    assert said.startswith("cases/a.yaml:6:25: PC160 warning: the accepted place 'text/end' is not open any more")


def test_a_place_that_does_not_exist_is_told_with_the_nearest(folder: Folder) -> None:
    text = expecting("{text: hello}", "    strength: {accept: {text/edn: a cut greeting}}\n")

    _, _, said = strength(folder, text, reply("cases/a.yaml::greets", "hello"))

    assert "PC161 warning: there is no place 'text/edn'" in said
    assert "help: did you mean 'text/end'?" in said


def test_a_default_that_serves_one_case_of_a_file_is_right(folder: Folder) -> None:
    text = GREETS.replace("cases:\n", "defaults: {strength: {accept: {text/end: fine}}}\ncases:\n", 1)
    other = "  - name: other\n    user: Hi\n    expect: {text: hello}\n"

    _, _, said = strength(folder, text + other, HELLO, reply("cases/a.yaml::other", "hello"))

    assert "PC16" not in said


def test_without_an_answer_nothing_is_said_of_an_acceptance(folder: Folder) -> None:
    _, _, said = strength(folder, GREETS + "    strength: {accept: {text/end: fine}}\n")

    assert "PC16" not in said


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("    strength: {skip: a greeting}\n", "left out: a greeting"),
        ("    xfail: it says goodbye\n", "xfail: it says goodbye"),
        ("    skip: later\n", "skipped: later"),
    ],
)
def test_a_case_is_left_out_and_that_is_said(folder: Folder, more: str, why: str) -> None:
    found = case(folder, GREETS + more, HELLO)
    _, out, _ = strength(folder, GREETS + more, HELLO)

    assert (found["score"], found["cells"][0]["why_none"]) == (None, why)
    assert f"no score: 1 ({why.partition(':')[0] if 'left' not in why else why})" in out


def test_a_cell_without_a_passing_answer_has_no_score(folder: Folder) -> None:
    failing = case(folder, GREETS, reply("cases/a.yaml::greets", "goodbye"))
    unanswered = case(folder, GREETS)

    assert failing["cells"][0]["why_none"] == "no reply passes"
    assert unanswered["cells"][0]["why_none"] == "no reply"


def test_a_contract_on_a_budget_alone_has_none_either(folder: Folder) -> None:
    text = expecting("{usage: {total_tokens: {$le: 300}}}")

    answered = reply("cases/a.yaml::greets", "hello", usage={"total_tokens": 25})
    found = case(folder, text, answered)

    assert (found["score"], found["cells"][0]["why_none"]) == (None, "judges usage alone")
    assert found["silent_on"] == ["text"]
    assert "says nothing of the text: 1 case" in strength(folder, text, answered)[1]


def test_min_fails_a_case_below_it(folder: Folder) -> None:
    low, _, said = strength(folder, GREETS, HELLO, options=("--min", "80%"))
    fine, _, praised = strength(folder, GREETS, HELLO, options=("--min", "0.3"))

    assert (low, fine) == (1, 0)
    assert said.startswith("cases/a.yaml::greets: ")
    assert "is below --min 80%" in said
    assert praised == "every case with a score reaches 30%\n"


def test_min_fails_where_no_case_has_a_score(folder: Folder) -> None:
    code, _, said = strength(folder, GREETS, options=("--min", "1%"))

    assert code == 1
    assert "no case has a score, so none is known to reach --min 1%\n" in said


@pytest.mark.parametrize("share", ["much", "120%", "-1", "2"])
def test_a_share_that_is_none_is_refused(folder: Folder, share: str) -> None:
    assert strength(folder, GREETS, HELLO, options=(f"--min={share}",))[0] == 2


def test_against_fails_on_new_open_places_alone(folder: Folder) -> None:
    text = expecting("{text: {$regex: ^hello there$}}")
    before = strength(folder, text, HELLO, options=("--out", "before.json"))
    same = strength(folder, text, HELLO, options=("--against", "before.json"))
    weaker = strength(folder, GREETS, HELLO, options=("--against", "before.json", "--out", "after.json"))
    stronger = strength(folder, text, HELLO, options=("--against", "after.json"))

    assert [one[0] for one in (before, same, weaker, stronger)] == [0, 0, 1, 0]
    assert same[2] == stronger[2] == "no open place is new\n"
    assert weaker[2].startswith("cases/a.yaml::greets: new: the text may be cut")


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2}', '{"version": 1, "cases": [{}]}', '{"version": 1}'])
def test_a_file_that_is_no_earlier_report_is_refused(folder: Folder, text: str) -> None:
    folder.write("before.json", text)

    code, _, said = strength(folder, GREETS, HELLO, options=("--against", "before.json"))

    assert code == 2
    assert said.startswith("prompt-contracts strength: before.json: ")


def test_github_annotates_the_lines(folder: Folder) -> None:
    _, out, _ = strength(folder, GREETS, HELLO, options=("--format", "github"))

    (line,) = out.splitlines()
    assert line.startswith(
        "::warning file=cases/a.yaml,line=5,col=14,endColumn=18,title=PC162::greets: the text may be "
    )


def test_all_operators_are_tried_on_demand(folder: Folder) -> None:
    default, every = (
        case(folder, WEATHER, *RIGHT, options=options)["counts"] for options in ((), ("--operators", "all"))
    )

    assert every["noticed"] == default["noticed"] + 4  # letter case and spaces, of either row


def test_every_place_is_shown_on_demand(folder: Folder) -> None:
    text = expecting("{text: {$regex: .}}")

    brief, verbose = (strength(folder, text, HELLO, options=options)[1] for options in ((), ("-v",)))

    assert "… 1 more, -v shows them" in brief
    assert "text/end" in verbose
    assert "more, -v" not in verbose


def test_secrets_are_masked(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-secret-0123456789")
    answered = reply("cases/a.yaml::greets", "hello sk-a-secret-0123456789")

    for options in ((), ("--format", "json"), ("--format", "github")):
        assert "sk-a-secret" not in strength(folder, GREETS, answered, options=options)[1]


def test_a_case_that_cannot_be_used_is_an_error(folder: Folder) -> None:
    code, _, said = strength(folder, expecting("{txet: a}"), HELLO)

    assert code == 1
    assert "PC101" in said


def test_rows_that_share_one_contract_are_noted(folder: Folder) -> None:
    shared = WEATHER.replace('city: "{{ city }}"', "city: {$any_of: [Oslo, Lima]}")

    assert case(folder, WEATHER, *RIGHT)["notes"] == []
    assert case(folder, shared, *RIGHT)["notes"] == [
        "both rows have this contract; their column `city` is named in the prompt and nowhere in `expect`"
    ]


def test_the_note_on_rows_names_every_column_and_how_many_rows_there_are(folder: Folder) -> None:
    text = """
    version: 1
    cases:
      - name: greets
        user: Greet {{ name }} in {{ town }}. Be {{ tone }}.
        rows:
          - {name: Ann, town: Oslo, tone: kind, word: hello}
          - {name: Bob, town: Lima, tone: kind, word: hello}
          - {name: Eve, town: Rome, tone: kind, word: hello}
        expect: {text: {$contains: "{{ word }}"}}
    """

    assert case(folder, text)["notes"] == [
        "all 3 rows have this contract; their columns `name` and `town` are named in the prompt and nowhere in `expect`"
    ]


def test_rows_whose_expectation_names_a_part_that_is_the_same_in_all_are_noted_too(folder: Folder) -> None:
    text = """
    version: 1
    cases:
      - name: greets
        user: Greet {{ who.name }}.
        rows: [{who: {name: Ann, word: hello}}, {who: {name: Bob, word: hello}}]
        expect: {text: {$contains: "{{ who.word }}"}}
    """

    assert case(folder, text)["notes"] == ["the 2 rows ask different things, and one contract stands for all of them"]


def test_the_text_tells_how_long_a_file_took_and_nothing_else_does(folder: Folder) -> None:
    _, out, _ = strength(folder, WEATHER, *RIGHT)
    _, data, _ = strength(folder, WEATHER, *RIGHT, options=("--format", "json"))

    assert re.search(r" · \d+ mutants in \d+\.\d s$", out.splitlines()[0])
    assert "seconds" not in data


def test_functions_of_the_project_are_asked_about_every_mutant(folder: Folder) -> None:
    folder.write("pyproject.toml", "[tool.prompt_contracts]\n")
    folder.write(
        "checks_of_strength.py",
        """
        def greets(outcome):
            return "hello" in outcome.completion.choices[0].text
        """,
    )

    found = case(folder, expecting("{check: 'checks_of_strength:greets'}"), HELLO)

    assert found["families"].keys() == {"calls", "text"}
    assert places(found) == ["calls/more", "text/end"]


def test_a_pattern_that_does_not_end_in_time_notices(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_expression, "REGEX_SECONDS", 0.01)
    endless = expecting("{text: {$regex: '^(([a-zA-Z ,.])+)*;$|^hello$'}}")

    found = case(folder, endless, reply("cases/a.yaml::greets", "hello"))

    assert (found["score"], found["counts"]["unnoticed"]) == (1, 0)


# --- recordings


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example cases of the project, with their recordings."""
    root = tmp_path_factory.mktemp("suite")
    for name in ("cases", "cassettes"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


EXAMPLES = sorted(path.name for path in (ROOT / "cases").glob("*.yaml") if not path.name.endswith(".given.yaml"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_the_project_are_strong(
    suite: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(suite)

    code, out, said = folder.run("strength", f"cases/{name}", "--min", "80%", "--strict", "--format", "json")

    assert code == 0, said
    for found in json.loads(out)["cases"]:
        assert places(found) == [], found["id"]


def test_a_recorded_report_is_the_same_from_another_process(suite: Path) -> None:
    command = [sys.executable, "-m", "prompt_contracts", "strength", "cases/tools.yaml", "--format", "json"]

    first, second = (subprocess.run(command, cwd=suite, capture_output=True, check=False) for _ in range(2))

    assert first.stdout == second.stdout
    assert b'"cases/tools.yaml::looks_up_an_order"' in first.stdout


def test_a_stale_recording_breaks_the_gate_and_tells_what_changed(suite: Path, tmp_path: Path) -> None:
    root = tmp_path / "suite"
    shutil.copytree(suite, root)
    path = root / "cases" / "tools.yaml"
    path.write_text(re.sub(r"(?m)^(    user: .*)$", r"\1 Now?", path.read_text(), count=1))
    command = [sys.executable, "-m", "prompt_contracts", "strength", "cases/tools.yaml", "--min", "1%"]

    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert re.search(r"(?m)^cases/tools.yaml::.*: PC202 .* since then changed: ~ .*not known to reach", done.stderr)


WITHOUT_SLOW_VALIDATOR = """
import sys
from prompt_contracts.cli import main

code = main(["strength", "cases/oddities.yaml", "cases/tools.yaml", "--format", "json"])
print(code, "jsonschema" in sys.modules, file=sys.stderr)
"""


def test_the_slow_validator_stays_unloaded(suite: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_SLOW_VALIDATOR]

    done = subprocess.run(command, cwd=suite, capture_output=True, text=True, check=True)

    assert done.stderr.splitlines()[-1] == "0 False"


@pytest.fixture(scope="module")
def recorded(suite: Path) -> dict[str, dict[str, Any]]:
    """The report on some recorded examples, by the names of their cases."""
    names = [f"cases/{name}.yaml" for name in ("answers", "applications", "conversations", "tools")]
    command = [sys.executable, "-m", "prompt_contracts", "strength", *names, "--format", "json"]
    done = subprocess.run(command, cwd=suite, capture_output=True, check=False)
    return {found["id"].partition("::")[2]: found for found in json.loads(done.stdout)["cases"]}


def accepted(found: dict[str, Any]) -> set[str]:
    return {place["id"] for place in found["places"]}


def test_turns_have_places_of_their_own(recorded: dict[str, dict[str, Any]]) -> None:
    found = recorded["asks_and_asks_again"]

    assert {"turns/1/calls/more", "turns/2/calls/more", "turns/2/text"} <= accepted(found)
    assert found["families"].keys() == {"calls", "arguments", "text", "usage"}


def test_a_tool_loop_is_judged_by_all_of_its_calls_and_requests(recorded: dict[str, dict[str, Any]]) -> None:
    found = recorded["tells_the_model_that_a_tool_failed"]

    assert found["families"] == {"calls": 1, "arguments": 1, "requests": 1}


def test_an_application_is_judged_by_what_it_replied(recorded: dict[str, dict[str, Any]]) -> None:
    found = recorded["handler_goes_on_after_a_timeout"]

    assert found["families"].keys() == {"text", "error"}
    assert accepted(found) == {"error/message"}


def test_every_row_and_model_is_a_cell_and_a_case_has_their_mean(recorded: dict[str, dict[str, Any]]) -> None:
    found = recorded["rates_a_review"]
    scores = [cell["score"] for cell in found["cells"]]

    assert len(scores) == 6
    assert found["score"] == pytest.approx(sum(scores) / 6)


def test_trials_that_pass_are_all_spoiled_and_share_their_places(recorded: dict[str, dict[str, Any]]) -> None:
    found = recorded["rates_again_and_again"]

    assert len(found["cells"]) == 2
    assert accepted(found) == {"json/sentiment", "json/score", "json/tags"}


def test_a_model_that_is_expected_to_break_the_contract_is_left_out(recorded: dict[str, dict[str, Any]]) -> None:
    one, other = recorded["takes_the_city_from_the_question"]["cells"]

    assert one["score"] is not None
    assert (other["score"], other["why_none"]) == (None, "xfail: this model answers Oslo whatever it is asked")
