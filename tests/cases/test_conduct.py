"""How a case is run: endpoint, assistant, application; what may stand together, and the `user` field of messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.case import Case
from tests.cases.case_files import good, load, load_text, mistakes

HEAD = "version: 1\nmodels: [a:b]\ncases:\n- name: a\n  expect: {text: a}\n"


def loaded(root: Path, lines: str, *, user: str = "  user: b\n") -> Case:
    (case,) = good(root, f"{HEAD}{user}  {lines}\n")
    return case


@pytest.mark.parametrize("endpoint", ["auto", "chat", "responses", "assistants"])
def test_an_endpoint_is_taken(tmp_path: Path, endpoint: str) -> None:
    assert loaded(tmp_path, f"endpoint: {endpoint}").endpoint == endpoint


def test_without_any_of_these_keys_a_case_has_their_defaults(tmp_path: Path) -> None:
    case = loaded(tmp_path, "timeout: 5")

    assert (case.endpoint, case.assistant, case.turns, case.handler, case.command) == ("auto", {}, (), None, None)
    assert (case.fault, case.on_error, case.variables) == (None, "fail", {})
    assert not case.is_application


def test_parameters_of_responses_are_taken_by_their_names(tmp_path: Path) -> None:
    request = (
        "{stream: true, max_output_tokens: 50, max_tool_calls: 2, reasoning: {effort: low}, text: {verbosity: low}, "
        "instructions: x, include: [a], previous_response_id: r, conversation: c, truncation: auto, background: false}"
    )

    assert loaded(tmp_path, f"endpoint: responses\n  request: {request}").request["reasoning"] == {"effort": "low"}


def test_the_messages_of_responses_are_written_as_messages(tmp_path: Path) -> None:
    (found,) = mistakes(load_text(tmp_path, f"{HEAD}  user: b\n  request: {{input: a}}\n"))

    assert (found.message, found.help) == (
        "'input' does not belong in 'request'",
        "write messages in the case, beside 'request'",
    )


# assistants


def test_an_assistant_is_kept_as_it_is_written(tmp_path: Path) -> None:
    written = (
        "{instructions: 'Be {{ how }}', thread: {id: t}, run: {tool_choice: auto}, poll: {interval: 0.5, timeout: 9}}"
    )

    case = loaded(tmp_path, f"rows: [{{how: brief}}]\n  endpoint: assistants\n  assistant: {written}")

    assert case.assistant == {
        "instructions": "Be brief",
        "thread": {"id": "t"},
        "run": {"tool_choice": "auto"},
        "poll": {"interval": 0.5, "timeout": 9},
    }


def test_pictures_in_the_messages_of_a_thread_are_read(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    part = "{type: image_url, image_url: {url: cat.png}}"
    written = f"{{thread: {{messages: [{{role: user, content: [{part}]}}]}}}}"

    case = loaded(tmp_path, f"endpoint: assistants\n  assistant: {written}")

    url = {"url": "data:image/png;base64,iVBORw0KGgo="}
    content = [{"type": "image_url", "image_url": url}]
    assert case.assistant == {"thread": {"messages": [{"role": "user", "content": content}]}}


@pytest.mark.parametrize("written", ["{thread: {id: t}}", "{thread: {id: t}, run: {id: r}}"])
def test_a_thread_that_there_is_needs_no_messages(tmp_path: Path, written: str) -> None:
    assert loaded(tmp_path, f"endpoint: assistants\n  assistant: {written}", user="").messages == ()


def test_the_endpoint_may_come_from_the_defaults(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ndefaults: {endpoint: assistants}\n"
        "cases: [{name: a, user: b, assistant: {id: x}, expect: {text: a}}]\n"
    )

    assert good(tmp_path, text)[0].endpoint == "assistants"


@pytest.mark.parametrize(
    ("lines", "said", "advice"),
    [
        (
            "assistant: {id: x}",
            "7:3: PC102 'assistant' is for the Assistants API, and this case asks another one",
            "write endpoint: assistants beside it",
        ),
        (
            "assistant: {id: x, instructions: y}\n  endpoint: assistants",
            "7:22: PC102 'id' takes an assistant that there is, and 'instructions' is for creating one",
            "keep one of the two",
        ),
        (
            "assistant: {thread: {id: x, metadata: {}}}\n  endpoint: assistants",
            "7:31: PC102 'id' takes a thread that there is, and 'metadata' is for creating one",
            "keep one of the two",
        ),
        (
            "assistant: {run: {id: x}}\n  endpoint: assistants",
            "7:21: PC105 a run is found by its thread, and there is no id of one",
            "write thread: {id: ...} beside it",
        ),
        (
            "assistant: {model: x}\n  endpoint: assistants",
            "7:15: PC102 'model' does not belong in 'assistant'",
            "write model or models in the case: it is sent when the assistant is created",
        ),
        (
            "assistant: {instuctions: x}\n  endpoint: assistants",
            "7:15: PC101 unknown key 'instuctions' in 'assistant'",
            "did you mean 'instructions'?",
        ),
        (
            "assistant: {run: {additional_messages: [{role: user, content: a, user: b}]}}\n  endpoint: assistants",
            "7:68: PC102 'user' does not belong in a message of a thread",
            "leave it out, or write the message in the case",
        ),
        (
            "assistant: {poll: {interval: 0}}\n  endpoint: assistants",
            "7:32: PC102 'interval' must be a number of seconds above 0, not the number 0",
            None,
        ),
        (
            "endpoint: assistant",
            "7:13: PC102 'endpoint' must be 'auto', 'chat', 'responses' or 'assistants', not the text \"assistant\"",
            "did you mean 'assistants'?",
        ),
    ],
)
def test_a_mistake_about_an_assistant_is_named_at_its_place(
    tmp_path: Path, lines: str, said: str, advice: str | None
) -> None:
    (found,) = mistakes(load_text(tmp_path, f"{HEAD}  user: b\n  {lines}\n"))

    assert (str(found), found.help) == (f"cases.yaml:{said}", advice)


# applications


def test_a_handler_knows_the_variables_of_its_case(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\nvariables: {style: short, city: x}\n"
        "cases: [{name: a, user: b, rows: [{city: Oslo}], handler: 'shop.bot:reply', expect: {text: a}}]\n"
    )

    loaded_file = load(tmp_path, text)

    assert loaded_file.cases[0].handler == "shop.bot:reply"
    assert loaded_file.cases[0].variables == {"style": "short", "city": "Oslo"}
    assert loaded_file.warnings == ()


def test_a_command_is_a_program_with_its_arguments(tmp_path: Path) -> None:
    case = loaded(tmp_path, "command: [node, bot.js]")

    assert case.command == ("node", "bot.js")
    assert case.is_application


def test_a_command_of_the_case_replaces_a_handler_of_the_defaults(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ndefaults: {handler: 'a:b'}\n"
        "cases: [{name: a, user: b, command: [x], expect: {text: a}}]\n"
    )

    (case,) = good(tmp_path, text)

    assert (case.handler, case.command) == (None, ("x",))


@pytest.mark.parametrize(
    ("lines", "said", "advice"),
    [
        (
            "handler: 'a:b'\n  command: [x]",
            "8:3: PC102 case 'a' has both 'handler' and 'command'",
            "keep one of the two",
        ),
        (
            "handler: 'a:b'\n  endpoint: assistants",
            "8:3: PC102 'endpoint: assistants' and 'handler' stand in one case: *",
            "leave 'endpoint' out",
        ),
        (
            "command: [x]\n  tools: [{name: f}]\n  tool_results: {f: 1}",
            "9:3: PC102 'tool_results' and 'command' stand in one case: the application calls its own tools",
            "keep one of the two",
        ),
        (
            "command: [x]\n  retry: {attempts: 2}",
            "8:3: PC102 'retry' and 'command' stand in one case: the application decides itself what it sends again",
            "keep one of the two",
        ),
        (
            "handler: shop.bot",
            "7:12: PC102 'handler' must be a function as package.module:function, not the text \"shop.bot\"",
            None,
        ),
        (
            "command: node bot.js",
            "7:12: PC102 'command' must be a list of texts: program and arguments, not *",
            "write it as a list: [node bot.js]",
        ),
        ("command: []", "7:12: PC105 'command' is empty, but must be a list of texts: program and arguments", None),
        (
            "command: [sleep, 5]",
            "7:20: PC102 item 2 of 'command' must be text, not the number 5",
            'put it in quotes: "5"',
        ),
    ],
)
def test_a_mistake_about_an_application_is_named_at_its_place(
    tmp_path: Path, lines: str, said: str, advice: str | None
) -> None:
    (found,) = mistakes(load_text(tmp_path, f"{HEAD}  user: b\n  {lines}\n"))

    assert str(found).startswith(f"cases.yaml:{said}".rstrip("*"))
    assert found.help == advice


def test_parameters_that_an_application_never_sees_are_a_warning(tmp_path: Path) -> None:
    file = load(tmp_path, f"{HEAD}  user: b\n  handler: 'a:b'\n  request: {{seed: 5}}\n")

    assert [(one.code, one.location.line) for one in file.warnings] == [("PC146", 8)]


def test_parameters_of_the_defaults_are_for_other_cases(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ndefaults: {request: {seed: 5}, retry: {attempts: 2}}\n"
        "cases: [{name: a, user: b, handler: 'a:b', expect: {text: a}}]\n"
    )

    assert load(tmp_path, text).warnings == ()


def test_parameters_of_a_turn_that_an_application_never_sees_are_a_warning(tmp_path: Path) -> None:
    file = load(tmp_path, f"{HEAD}  handler: 'a:b'\n  turns: [{{user: b, request: {{seed: 5}}}}]\n")

    assert [one.code for one in file.warnings] == ["PC146"]


# the user field of a message


def user(messages: str, *, request: str = "{}") -> str:
    return f"{HEAD}  request: {request}\n  messages: {messages}\n"


def test_the_user_of_a_message_becomes_that_of_the_request(tmp_path: Path) -> None:
    file = load(tmp_path, user("[{role: user, content: b, user: ada}]", request="{seed: 5}"))

    (case,) = file.cases
    assert case.request == {"seed": 5, "user": "ada"}
    assert case.messages[0].to_json() == {"role": "user", "content": "b"}
    assert [(one.code, str(one.location)) for one in file.warnings] == [("PC145", "cases.yaml:7:45")]


def test_the_same_user_may_be_written_everywhere(tmp_path: Path) -> None:
    messages = (
        "[{role: user, content: b, user: ada}, {role: assistant, content: c}, {role: user, content: d, user: ada}]"
    )

    file = load(tmp_path, user(messages, request="{user: ada}"))

    assert [case.request for case in file.cases] == [{"user": "ada"}]


@pytest.mark.parametrize(
    ("messages", "request_", "said"),
    [
        (
            "[{role: user, content: b, user: ada}]",
            "{user: bob}",
            '7:45: PC102 this message has the user "ada", but the request has "bob" (line 6)',
        ),
        (
            "[{role: user, content: b, user: ada}, {role: user, content: c, user: eve}]",
            "{}",
            '7:82: PC102 this message has the user "eve", but the request has "ada"',
        ),
    ],
)
def test_two_users_are_refused(tmp_path: Path, messages: str, request_: str, said: str) -> None:
    (found,) = mistakes(load_text(tmp_path, user(messages, request=request_)))

    assert str(found) == f"cases.yaml:{said}"


def test_the_user_of_a_history_that_is_not_sent_is_nobody(tmp_path: Path) -> None:
    history = "{use: none, messages: [{role: user, content: b, user: ada}]}"

    (case,) = good(tmp_path, f"{HEAD}  user: b\n  history: {history}\n")

    assert case.request == {}
