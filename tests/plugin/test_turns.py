"""Conversations: what each turn must hold, what it takes from earlier ones, and errors in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

HEAD = """
version: 1
models: [house:small]
cases:
  - name: talks
    system: Be brief.
"""


def turns(text: str) -> str:
    return HEAD + text


def sent(asked: Asked) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = json.loads(asked.body)["messages"]
    return messages


def echo(asked: Asked) -> Answer:
    """Repeats what the user said last."""
    return completion(text=str(sent(asked)[-1]["content"]))


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    """One answer after the other."""
    left = list(answers)
    return lambda asked: left.pop(0)


def test_each_turn_builds_on_the_answers_before_it(project: Project) -> None:
    project.write(
        weather=turns("""
    turns:
      - {user: one, expect: {text: one}}
      - {user: two, expect: {text: two}}
    """)
    )
    project.answer(echo)

    project.record()
    project.run().assert_outcomes(passed=1)

    assert [message["content"] for message in sent(project.server.asked[1])] == ["Be brief.", "one", "one", "two"]


def test_a_failed_turn_names_its_number(project: Project) -> None:
    project.write(
        weather=turns("""
    turns:
      - {user: one, expect: {text: one}}
      - {user: two, expect: {text: three}}
    """)
    )
    project.answer(echo)

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['cases/weather.yaml:*turn 2: text: expected "three", got "two"'])


def test_the_case_judges_the_last_answer_and_sums_over_all(project: Project) -> None:
    project.write(
        weather=turns("""
    turns: [{user: one}, {user: two}]
    expect: {text: two, usage: {total_tokens: 50}}
    """)
    )
    project.answer(echo)

    project.record()


def test_a_value_of_an_answer_is_named_in_a_later_turn(project: Project) -> None:
    project.write(
        weather=turns("""
    turns:
      - {user: add, extract: {total: /sum, said: ""}}
      - {user: "Twice {{ total }} of {{ said }}", expect: {text: {$contains: "{{ total }}"}}}
    """)
    )
    project.answer(lambda asked: completion(text='{"sum": 21}') if len(sent(asked)) == 2 else echo(asked))

    project.record()

    assert sent(project.server.asked[1])[-1]["content"] == 'Twice 21 of {"sum": 21}'


def test_what_an_answer_says_is_never_an_operator_nor_a_template(project: Project) -> None:
    project.write(
        weather=turns("""
    turns:
      - {user: "say it", extract: {said: /x, word: /y}}
      - {user: "{{ word }}", expect: {json: {x: "{{ said }}"}}}
    """)
    )
    hostile = json.dumps({"x": {"$type": "string"}, "y": "{{ env.HOUSE_KEY }}"})
    project.answer(in_turn(completion(text=hostile), completion(text='{"x": "any text"}')))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(failed=1)
    assert sent(project.server.asked[1])[-1]["content"] == "{{ env.HOUSE_KEY }}"


def test_a_value_that_is_not_there_fails_the_case(project: Project) -> None:
    project.write(
        weather=turns("""
    turns:
      - {user: add, extract: {total: /sum}}
      - {user: "{{ total }}", expect: {text: "21"}}
    """)
    )
    project.answer(completion(text='{"other": 1}'))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*extract.total: expected a value at /sum, got none there*"])
    assert len(project.server.asked) == 1


def test_an_error_ends_the_conversation(project: Project) -> None:
    project.write(
        weather=turns("turns: [{user: one, expect: {text: one}}, {user: two, expect: {text: two}}]".rjust(110))
    )
    project.write(
        weather=turns("""
    turns: [{user: one, expect: {text: one}}, {user: two, expect: {text: two}}]
    """)
    )
    project.answer(provider_error(500))

    project.run("--pc-record=rewrite").assert_outcomes(errors=1)

    assert len(project.server.asked) == 1


def test_a_conversation_may_go_on_after_an_error_and_name_it(project: Project) -> None:
    project.write(
        weather=turns(
            """
    turns:
      - {user: one, on_error: continue, expect: {error: {kind: rate_limit}}}
      - user: "It said {{ error.kind }} {{ error.status }} {{ error.message }}"
        expect: {text: {$contains: rate_limit}}
      - {user: "Now [{{ error.kind }}]", expect: {text: "Now []"}}
    """
        )
    )
    project.answer(
        lambda asked: provider_error(429, code="rate_limit_exceeded") if len(sent(asked)) == 2 else echo(asked)
    )

    project.record()
    project.run().assert_outcomes(passed=1)

    assert sent(project.server.asked[1])[-1]["content"] == "It said rate_limit 429 no"


def test_an_error_that_is_passed_over_does_not_decide_the_verdict(project: Project) -> None:
    project.write(
        weather=turns("""
    on_error: continue
    turns: [{user: one}, {user: two, expect: {text: two}}]
    """)
    )
    project.answer(lambda asked: provider_error(500) if len(sent(asked)) == 2 else echo(asked))

    report = project.report("--pc-live")

    assert report["results"][0]["verdict"] == "passed"
    assert [error["kind"] for error in report["results"][0]["trials"][0]["passed_over"]] == ["server"]


def test_a_turn_with_a_contract_of_its_own_is_not_passed_over(project: Project) -> None:
    project.write(
        weather=turns("""
    on_error: continue
    turns: [{user: one, expect: {text: one}}, {user: two, expect: {text: two}}]
    """)
    )
    project.answer(lambda asked: provider_error(500) if len(sent(asked)) == 2 else echo(asked))

    project.run("--pc-live").assert_outcomes(errors=1)


def test_an_expected_error_before_further_turns_must_let_them_come(project: Project) -> None:
    project.write(
        weather=turns("""
    turns: [{user: one, expect: {error: {kind: server}}}, {user: two, expect: {text: two}}]
    """)
    )

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC120 turn 1 expects an error, which would end the conversation before turn 2"])


def test_calls_that_nobody_answers_end_the_conversation(project: Project) -> None:
    project.write(
        weather="""
    version: 1
    models: [house:small]
    cases:
      - name: talks
        tools: [{name: get_weather}]
        turns: [{user: one}, {user: two}]
        expect: {tool_calls: some}
    """
    )
    project.answer(completion(calls=(("get_weather", {}),)))

    report = project.report("--pc-record=rewrite")

    assert [failure["code"] for failure in report["results"][0]["trials"][0]["failures"]] == ["tool_results.none"]
    assert len(project.server.asked) == 1


def test_the_case_judges_the_calls_and_sums_of_all_its_turns(project: Project) -> None:
    project.write(
        weather=turns("""
    tools: [{name: look, parameters: {type: object, properties: {}}}]
    tool_results: {look: fine}
    turns:
      - {user: one}
      - {user: two, expect: {tool_calls: none}}
    expect: {tool_calls: [look], usage: {prompt_tokens: 60}}
    """)
    )
    project.answer(in_turn(completion(calls=(("look", {}),)), completion(text="a"), completion(text="b")))

    project.run("--pc-record=rewrite").assert_outcomes(passed=1)


def test_an_error_of_the_last_turn_is_never_passed_over(project: Project) -> None:
    project.write(
        weather=turns("""
    on_error: continue
    turns:
      - {user: one, expect: {text: one}}
      - {user: two}
    """)
    )
    project.answer(in_turn(completion(text="one"), provider_error(400, message="no")))

    project.run("--pc-record=rewrite").assert_outcomes(errors=1)


def test_a_timeout_that_no_recording_can_hold_is_not_saved_away(project: Project) -> None:
    project.write(
        weather=turns("""
    turns:
      - {user: one, on_error: continue, expect: {error: {kind: connection}}}
      - {user: two, expect: {text: two}}
    """)
    )
    project.answer(in_turn(Answer(promised=100, body=b"{"), completion(text="two")))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(errors=1)
    assert project.cassettes == []


def test_tokens_are_unknown_when_a_turn_failed_that_may_have_used_some(project: Project) -> None:
    project.write(
        weather=turns("""
    on_error: continue
    turns: [{user: one}, {user: two, expect: {text: two}}]
    """)
    )
    project.answer(lambda asked: provider_error(500) if len(sent(asked)) == 2 else echo(asked))

    trial = project.report("--pc-live")["results"][0]["trials"][0]

    assert trial["usage"]["total_tokens"] is None
    assert trial["cost_usd"] is None


def test_tokens_are_known_when_a_fault_alone_failed(project: Project) -> None:
    project.write(
        weather=turns("""
    turns:
      - {user: one, on_error: continue, fault: {timeout: read}, expect: {error: {kind: timeout}}}
      - {user: two, expect: {text: two}}
    """)
    )
    project.answer(echo)
    project.record()

    trial = project.report()["results"][0]["trials"][0]

    assert trial["usage"]["total_tokens"] == 25
    assert trial["cost_usd"] == "0.00003"
    assert trial["is_replayed"] is True


def test_an_error_that_a_retry_gets_over_ends_no_conversation(project: Project) -> None:
    project.write(
        weather=turns("""
    retry: {attempts: 2}
    turns:
      - {user: one, fault: {status: 503, times: 1}, expect: {error: {outcome: recovered}, text: one}}
      - {user: two, expect: {text: two}}
    """)
    )
    project.answer(echo)

    project.run("--pc-record=rewrite").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("pattern", ['{$contains: "{{ total }}"}', '{$not: {$regex: "(?i){{ total }}"}}'])
def test_an_empty_value_of_an_answer_is_never_a_pass(project: Project, pattern: str) -> None:
    project.write(
        weather=turns(f"""
    turns:
      - {{user: add, extract: {{total: /sum}}}}
      - {{user: "Again", expect: {{text: {pattern}, refusal: false}}}}
    """)
    )
    project.answer(completion(text='{"sum": ""}'))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*turn 2: expected a text for 'total' that leaves '$*' something to say*"])


@pytest.mark.parametrize(
    "expect",
    [
        'text: "{{ said }}"',
        'text: {$regex: "{{ said }}"}',
        'text: {$any_of: [{$contains: "{{ said }}"}, "never"]}',
        'text: {$contains: "one"}, not: {text: {$contains: "one", $regex: "{{ word }}"}}',
        'text: {$all_of: [{$contains: "one"}, {$not: {$contains: "one", $regex: "{{ word }}"}}]}',
        'text: "{{ said }}", not: {text: "{{ word }}"}',
        'any_of: [{text: "{{ said }}"}, {not: {text: "{{ said }}"}, tool_calls: some}]',
    ],
)
def test_nothing_is_told_before_the_run_of_a_value_that_nobody_knows_yet(project: Project, expect: str) -> None:
    project.write(
        weather=turns(f"""
    turns:
      - {{user: one, extract: {{said: /said, word: /word}}}}
      - {{user: "Not {{{{ said }}}} or {{{{ word }}}}", expect: {{{expect}, refusal: false}}}}
    """)
    )
    first, later = completion(text='{"said": "one", "word": "two"}'), completion(text="one")
    project.answer(lambda asked: first if len(sent(asked)) == 2 else later)

    project.run("--pc-record=rewrite").assert_outcomes(passed=1)
