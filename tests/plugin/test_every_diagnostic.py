"""Every code of `diagnostic.CODES`, as a person meets it: one small project each, run by pytest."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from prompt_contracts.diagnostic import CODES
from tests.plugin.project import KEY, WEATHER, Project, completion, provider_error, right_weather

HEAD = "version: 1\nmodels: [house:small]\n"
CASE = HEAD + "cases:\n  - name: a\n    user: Hi\n    expect: {text: a}\n"
"""A good case; what is added is line 7, from column 5 on."""


def _nothing(_: Project) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A project in which one thing is wrong, and the lines that say so, in their order."""

    text: str = CASE
    prepare: Callable[[Project], None] = _nothing
    """Whatever else is needed; the case file is written before."""
    options: tuple[str, ...] = ()
    said: tuple[str, ...]
    command: tuple[str, ...] = ()
    """Arguments of `prompt-contracts`, where it is that and not pytest that says so."""
    outcome: dict[str, int] = field(default_factory=lambda: {"failed": 1})
    """What pytest counts; empty for a run that does not start."""


def _case(line: str) -> str:
    return f"{CASE}    {line}\n"


def _request(parameter: str) -> str:
    return _case(f"request: {{{parameter}}}")


def _beside(project: Project) -> None:
    (project.root / "cases.d").mkdir()
    (project.root / "cases.d" / "a.yaml").write_text(CASE, encoding="utf-8")
    (project.root / "cases" / "cases.d").mkdir()
    (project.root / "cases" / "cases.d" / "a.yaml").write_text(CASE, encoding="utf-8")


def _recorded(project: Project) -> None:
    project.answer(completion(text="a"))
    project.record()


def _recorded_under_a_change(project: Project) -> None:
    project.answer(completion(text="a"))
    project.run("--pc-record=once", "-k", "said_as")


def _recorded_otherwise(project: Project) -> None:
    _recorded(project)
    project.write(weather=CASE.replace("Hi", "Ho"))


def _damaged(project: Project) -> None:
    _recorded(project)
    (project.root / "cassettes/weather/a/house/small.yaml").write_text("interactions: []\n", encoding="utf-8")


def _echoing(project: Project) -> None:
    project.answer(completion(text=f"Your key is {KEY}."))


def _deadly(project: Project) -> None:
    (project.root / "killer.py").write_text("import os\n\ndef dies(completion):\n    os._exit(1)\n", encoding="utf-8")
    project.answer_text("a")


def _without_key(project: Project) -> None:
    project.configure(
        '[tool.prompt_contracts.providers.bare]\nbase_url = "http://127.0.0.1:9"\napi_key_env = "BARE_KEY"\n'
    )


def _refusing(project: Project) -> None:
    project.answer(provider_error(401, code="invalid_api_key"))


def _misconfigured(project: Project) -> None:
    project.configure("[tool.prompt_contracts.providers.other]\nbase_ulr = 'x'\n")


def _behind_a_wrong_proxy(project: Project) -> None:
    project.pytester._monkeypatch.setenv("ALL_PROXY", "http://:8080")


RECORD = ("--pc-record=rewrite",)
AGAIN = "  record  pytest 'cases/weather.yaml::a[[]house:small]' --pc-record=rewrite"

