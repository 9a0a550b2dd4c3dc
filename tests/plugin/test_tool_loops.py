"""Tools whose results a case simulates: the run goes on to the final answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

TOOLS = """
version: 1
models: [house:small]
tools:
  get_weather: {name: get_weather, parameters: {type: object, properties: {city: {type: string}}}}
  get_time: {name: get_time, parameters: {type: object, properties: {}}}
cases:
  - name: answers_with_the_weather
    user: Will it rain in Oslo?
    tools: [get_weather, get_time]
    %s
"""

LOOP = """
    tool_results: {get_weather: {rain: true}}
    expect:
      tool_calls: [get_weather: {city: Oslo}]
      text: {$contains: rain}
      usage: {prompt_tokens: 40, completion_tokens: 10}
      cost: {$approx: 0.00006}
"""


def sent(asked: Asked) -> list[dict[str, Any]]:
    """The messages of a request."""
    messages: list[dict[str, Any]] = json.loads(asked.body)["messages"]
    return messages


def calls_then_says(*calls: tuple[str, Any], text: str = "It will rain.") -> Callable[[Asked], Answer]:
    """Calls until somebody answers a call, then says something."""

    def answer(asked: Asked) -> Answer:
        return completion(text=text) if sent(asked)[-1]["role"] == "tool" else completion(calls=calls)

    return answer


def case_with(lines: str) -> str:
    return TOOLS % lines.strip()


def test_the_result_goes_back_and_the_final_answer_is_judged_with_all_calls_and_sums(project: Project) -> None:
    project.write(weather=case_with(LOOP))
    project.answer(calls_then_says(("get_weather", {"city": "Oslo"})))

    project.record()
    replayed = project.run()

    replayed.assert_outcomes(passed=1)
    assert [message["role"] for message in sent(project.server.asked[1])] == ["user", "assistant", "tool"]
    assert sent(project.server.asked[1])[-1]["content"] == '{"rain": true}'
    assert len(project.server.asked) == 2


def test_parallel_calls_are_answered_with_their_own_ids(project: Project) -> None:
    lines = "tool_results: {get_weather: wet, get_time: noon}\n    expect: {tool_count: 2}"
    project.write(weather=case_with(lines))
    project.answer(calls_then_says(("get_weather", {"city": "Oslo"}), ("get_time", {})))

    project.record()

    results = [message for message in sent(project.server.asked[1]) if message["role"] == "tool"]
    assert [(each["tool_call_id"], each["content"]) for each in results] == [("call_0", "wet"), ("call_1", "noon")]


def test_without_results_the_case_ends_at_the_calls(project: Project) -> None:
    project.write(weather=case_with("expect: {tool_calls: some}"))
    project.answer(calls_then_says(("get_weather", {"city": "Oslo"})))

    project.record()

    assert len(project.server.asked) == 1


@pytest.mark.parametrize(
    ("results", "calls", "code"),
    [
        ("{get_time: noon}", (("get_weather", {}),), "tool_results.missing"),
        ("{get_weather: {$sequence: [a]}}", (("get_weather", {}), ("get_weather", {})), "tool_results.exhausted"),
        (
            "{get_weather: {$cases: [{when: {city: Lima}, return: a}]}}",
            (("get_weather", {"city": "Oslo"}),),
            "tool_results.unmatched",
        ),
    ],
)
def test_a_call_that_gets_nothing_back_fails_with_a_code_of_its_own(
    project: Project, results: str, calls: tuple[tuple[str, Any], ...], code: str
) -> None:
    project.write(weather=case_with(f"tool_results: {results}\n    expect: {{tool_calls: some}}"))
    project.answer(calls_then_says(*calls))

    report = project.report("--pc-record=rewrite")

    assert [failure["code"] for failure in report["results"][0]["trials"][0]["failures"]] == [code]


def test_a_model_that_never_stops_calling_is_stopped(project: Project) -> None:
    lines = "tool_results: {get_weather: wet}\n    max_turns: 3\n    expect: {tool_calls: some}"
    project.write(weather=case_with(lines))
    project.answer(completion(calls=(("get_weather", {"city": "Oslo"}),)))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*within 3 answers (max_turns), got calls of get_weather in answer 3"])
    assert len(project.server.asked) == 3


def test_results_may_follow_from_the_arguments_or_be_errors(project: Project) -> None:
    lines = """
    tool_results:
      get_weather:
        $cases:
          - {when: {city: Lima}, return: dry}
          - {when: {city: {$regex: ^O}}, return: {$error: no such station}}
    expect: {text: {$contains: rain}}
    """
    project.write(weather=case_with(lines))
    project.answer(calls_then_says(("get_weather", {"city": "Oslo"})))

    project.record()

    assert json.loads(sent(project.server.asked[1])[-1]["content"]) == {"error": "no such station"}


def test_a_function_of_the_project_may_be_the_tool(project: Project) -> None:
    (project.root / "simulated.py").write_text("def weather(arguments):\n    return {'at': arguments['city']}\n")
    lines = "tool_results: {get_weather: {$call: 'simulated:weather'}}\n    expect: {text: {$contains: rain}}"
    project.write(weather=case_with(lines))
    project.answer(calls_then_says(("get_weather", {"city": "Oslo"})))

    project.record()

    assert json.loads(sent(project.server.asked[1])[-1]["content"]) == {"at": "Oslo"}


def test_the_order_of_answers_that_call_is_judged(project: Project) -> None:
    lines = """
    tool_results: {get_weather: wet, get_time: noon}
    expect: {order: strict, tool_calls: [get_weather, get_time]}
    """
    project.write(weather=case_with(lines))

    def answer(asked: Asked) -> Answer:
        made = [message for message in sent(asked) if message["role"] == "tool"]
        names = ["get_time", "get_weather"]
        return completion(calls=((names[len(made)], {}),)) if len(made) < 2 else completion(text="done")

    project.answer(answer)

    project.run("--pc-record=rewrite").assert_outcomes(failed=1)


def test_a_failing_loop_shows_the_whole_conversation(project: Project) -> None:
    project.write(weather=case_with("tool_results: {get_weather: wet}\n    expect: {text: dry}"))
    project.answer(calls_then_says(("get_weather", {"city": "Oslo"})))

    result = project.run("--pc-record=rewrite")

    result.stdout.fnmatch_lines(
        [
            "*conversation",
            "*user *Will it rain in Oslo?",
            '*calls *get_weather({"city": "Oslo"})',
            "*tool *wet",
            "*assistant It will rain.",
        ]
    )