WRONG: dict[str, Wrong] = {
    "PC100": Wrong(
        text=HEAD + "a: 'b\n" + CASE.removeprefix(HEAD),
        said=("cases/weather.yaml:3:4: PC100 not YAML: *never closed*", "    3 | a: 'b", "help: *"),
    ),
    "PC101": Wrong(
        text=_case("expcet: {text: b}"),
        said=(
            "cases/weather.yaml:7:5: PC101 unknown key 'expcet' in case 'a'",
            "    7 |     expcet: {text: b}",
            "      |     ^^^^^^",
            "help: did you mean 'expect'?",
        ),
    ),
    "PC102": Wrong(
        text=_case("timeout: '5'"),
        said=("cases/weather.yaml:7:14: PC102 'timeout' must be *", "help: leave out the quotes"),
    ),
    "PC103": Wrong(
        text=CASE + CASE.partition("cases:\n")[2].replace("name: a", "name: A"),
        outcome={"errors": 1, "failed": 1},
        said=("cases/weather.yaml:7:11: PC103 the name 'A' is taken by the case at line 4", "help: rename one*"),
    ),
    "PC105": Wrong(
        text=CASE.replace("    expect: {text: a}\n", ""),
        said=("cases/weather.yaml:4:5: PC105 case 'a' has no 'expect'", "help: say what must hold*"),
    ),
    "PC106": Wrong(
        text=_case("user: Ho"),
        said=("cases/weather.yaml:7:5: PC106 repeated key 'user', first given at line 5*", "help: keep one*"),
    ),
    "PC107": Wrong(
        text=_case("skip: !!str a"),
        said=("cases/weather.yaml:7:11: PC107 the tag '!!str' is refused*", "help: leave it out*"),
    ),
    "PC108": Wrong(
        text=_case("stop_early: True"),
        said=("cases/weather.yaml:7:17: PC108 'True' is neither text nor JSON's true", "help: *"),
    ),
    "PC109": Wrong(
        text=CASE.removeprefix("version: 1\n"),
        said=("cases/weather.yaml:*: PC109 'cases' without 'version': a case file needs both",),
    ),
    "PC110": Wrong(
        text=_case("variables: {city: Oslo}").replace("    variables", "variables").replace("Hi", "'{{ ctiy }}'"),
        said=("cases/weather.yaml:5:12: PC110 unknown variable 'ctiy'", "help: did you mean 'city'?*"),
    ),
    "PC111": Wrong(
        text=CASE.replace("Hi", "'{{ env.HOME | upper }}'"),
        said=("cases/weather.yaml:5:12: PC111 '{{ env.HOME | upper }}' is no template*", "help: write*{{{{*"),
    ),
    "PC112": Wrong(
        text=_case("system: {$file: wether.yaml}"),
        said=(
            "cases/weather.yaml:7:21: PC112 there is no file 'wether.yaml'",
            "    7 |     system: {$file: wether.yaml}",
        ),
    ),
    "PC113": Wrong(
        text=_case("rows: [{id: x}, {id: X}]"),
        said=("cases/weather.yaml:7:26: PC113 row id 'X' is taken by the row at line 7", "help: ids differ*"),
    ),
    "PC114": Wrong(
        text=CASE.replace("Hi", "Hi # there"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:5:11: PC114 this text ends where ' #' starts a comment",
            "help: put the text in quotes*",
        ),
    ),
    "PC115": Wrong(
        text=_case("variables: {city: Oslo}").replace("    variables", "variables"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=("cases/weather.yaml:7:13: PC115 the variable 'city' is never used", "help: remove it*"),
    ),
    "PC116": Wrong(
        text=CASE.replace(
            "user: Hi",
            "messages: [{role: user, content: [{type: image_url, image_url: {url: cases/weather.yaml}}]}]",
        ),
        said=("cases/weather.yaml:5:*: PC116 there is no file 'cases/weather.yaml'", "help: create *"),
    ),
    "PC117": Wrong(
        text=CASE.replace("Hi", "'{% if x %}'"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=("cases/weather.yaml:5:12: PC117 '{% if x %}' is sent as it is*", "help: write one case*"),
    ),
    "PC120": Wrong(
        text=CASE.replace("{text: a}", "{latency: {$ge: 5, $le: 1}}"),
        said=(
            "cases/weather.yaml:6:32: PC120 nothing is both at least 5 and at most 1",
            "help: swap '$le' and '$ge'?",
        ),
    ),
    "PC121": Wrong(
        text=WEATHER.lstrip().replace("- get_weather: {", "- get_wether: {"),
        said=(
            "cases/weather.yaml:15:11: PC121 the expected tool 'get_wether' is not offered by the case",
            "help: did you mean 'get_weather'?*",
        ),
    ),
    "PC122": Wrong(
        text=_case("require: 3"),
        said=("cases/weather.yaml:*: PC122 3 passes are required of 1 trial", "help: raise trials or lower require"),
    ),
    "PC123": Wrong(
        text=CASE.replace("house:small", "hose:small"),
        said=("cases/weather.yaml:2:10: PC123 unknown provider 'hose': did you mean 'house'?", "help: *declare*"),
    ),
    "PC124": Wrong(
        prepare=_beside,
        options=("cases.d",),
        outcome={"errors": 1, "failed": 2},
        said=("*a.yaml:*: PC124 this cell and *a.yaml::a[[]house:small] would share the recording *", "help: rename*"),
    ),
    "PC130": Wrong(
        text=_request("max_tokens: 9").replace("house:small", "openai:gpt-5-mini"),
        said=(
            "cases/weather.yaml:7:15: PC130 openai:gpt-5-mini refuses 'max_tokens': *",
            "    7 |     request: {max_tokens: 9}",
            "help: write max_completion_tokens",
        ),
    ),
    "PC131": Wrong(
        text=_request("n: 2").replace("house:small", "ollama:small"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:7:15: PC131 'n' is not sent to ollama: *",
            'help: leave it out, or for this provider alone: overrides: *"ollama:[*]"*',
        ),
    ),
    "PC132": Wrong(
        text=_case("endpoint: responses").replace("house:small", "mistral:small"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:7:15: PC132 mistral documents no Responses API: *",
            "help: write endpoint: chat",
        ),
    ),
    "PC140": Wrong(
        text=_request(
            "response_format: {type: json_schema, json_schema: {name: a, strict: true, schema: {type: object}}}"
        ),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:4:5: PC140 'response_format' is strict, but the root of its schema does not *",
            "    4 |   - name: a",
            "help: write additionalProperties: false*",
        ),
    ),
    "PC141": Wrong(
        text=_request("tool_choice: required"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:4:*: PC141 'tool_choice' is given, but the case offers no tools",
            "help: give the case 'tools'*",
        ),
    ),
    "PC142": Wrong(
        text=CASE.replace("user: Hi", "messages: [{role: tool, tool_call_id: call_1, content: a}]"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:4:*: PC142 message 1 (tool) answers the call 'call_1', which *",
            "help: put it after the assistant message with that call",
        ),
    ),
    "PC143": Wrong(
        text=WEATHER.lstrip().replace('city: "{{ city }}"', "city: 5"),
        options=("--pc-strict",),
        outcome={"errors": 2, "failed": 1},
        said=(
            "cases/weather.yaml:15:*: PC143 the argument 'city' of 'get_weather' is text by the tool's schema, never 5",
            'help: write "5", with quotes',
        ),
    ),
    "PC144": Wrong(
        text=_request("response_format: {type: json_object}"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:4:*: PC144 'response_format' has the type json_object, but no message holds *",
            "help: ask for JSON in a message*",
        ),
    ),
    "PC145": Wrong(
        text=CASE.replace("user: Hi", "messages: [{role: user, content: Hi, user: ada}]"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:5:*: PC145 a message has no field 'user' in OpenAI's API: *",
            "help: write user in 'request'*",
        ),
    ),
    "PC146": Wrong(
        text=_request("temperature: 0") + "    command: [node, bot.js]\n",
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:*: PC146 'request' has no effect beside 'command': *",
            "help: leave it out",
        ),
    ),
    "PC147": Wrong(
        text=_case("prompts: {one: {system: Hi}, two: {system: Hi}}"),
        options=("--pc-strict",),
        outcome={"errors": 2, "failed": 1},
        said=(
            "cases/weather.yaml:7:*: PC147 the prompts 'one' and 'two' ask the same",
            "help: change one of them, or remove it",
        ),
    ),
    "PC148": Wrong(
        text=_case("holds_under: {key_order: reversed}"),
        said=(
            "cases/weather.yaml:*: PC148 'key_order.reversed' cannot be: the case offers no tools",
            "help: give it 'tools'",
        ),
    ),
    "PC149": Wrong(
        text=_case("holds_under: {spelling: [no_stop]}"),
        options=("--pc-strict",),
        outcome={"errors": 1, "failed": 1},
        said=(
            "cases/weather.yaml:*: PC149 'spelling.no_stop' changes nothing: no cell is made of it",
            "help: leave it out",
        ),
    ),
    "PC150": Wrong(
        text=CASE.replace("text: a", "check: os:system"),
        said=(
            "cases/weather.yaml:6:*: PC150 'os:system' may not be called: 'os' is *, and not of this project",
            "    6 |     expect: {check: os:system}",
            "help: write the function in a module below the project's root, or name its module under callables*",
        ),
    ),
    "PC151": Wrong(
        text=_case("command: [bot]"),
        options=("--pc-no-code",),
        said=("cases/weather.yaml:4:*: PC151 'command' would start a program*", "help: run without --pc-no-code*"),
    ),
    "PC160": Wrong(
        text=_case("strength: {accept: {text: any text will do}}"),
        prepare=_recorded,
        command=("strength", "cases"),
        said=(
            "cases/weather.yaml:7:*: PC160 warning: the accepted place 'text' is not open any more: *",
            "help: remove it",
        ),
    ),
    "PC161": Wrong(
        text=_case("strength: {accept: {txet: any text will do}}"),
        prepare=_recorded,
        command=("strength", "cases"),
        said=("cases/weather.yaml:7:*: PC161 warning: there is no place 'txet'", "help: did you mean 'text'?"),
    ),
    "PC162": Wrong(
        text=CASE.replace("text: a", "text: {$regex: a}"),
        prepare=_recorded,
        command=("strength", "cases", "--format=github"),
        said=("::warning file=cases/weather.yaml,line=6,*title=PC162::a: the text may be *help: expect more of it*",),
    ),
    "PC201": Wrong(
        outcome={"errors": 1},
        said=("cases/weather.yaml:4  PC201 nothing is recorded for *", "help: record the cell", AGAIN),
    ),
    "PC202": Wrong(
        prepare=_recorded_otherwise,
        outcome={"errors": 1},
        said=(
            "cases/weather.yaml:4  PC202 the request is not the one recorded in *; since then changed:",
            '  ~ /messages/0/content: "Hi" -> "Ho"',
            "help: undo the change, or record the cell again",
            AGAIN,
        ),
    ),
    "PC203": Wrong(
        prepare=_echoing,
        options=RECORD,
        outcome={"errors": 1},
        said=(
            "cases/weather.yaml:4  PC203 the value of HOUSE_KEY stands in the response body*was not written",
            "help: *cannot be recorded",
        ),
    ),
    "PC204": Wrong(
        prepare=_damaged,
        outcome={"errors": 1},
        said=("cases/weather.yaml:4  PC204 cassettes/weather/a/house/small.yaml cannot be read: *", "help: restore*"),
    ),
    "PC205": Wrong(
        text=_case("holds_under: {said_as: {x: Hey}}\n    same: [json]\n    trials: 2").replace(
            "text: a", "text: {$len: 1}"
        ),
        prepare=_recorded_under_a_change,
        outcome={"errors": 2},
        said=(
            "cases/weather.yaml:4  PC205 no answer of the base to compare with, *::a[[]house:small]: PC201 *",
            "  again *",
        ),
    ),
    "PC301": Wrong(
        text=CASE.replace("house:small", "bare:small"),
        prepare=_without_key,
        options=RECORD,
        outcome={},
        said=("*PC301 key not set: BARE_KEY. *set it in the environment or in .env",),
    ),
    "PC302": Wrong(
        prepare=_refusing,
        options=RECORD,
        outcome={"errors": 1},
        said=("cases/weather.yaml:4  auth (HTTP 401): no", "  help: PC302 key refused: *HOUSE_KEY"),
    ),
    "PC303": Wrong(
        prepare=_behind_a_wrong_proxy,
        options=RECORD,
        outcome={},
        said=("*PC303 ALL_PROXY is no address of a proxy: write http://host:port; unset it*",),
    ),
    "PC310": Wrong(
        text=_request("max_tokens: 100"),
        options=("--pc-live", "--pc-budget=0.0001"),
        outcome={"errors": 1},
        said=(
            "cases/weather.yaml:4  budget: PC310 not sent: $0 of $0.0001 is spent, and this request could cost $0.000*",
            "  help: raise --pc-budget, *",
        ),
    ),
    "PC320": Wrong(
        options=("--pc-live", "--pc-budget=1"),
        outcome={},
        said=("*PC320 with --pc-budget *house:small: no limit on its answers (*a[[]house:small]; limit *: 1000)",),
    ),
    "PC330": Wrong(
        prepare=_misconfigured,
        outcome={},
        said=("*PC330 pyproject.toml: providers.other has an unknown key 'base_ulr': did you mean 'base_url'?",),
    ),
    "PC340": Wrong(
        text=CASE.replace("text: a", "check: 'killer:dies'"),
        prepare=_deadly,
        options=("--pc-live", "-n1"),
        outcome={"errors": 1},
        said=("cases/weather.yaml:4  PC340 the worker died while this cell ran, *",),
    ),
}


def test_the_table_covers_every_code() -> None:
    assert sorted(WRONG) == sorted(CODES)


@pytest.mark.parametrize("code", WRONG)
def test_a_code_is_printed_with_its_place_and_the_next_step(project: Project, code: str) -> None:
    wrong = WRONG[code]
    project.answer(right_weather)
    project.write(weather=wrong.text)
    wrong.prepare(project)

    if wrong.command:
        told = project.pytester.run(sys.executable, "-m", "prompt_contracts", *wrong.command)
        pytest.LineMatcher([*told.outlines, *told.errlines]).fnmatch_lines(wrong.said)
        return
    result = project.run(*wrong.options)

    assert any(code in line for line in wrong.said)
    if wrong.outcome:
        result.stdout.fnmatch_lines(wrong.said)
        result.assert_outcomes(**wrong.outcome)
    else:
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(wrong.said)
